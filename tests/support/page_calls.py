"""Calls the page's handlers as a program would that knows Gradio's protocol."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import httpx

FILES = {"file", "uploadbutton"}
"""The types of components that take files."""
EMPTY: dict[str, Any] = {"checkboxgroup": []}
"""What a component of a type sends if nothing is chosen, where that is not null."""


@dataclass
class PageCalls:
    """A page of a served chat, without a browser."""

    address: str
    auth: tuple[str, str] | None = None
    page: str = "a-page-of-its-own"
    config: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=self.address, auth=self.auth, timeout=120)
        self.config = self.client.get("/config").json()

    def components(self) -> dict[int, dict[str, Any]]:
        """The components by id."""
        return {one["id"]: one for one in self.config["components"]}

    def handlers(self) -> list[dict[str, Any]]:
        """Every handler that the server runs."""
        return [one for one in self.config["dependencies"] if one["backend_fn"]]

    def named(self, name: str) -> dict[str, Any]:
        """The handler of that name."""
        return next(one for one in self.handlers() if one["api_name"] == name)

    def of_files(self) -> list[dict[str, Any]]:
        """The handlers that take files."""
        known = self.components()
        return [h for h in self.handlers() if any(known[i]["type"] in FILES for i in h["inputs"])]

    def upload(self, name: str, data: bytes) -> httpx.Response:
        """Upload a file as the page does."""
        return self.client.post("/gradio_api/upload", files={"files": (name, data)})

    def send(
        self, handler: dict[str, Any], value: Any, kind: str = "", **event: Any
    ) -> httpx.Response:
        """Call a handler with a value for each of its inputs, or for those of one type."""
        known = self.components()
        types = [known[i]["type"] for i in handler["inputs"]]
        data = [value if kind in ("", t) else EMPTY.get(t) for t in types]
        body = {
            "data": data, "fn_index": handler["id"], "session_hash": self.page,
            "event_data": event or None, "trigger_id": handler["targets"][0][0],
        }  # fmt: skip
        queued = handler["queue"] is not False
        where = "/gradio_api/queue/join" if queued else "/gradio_api/run/predict"
        return self.client.post(where, json=body)

    def results(self, page: str = "") -> list[dict[str, Any]]:
        """What the page is sent until its queue is empty."""
        messages = []
        query = {"session_hash": page or self.page}
        with self.client.stream("GET", "/gradio_api/queue/data", params=query) as stream:
            for line in stream.iter_lines():
                if line.startswith("data: "):
                    messages.append(json.loads(line.removeprefix("data: ")))
                    if messages[-1]["msg"] in ("close_stream", "unexpected_error"):
                        break
        return messages


def file_value(path: str) -> list[dict[str, Any]]:
    """What a component for files sends."""
    return [{"path": path, "orig_name": "x.txt", "meta": {"_type": "gradio.FileData"}}]
