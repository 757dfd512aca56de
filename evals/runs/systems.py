"""The systems that a run evaluates: Footnote, or anything else that answers cases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from app.answer import Answer, Verdict
from app.answering.pipeline import Answerer
from app.answering.verify import CitedSource, verify_sentences
from app.evidence.reader import Reader
from app.models.base import ChatModel
from app.settings import Settings
from evals.datasets.case import Case
from evals.measures.citation_quality import Supports
from evals.measures.retrieval import DEPTH
from store.library import Library
from store.results import Hit
from store.search.hybrid_search import Mode

QUESTION_BATCH_SIZE = 32
"""Questions that are embedded and read together if no language model writes."""

Asked = tuple[str, tuple[str, ...] | None]


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage as it is judged: its words, and the context that they are found and shown with."""

    document: str
    revision: str
    start: int
    end: int
    text: str
    context: str = ""


@dataclass(frozen=True, slots=True)
class SystemAnswer:
    """What a system made of one case: the answer, and the passages found, best first, of which the
    first ``read`` were read for the answer."""

    answer: Answer
    found: tuple[FoundPassage, ...]
    read: int


class System(Protocol):
    """Answers cases. ``batch`` is how many it wants at once."""

    name: str
    batch: int
    reader: Reader

    def describe(self) -> dict[str, Any]:
        """Everything that could change an answer, as JSON values; it names the run."""

    def outcomes(self, cases: Sequence[Case]) -> Iterator[SystemAnswer]:
        """One outcome a case, in order."""

    def replay(self, case: Case) -> None:
        """Bring caches to where they stand after this case; a resumed run starts with it."""


class Watched(Answerer):
    """An answerer that keeps what search found, to full depth, and searches in batches."""

    mode: Mode = "hybrid"

    def __init__(self, *args: Any, mode: Mode = "hybrid", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.mode = mode
        self.seen: dict[Asked, list[Hit]] = {}

    def prefetch(self, asked: Sequence[Asked]) -> None:
        """Search for all of them, those of the same documents together."""
        self.seen.clear()
        for documents in dict.fromkeys(documents for _, documents in asked):
            questions = [question for question, among in asked if among == documents]
            searched = self.library.search_many(
                questions, self.depth, documents=documents, mode=self.mode
            )
            self.seen.update(
                ((question, documents), hits)
                for question, hits in zip(questions, searched, strict=True)
            )

    @property
    def depth(self) -> int:
        return max(self.settings.k, DEPTH)

    def search(self, question: str, documents: Sequence[str] | None = None) -> list[Hit]:
        return self.found(question, documents)[: self.settings.k]

    def found(self, question: str, documents: Sequence[str] | None = None) -> list[Hit]:
        """Hits to full depth, from memory if the question was searched already."""
        key = (question, None if documents is None else tuple(documents))
        if key not in self.seen:
            self.seen[key] = self.library.search(
                question, self.depth, documents=documents, mode=self.mode
            )
        return self.seen[key]


class Footnote:
    """Footnote itself. ``whole_library`` asks all documents even if a case names its own;
    ``retrieval_only`` searches and does not answer."""

    name = "footnote"

    def __init__(
        self,
        library: Library,
        settings: Settings,
        model: ChatModel | None,
        *,
        mode: Mode = "hybrid",
        whole_library: bool = False,
        one_by_one: bool = False,
    ) -> None:
        self.answerer = Watched(library, settings, model, mode=mode)
        self.reader = self.answerer.reader
        self.library = library
        self.whole_library = whole_library
        self.batch = 1 if model or one_by_one else QUESTION_BATCH_SIZE

    def describe(self) -> dict[str, Any]:
        """What identifies the system and its settings."""
        settings, model = self.answerer.settings, self.answerer.model
        return {
            "system": self.name,
            "model": model.name if model else "none",
            "gguf": settings.gguf.name if model and settings.gguf else None,
            "k": settings.k,
            "strictness": settings.strictness,
            **({"risk": settings.risk} if settings.risk is not None else {}),
            **({"replies": settings.replies} if model and settings.replies != "sentences" else {}),
            "search": self.answerer.mode,
            "whole_library": self.whole_library,
            "one_by_one": self.batch == 1,
            "embedder": self.library.embedder.fingerprint,
            "context": settings.context,
        }

    def outcomes(self, cases: Sequence[Case]) -> Iterator[SystemAnswer]:
        """The outcome of each case, in order."""
        questions = [(case.question, self.documents(case)) for case in cases]
        if self.batch == 1:
            self.answerer.seen.clear()
            answers: Iterator[Answer] = map(self._ask, cases)
        else:
            plain = [a for case, a in zip(cases, questions, strict=True) if not case.turns]
            self.answerer.prefetch(plain)
            batched = self.answerer.answer_many(plain)
            answers = (self._ask(case) if case.turns else next(batched) for case in cases)
        for answer, (_, documents) in zip(answers, questions, strict=True):
            hits = self.answerer.found(answer.standalone, documents)
            yield SystemAnswer(answer, tuple(map(found_passage, hits)), self.answerer.settings.k)

    def replay(self, case: Case) -> None:
        """Ask a case again for its timing alone."""
        if self.answerer.model:
            self._ask(case)

    def documents(self, case: Case) -> tuple[str, ...] | None:
        """The documents that a case is asked of; None for all."""
        return (case.document,) if case.document and not self.whole_library else None

    def _ask(self, case: Case) -> Answer:
        return self.answerer.answer(
            case.question, documents=self.documents(case), history=case.turns
        )


def found_passage(hit: Hit) -> FoundPassage:
    """A hit as it is judged."""
    passage = hit.stored.passage
    return FoundPassage(
        document=hit.stored.document,
        revision=hit.stored.revision,
        start=passage.start,
        end=passage.end,
        text=passage.text,
        context=passage.context,
    )


def support_checker(reader: Reader) -> Supports:
    """Footnote's verdict as a yes or no: quoted or supported."""

    def supports(claim: str, cited: str) -> bool:
        judged = verify_sentences([claim], [CitedSource(cited)], reader)[0]
        return judged.verdict in (Verdict.QUOTED, Verdict.SUPPORTED)

    return supports
