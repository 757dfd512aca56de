"""The description of the HTTP API: OpenAPI for tools, and a page that loads nothing for people."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import FastAPI, HTTPException, Request
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
    def docs(request: Request) -> HTMLResponse:
        file = f"{prefixes[0].removeprefix('/')}/openapi.json"
        return HTMLResponse(docs_page(schema(), file, _address(request)))

    @app.get(f"{prefixes[0]}/docs", include_in_schema=False)
    def docs_of_the_api(request: Request) -> HTMLResponse:
        return HTMLResponse(docs_page(schema(), "openapi.json", _address(request)))

    for prefix in prefixes:
        methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        app.api_route(f"{prefix}/{{rest:path}}", methods=methods, include_in_schema=False)(_nowhere)


def _nowhere(rest: str) -> None:
    raise HTTPException(404, f"There is no API call {rest!r}; /docs describes all of them.")


def _address(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def docs_page(schema: dict[str, Any], file: str, address: str) -> str:
    """The description as a page; ``file`` is where tools find it, seen from the page, and
    ``address`` that of this server."""
    parts = schema.get("components", {}).get("schemas", {})
    return templates().render(
        "docs", file=file, address=address, paths=schema["paths"], parts=parts
    )


def curl_line(call: dict[str, Any], method: str, address: str, parts: dict[str, Any]) -> str:
    """The call as a line for a shell, with the example of its request."""
    words = ["curl"] + ([] if method == "get" else ["-X", method.upper()]) + [address]
    for kind, content in call.get("requestBody", {}).get("content", {}).items():
        made = example(content.get("schema", {}), parts)
        if kind == "multipart/form-data":
            words += ["-F", "file=@report.pdf"]
        elif kind == "application/json":
            body = json.dumps(made, ensure_ascii=False)
            words += ["-H", "Content-Type: application/json", "-d", body]
    return shlex.join(words)


def templates() -> Templates:
    """The templates of this folder."""
    pretty = partial(json.dumps, ensure_ascii=False, indent=2)
    return Templates(
        Path(__file__).parent / "templates", example=example, pretty=pretty, curl=curl_line
    )


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
