"""The description of the HTTP API: OpenAPI for tools, and a page that loads nothing for people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import FastAPI, HTTPException
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse

from app.formats.templates import Templates


def install(app: FastAPI, prefixes: Sequence[str]) -> None:
    """Add the description of all routes under these prefixes."""

    def schema() -> dict[str, Any]:
        routes = [r for r in app.routes if getattr(r, "path", "").startswith(tuple(prefixes))]
        return get_openapi(title="Footnote", version="1", routes=routes)

    @app.get(f"{prefixes[0]}/openapi.json", include_in_schema=False)
    def openapi() -> dict[str, Any]:
        return schema()

    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return HTMLResponse(docs_page(schema(), f"{prefixes[0].removeprefix('/')}/openapi.json"))

    @app.get(f"{prefixes[0]}/docs", include_in_schema=False)
    def docs_of_the_api() -> HTMLResponse:
        return HTMLResponse(docs_page(schema(), "openapi.json"))

    for prefix in prefixes:
        methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        app.api_route(f"{prefix}/{{rest:path}}", methods=methods, include_in_schema=False)(_nowhere)


def _nowhere(rest: str) -> None:
    raise HTTPException(404, f"There is no API call {rest!r}; /docs describes all of them.")


def docs_page(schema: dict[str, Any], file: str) -> str:
    """The description as a page; ``file`` is where tools find it, seen from the page."""
    parts = schema.get("components", {}).get("schemas", {})
    return templates().render("docs", file=file, paths=schema["paths"], parts=parts)


def templates() -> Templates:
    """The templates of this folder."""
    pretty = partial(json.dumps, ensure_ascii=False, indent=2)
    return Templates(Path(__file__).parent / "templates", example=example, pretty=pretty)


def example(schema: dict[str, Any], parts: dict[str, Any]) -> Any:
    """A value of this schema: its own example, or one put together of its fields' examples."""
    if "examples" in schema:
        return schema["examples"][0]
    if "$ref" in schema:
        return example(parts[schema["$ref"].rsplit("/", 1)[1]], parts)
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return example(schema[several][0], parts)
    if schema.get("type") == "array":
        return [example(schema.get("items", {}), parts)]
    if "properties" in schema:
        return {name: example(one, parts) for name, one in schema["properties"].items()}
    return {"string": "…", "integer": 0, "number": 0.5, "boolean": False, "object": {}}.get(
        schema.get("type", "")
    )
