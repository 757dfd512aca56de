"""Baseline systems: a plain LangChain-style pipeline, BM25 alone, dense retrieval alone."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from app.answer import Answer, Citation, Sentence, Verdict
from app.evidence.reader import Reader
from app.models.base import ChatModel
from app.settings import Settings
from evals.datasets.case import Case
from evals.measures.retrieval import DEPTH
from evals.runs.systems import Footnote, FoundPassage, System, SystemAnswer, found_passage
from store.library import Library
from store.search.hybrid_search import Mode

CHUNK, OVERLAP, TOP = 500, 50, 3
MAX_REPLY_TOKENS = 256
EMBED_BATCH = 512
ANSWER_PROMPT = (
    "Answer the question using only the context below. If the context does not contain the "
    "answer, say that you do not know.\n\nContext:\n{context}\n\nQuestion: {question}\nAnswer:"
)
REFUSAL_PATTERN = re.compile(
    r"\b(?:do(?:es)?\s+not|don['’]t|doesn['’]t|cannot|can['’]t|is\s+not|isn['’]t|not)\s+"
    r"(?:\w+\s+){0,3}?(?:know|contain|mention|provide|specif|state|say|answer|given|found|clear)",
    re.IGNORECASE,
)
"""How a model says that the context lacks the answer."""


def systems(
    library: Library, settings: Settings, model: ChatModel | None, *, whole_library: bool = False
) -> Iterator[System]:
    """Each system in turn, over one library and with one model."""
    yield Tutorial(library, model, whole_library=whole_library)
    yield OneSearch("lexical", library, model, whole_library=whole_library)
    yield OneSearch("dense", library, model, whole_library=whole_library)
    yield Footnote(library, settings, model, whole_library=whole_library)


class Plain:
    """Search, the first three results, one prompt. With no model it shows the first result; it
    refuses if the model says that it does not know."""

    batch = 1

    def __init__(
        self, name: str, library: Library, model: ChatModel | None, *, whole_library: bool = False
    ) -> None:
        self.name = name
        self.library = library
        self.model = model
        self.whole_library = whole_library
        self.reader = Reader()

    def describe(self) -> dict[str, Any]:
        """What identifies the system and its settings."""
        return {
            "system": self.name,
            "model": self.model.name if self.model else "none",
            "k": TOP,
            "prompt": ANSWER_PROMPT,
            "whole_library": self.whole_library,
            "embedder": self.library.embedder.fingerprint,
        }

    def search(self, case: Case) -> tuple[FoundPassage, ...]:
        """What is found for a case, to full depth, best first."""
        raise NotImplementedError

    def document(self, case: Case) -> str | None:
        """The one document that a case is asked of; None for all."""
        return None if self.whole_library else case.document

    def outcomes(self, cases: Sequence[Case]) -> Iterator[SystemAnswer]:
        """The outcome of each case, in order."""
        for case in cases:
            began = time.perf_counter()
            hits = self.search(case)
            searched = time.perf_counter()
            answer = self._answer(case, hits[:TOP])
            spent = {
                "search": (searched - began) * 1000,
                "total": (time.perf_counter() - began) * 1000,
            }
            yield SystemAnswer(replace(answer, timings_ms=spent), hits, TOP)

    def replay(self, case: Case) -> None:
        """Ask a case again for its timing alone."""
        if self.model:
            self._answer(case, self.search(case)[:TOP])

    def _answer(self, case: Case, passages: Sequence[FoundPassage]) -> Answer:
        if self.model:
            context = "\n\n".join(chunk.text for chunk in passages)
            prompt = ANSWER_PROMPT.format(context=context, question=case.question)
            messages = [
                *(m for t in case.turns for m in _said(t.question, t.answer)),
                HumanMessage(prompt),
            ]
            text = "".join(self.model.stream(messages, max_tokens=MAX_REPLY_TOKENS)).strip()
        else:
            text = passages[0].text if passages else ""
        refused = not text or bool(self.model and REFUSAL_PATTERN.search(text))
        citations = tuple(_citation(n, chunk) for n, chunk in enumerate(passages, 1))
        sentence = Sentence(text, tuple(c.n for c in citations), Verdict.UNSUPPORTED)
        return Answer(
            question=case.question,
            standalone=case.question,
            kind="refusal" if refused else "answer",
            sentences=() if refused else (sentence,),
            citations=() if refused else citations,
            reason=text if refused else "",
            closest=(),
            answerable=0.0 if refused else 1.0,
            model=self.model.name if self.model else "none",
        )


class OneSearch(Plain):
    """Footnote's passages by one of its searches alone: ``lexical`` is BM25, ``dense`` vectors."""

    def __init__(
        self, mode: Mode, library: Library, model: ChatModel | None, *, whole_library: bool = False
    ) -> None:
        name = {"lexical": "BM25 alone", "dense": "dense alone"}.get(mode, mode)
        super().__init__(name, library, model, whole_library=whole_library)
        self.mode = mode

    def search(self, case: Case) -> tuple[FoundPassage, ...]:
        name = self.document(case)
        hits = self.library.search(
            case.question, DEPTH, documents=[name] if name else None, mode=self.mode
        )
        return tuple(map(found_passage, hits))


class Tutorial(Plain):
    """The plain pipeline of the same libraries: recursive splitter of 500 characters with overlap
    50, Chroma, nearest three."""

    def __init__(
        self, library: Library, model: ChatModel | None, *, whole_library: bool = False
    ) -> None:
        super().__init__("tutorial", library, model, whole_library=whole_library)
        self.chunks = list(_chunks(library))
        self.vectors = self._index()

    def describe(self) -> dict[str, Any]:
        """What identifies the system and its settings."""
        return {**super().describe(), "chunk": CHUNK, "overlap": OVERLAP}

    def search(self, case: Case) -> tuple[FoundPassage, ...]:
        name = self.document(case)
        nearest = self.vectors.query(
            query_embeddings=self.library.embedder.encode_queries([case.question]),
            n_results=min(DEPTH, len(self.chunks)),
            where={"document": name} if name else None,
        )
        return tuple(self.chunks[int(key)] for key in nearest["ids"][0])

    def _index(self) -> Any:
        import chromadb

        names = [f"{c.document}\0{c.start}\0{c.text}" for c in self.chunks]
        digest = hashlib.sha256("\1".join(names).encode()).hexdigest()[:32]
        collection = chromadb.EphemeralClient().get_or_create_collection(
            f"tutorial-{digest}",
            embedding_function=None,
            configuration={"hnsw": {"space": "cosine"}},
        )
        for start in range(0, len(self.chunks), EMBED_BATCH):
            part = self.chunks[start : start + EMBED_BATCH]
            collection.upsert(
                ids=[str(start + at) for at in range(len(part))],
                embeddings=self.library.embedder.encode_documents([c.text for c in part]),
                metadatas=[{"document": c.document} for c in part],
            )
        return collection


def _said(question: str, answer: str) -> tuple[BaseMessage, BaseMessage]:
    return HumanMessage(question), AIMessage(answer)


def _chunks(library: Library) -> Iterator[FoundPassage]:
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(
        chunk_size=CHUNK, chunk_overlap=OVERLAP, add_start_index=True
    )
    for revision in library.documents():
        for chunk in splitter.create_documents([library.text(revision.id)]):
            start = int(chunk.metadata["start_index"])
            end = start + len(chunk.page_content)
            yield FoundPassage(revision.document, revision.id, start, end, chunk.page_content)


def _citation(n: int, chunk: FoundPassage) -> Citation:
    return Citation(n, chunk.document, chunk.revision, chunk.start, chunk.end, chunk.text)
