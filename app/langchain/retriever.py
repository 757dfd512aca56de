"""Search as a LangChain retriever: documents with offsets and scores in their metadata."""

from __future__ import annotations

from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from store.library import Library
from store.results import Hit
from store.search.hybrid_search import Mode


class FootnoteRetriever(BaseRetriever):
    """The passages of a library that are nearest to a question, best first.

    ``k`` is how many; ``documents`` (names, ids or sources) restricts which are searched; ``mode``
    is ``hybrid``, ``dense`` or ``lexical``. Raises ``StoreError`` for a document that is not there.

    A document's ``page_content`` is the passage. Its metadata name ``document``, ``source`` (the
    same), ``revision``, ``start`` and ``end`` (``revision.text[start:end]`` is the passage),
    ``headings``, ``page``, ``row``, ``rank`` (from 1), ``score`` (higher is better) and ``scores``
    of each part of the search.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    library: Library
    k: int = 5
    documents: list[str] | None = None
    mode: Mode = "hybrid"

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002  # LangChain passes it by name
        k: int | None = None,
    ) -> list[Document]:
        hits = self.library.search(
            query, self.k if k is None else k, documents=self.documents, mode=self.mode
        )
        return [as_langchain_document(hit) for hit in hits]


def as_langchain_document(hit: Hit) -> Document:
    """A hit as a LangChain document; ``id`` names the passage in its revision."""
    stored, passage = hit.stored, hit.stored.passage
    metadata: dict[str, Any] = {
        "document": stored.document,
        "source": stored.document,
        "revision": stored.revision,
        "start": passage.start,
        "end": passage.end,
        "headings": list(passage.headings),
        "page": passage.page,
        "row": passage.row,
        "rank": hit.rank,
        "score": hit.score,
        "scores": dict(hit.component_scores),
    }
    identity = f"{stored.revision}:{passage.start}-{passage.end}"
    return Document(id=identity, page_content=passage.text, metadata=metadata)
