"""The MCP server: ask, search, list_documents and read_passage as tools."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from app.answer import Finished
from app.formats.json_forms import answer_payload, passage_payload, revision_payload

if TYPE_CHECKING:
    from mcp.server import MCPServer

    from app.service.engine import Engine

INSTRUCTIONS = (
    "Answers from the user's documents, with exact citations: in each, "
    "revision text[start:end] equals the quote. A refusal means that the documents do not say."
)


def mcp_server(engine: Engine, asker: Callable[[], str]) -> MCPServer:
    """The MCP server over one library; run it with ``run("stdio")`` or mount it. ``asker`` says
    who calls a tool."""
    from mcp.server import MCPServer

    tools = MCPServer("footnote", instructions=INSTRUCTIONS, log_level="WARNING")

    @tools.tool()
    def ask(
        question: str, documents: Sequence[str] | None = None, collection: str | None = None
    ) -> dict[str, Any]:
        """Answer a question from the documents: sentences with verdicts, citations with quotes.

        ``documents`` (names or ids) or a ``collection`` restrict what is asked. An answer of the
        ``kind`` closest quotes what may answer; ``refused`` ones give the reason and the closest
        passages.
        """
        for event in engine.stream(question, documents, (), asker(), collection=collection):
            if isinstance(event, Finished):
                return answer_payload(event.answer)
        raise RuntimeError("The answer did not finish.")

    @tools.tool()
    def search(
        question: str,
        k: int = 5,
        documents: Sequence[str] | None = None,
        collection: str | None = None,
    ) -> list[dict[str, Any]]:
        """The passages nearest to a question, best first; ``k`` is 1 to 50."""
        library = engine.access.library_of(asker(), collection)
        revisions = engine.access.documents_named(asker(), documents) if documents else None
        hits = library.search(question, max(1, min(k, 50)), documents=revisions)
        return [{**passage_payload(h.stored), "rank": h.rank, "score": h.score} for h in hits]

    @tools.tool()
    def list_documents(collection: str | None = None) -> list[dict[str, Any]]:
        """The documents that can be asked, of all collections or one, in their current revision."""
        return [
            revision_payload(r) for r in engine.access.library_of(asker(), collection).documents()
        ]

    @tools.tool()
    def read_passage(revision: str, start: int, end: int, around: int = 500) -> dict[str, Any]:
        """The words that a citation names, with ``around`` characters of text on either side."""
        library = engine.access.library_of(asker())
        text = library.text(revision)
        around = max(0, min(around, 5000))
        start, end = max(0, start), min(len(text), end)
        return {
            "document": library.revision(revision).document,
            "before": text[max(0, start - around) : start],
            "quote": text[start:end],
            "after": text[end : end + around],
        }

    return tools


def run_stdio(engine: Engine) -> None:
    """Serve the tools over standard input and output until the client leaves."""
    mcp_server(engine, str).run("stdio")
