"""The part of the HTTP API about collections: which there are, and who may read and change them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request

from app.http.schemas import CollectionReply, MemberReply, ShareRequest, replies

if TYPE_CHECKING:
    from app.service.engine import Engine


def install(app: FastAPI, engine: Engine, prefix: str) -> None:
    """Add the routes to ``app``."""
    path = f"{prefix}/collections"
    member = f"{path}/{{collection}}/members/{{name}}"

    @app.get(path, tags=["collections"], responses=replies(list[CollectionReply]))
    def collections(request: Request) -> list[dict[str, Any]]:
        """The collections that one may read. ``members`` are shown to who may change them."""
        user = request.state.user
        editable = engine.access.editable(user)
        return [
            {
                "name": listed.name,
                "documents": listed.documents,
                "passages": listed.passages,
                "editable": listed.name in editable,
                "members": [
                    {"name": m.name, "role": m.role}
                    for m in engine.access.permissions.members(listed.name)
                    if listed.name in editable
                ],
            }
            for listed in engine.access.library_of(user).collections()
        ]

    @app.put(member, tags=["collections"], responses=replies(MemberReply))
    def share(request: Request, collection: str, name: str, body: ShareRequest) -> dict[str, Any]:
        """Let a user (``*`` for everybody) read a collection that one may change, or change it."""
        engine.access.share(request.state.user, collection, name, body.role)
        return {"name": name, "role": body.role}

    @app.delete(member, tags=["collections"], responses=replies(MemberReply))
    def unshare(request: Request, collection: str, name: str) -> dict[str, Any]:
        """Take a user's right to a collection away."""
        engine.access.share(request.state.user, collection, name, None)
        return {"name": name, "role": None}
