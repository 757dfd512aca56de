"""The MCP tools, called by the official client over HTTP."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters

from tests.support.browser import Served

QUESTION = "How many times did President Aliyev visit Central Asian countries?"


async def _call(address: str, tool: str, arguments: dict[str, Any]) -> Any:
    async with Client(f"{address}/mcp") as client:
        result = await client.call_tool(tool, arguments)
        assert not result.is_error, result
        if result.structured_content is not None:
            content = result.structured_content
            return content.get("result", content)
        return json.loads(result.content[0].text)


async def _names(address: str) -> set[str]:
    async with Client(f"{address}/mcp") as client:
        return {tool.name for tool in (await client.list_tools()).tools}


def call(served: Served, tool: str, **arguments: Any) -> Any:
    return asyncio.run(_call(served.address, tool, arguments))


def test_the_four_tools_are_offered(served: Served) -> None:
    names = asyncio.run(_names(served.address))
    assert names == {"ask", "search", "list_documents", "read_passage"}


def test_an_answer_can_be_followed_to_its_words(served: Served) -> None:
    answer = call(served, "ask", question=QUESTION)
    cited = answer["citations"][0]
    read = call(
        served, "read_passage", revision=cited["revision"], start=cited["start"], end=cited["end"]
    )
    assert read["quote"] == cited["quote"]
    assert read["before"]


def test_documents_are_listed_and_searched(served: Served) -> None:
    documents = call(served, "list_documents")
    assert documents[0]["document"] == "briefing.md"
    hits = call(served, "search", question=QUESTION, k=3, documents=["briefing.md"])
    assert len(hits) == 3
    assert [h["rank"] for h in hits] == [1, 2, 3]


async def _over_stdio(data: Path) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "footnote", "mcp", "--data", str(data), "--model", "none"]
    parameters = StdioServerParameters(command=command[0], args=command[1:])
    async with Client(parameters) as client:
        result = await client.call_tool("list_documents", {})
        assert result.structured_content is not None
        found: list[dict[str, Any]] = result.structured_content["result"]
        return found


def test_the_command_serves_over_standard_input(served: Served) -> None:
    documents = asyncio.run(_over_stdio(served.engine.settings.data))
    assert documents[0]["document"] == "briefing.md"
