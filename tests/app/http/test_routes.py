"""Every route that the server answers, and who may call it: ``app/http/SECURITY.md`` lists them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import app.http
from app.service.access.users import Users
from app.web import application, gradio_guard
from evals.page import build as evaluate
from store.library import Library
from tests.support.browser import Served, start

PASSWORD = "correct horse battery"
LISTED = re.compile(r"^\| `(\S+) (\S+)` \| (anyone|signed in|token) \|", re.MULTILINE)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
NOT_FOUND = 404
REFUSAL = re.compile("Sign in first|Give the metrics token")


def listed() -> dict[tuple[str, str], str]:
    """Who may call each route (method or ``*``, path), as the page of security says."""
    page = Path(app.http.__file__).with_name("SECURITY.md").read_text(encoding="utf-8")
    return {(method, path): who for method, path, who in LISTED.findall(page)}


@pytest.fixture
def shared(library: Library) -> Iterator[Served]:
    """A chat that people sign in to, with all that can be switched on."""
    Users(library.folder).add("ada", PASSWORD)
    chat = start(
        library,
        host="0.0.0.0",
        widget_origins="https://www.example.org",
        metrics_token="token of the metrics",
    )
    yield chat
    chat.stop()


def routes(chat: Served) -> tuple[set[tuple[str, str]], list[Any]]:
    """Footnote's own routes, and Gradio's."""
    served: Any = application(chat.engine.settings, chat.engine, [("Evaluate", evaluate)])
    while not hasattr(served, "routes"):
        served = served._app
    *own, mount = served.routes
    found = set()
    for route in own:
        path = re.sub(r":\w+}", "}", route.path)
        methods = sorted(set(route.methods or METHODS) - {"HEAD"})
        found |= {("*", path)} if len(methods) == len(METHODS) else {(m, path) for m in methods}
    return found, list(_of_gradio(mount.app.routes))


def _of_gradio(inside: list[Any]) -> Iterator[tuple[str, str]]:
    for route in inside:
        if hasattr(route, "original_router"):
            yield from _of_gradio(route.original_router.routes)
        elif hasattr(route, "path"):
            yield from ((method, route.path) for method in sorted(route.methods or METHODS))


def filled(path: str) -> str:
    """A path with something in the place of its names."""
    return re.sub(r"{[^}]*}", "x", path)


def test_the_list_has_every_route_and_no_other(shared: Served) -> None:
    own, _ = routes(shared)
    page = {("GET", path) for path in gradio_guard.READ_ROUTES}
    page |= {("POST", path) for path in (*gradio_guard.ACTION_ROUTES, gradio_guard.UPLOAD_ROUTE)}
    assert own | page == set(listed())


def test_every_route_of_gradio_that_is_not_listed_is_closed(shared: Served) -> None:
    _, of_gradio = routes(shared)
    known = {(method, filled(path)) for method, path in listed()}
    known |= {("HEAD", path) for method, path in known if method == "GET"}
    closed = [(m, p) for m, p in of_gradio if (m, filled(p)) not in known]
    assert len(closed) > 50, "Gradio's routes are not found any more"
    with httpx.Client(base_url=shared.address, auth=("ada", PASSWORD)) as client:
        for method, path in closed:
            assert client.request(method, filled(path)).status_code == NOT_FOUND, (method, path)


def test_who_may_call_each_route(shared: Served) -> None:
    with httpx.Client(base_url=shared.address) as stranger:
        for (method, path), who in listed().items():
            for one in METHODS if method == "*" else (method,):
                reply = stranger.request(one, filled(path))
                refused = reply.status_code == 401 and REFUSAL.search(reply.text) is not None
                assert refused == (who != "anyone"), (one, path, reply.status_code)
                assert reply.status_code != NOT_FOUND, (one, path)
    token = {"Authorization": "Bearer token of the metrics"}
    assert httpx.get(f"{shared.address}/metrics", headers=token).status_code == 200
    with httpx.Client(base_url=shared.address, auth=("ada", PASSWORD)) as ada:
        assert ada.get("/").status_code == 200
        assert ada.get("/gradio_api/info").status_code == 200
        assert ada.get("/metrics").status_code == 401
