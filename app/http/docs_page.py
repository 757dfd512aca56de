"""The description of the HTTP API: OpenAPI for tools, and a page that loads nothing for people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, HTTPException
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse

from app.formats.html_escape import markup

PAGE_STYLE = (
    ":root{color-scheme:light dark}body{font:16px/1.55 system-ui,sans-serif;max-width:820px;"
    "margin:40px auto;padding:0 16px}h2{font-size:1.05rem;margin:34px 0 4px}p{margin:0 0 6px}"
    "pre{font-size:.85rem;padding:10px 12px;border:1px solid #8885;border-radius:8px;"
    "overflow-x:auto}h3{font-size:.85rem;margin:10px 0 2px;opacity:.8}"
)
INTRODUCTION = (
    "Errors are JSON of one form, <code>&#123;“error”: “what went wrong, what to do”&#125;</code>; "
    "under <code>/v1</code> they have OpenAI’s form. A stream is server-sent events: "
    "<code>evidence</code> once with the citations, <code>word</code> for each piece of a draft "
    "(<code>restart</code>: what came before counts no longer), then <code>answer</code> with the "
    "whole reply of <code>/ask</code>, or <code>error</code>. If people sign in, programs send "
    "HTTP Basic, or a bearer token NAME:PASSWORD."
)


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
    def docs_beside() -> HTMLResponse:
        return HTMLResponse(docs_page(schema(), "openapi.json"))

    for prefix in prefixes:
        methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        app.api_route(f"{prefix}/{{rest:path}}", methods=methods, include_in_schema=False)(_nowhere)


def _nowhere(rest: str) -> None:
    raise HTTPException(404, f"There is no API call {rest!r}; /docs describes all of them.")


def docs_page(schema: dict[str, Any], file: str) -> str:
    """The description as a page; ``file`` is where tools find it, seen from the page."""
    parts = schema.get("components", {}).get("schemas", {})
    calls = "".join(
        _call(method, path, call, parts)
        for path, methods in schema["paths"].items()
        for method, call in methods.items()
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Footnote API</title>'
        f'<meta name="viewport" content="width=device-width">'
        f"<style>{PAGE_STYLE}</style></head><body>"
        '<main><h1>Footnote API</h1><p>The description for tools: <a id="file" '
        f'href="{file}">openapi.json</a>.</p><p>{INTRODUCTION}</p>{calls}</main>'
        "</body></html>"
    )


def _call(method: str, path: str, call: dict[str, Any], parts: dict[str, Any]) -> str:
    names = "".join(
        f"<li><code>{markup(p['name'])}</code> ({markup(p['in'])}"
        f"{', required' if p.get('required') else ''})</li>"
        for p in call.get("parameters", [])
    )
    body = call.get("requestBody", {}).get("content", {})
    good = call.get("responses", {}).get("200", {}).get("content", {})
    return (
        f"<section><h2><code>{method.upper()} {markup(path)}</code></h2>"
        f"<p>{markup(call.get('description', ''))}</p>"
        + (f"<ul>{names}</ul>" if names else "")
        + "".join(_shown(f"Request, {kind}", one, parts) for kind, one in body.items())
        + "".join(_shown(f"Reply, {kind}", one, parts) for kind, one in good.items())
        + "</section>"
    )


def _shown(title: str, content: dict[str, Any], parts: dict[str, Any]) -> str:
    made = example(content.get("schema", {}), parts)
    if made in (None, {}):
        return ""
    as_json = json.dumps(made, ensure_ascii=False, indent=2)
    return f'<h3>{markup(title)}</h3><pre tabindex="0">{markup(as_json)}</pre>'


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
