"""The data model of answers: sentences, citations, verdicts, refusals, and events of a stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

DIRECT_ANSWER_WORDS = 25
"""Words that a sentence or headline may have at most to answer directly."""


class Verdict(StrEnum):
    """Whether the cited text holds what a sentence says."""

    QUOTED = "quoted"
    SUPPORTED = "supported"
    PARTLY = "partly"
    UNSUPPORTED = "unsupported"
    COMPUTED = "computed"


@dataclass(frozen=True, slots=True)
class Citation:
    """The exact words in a revision: ``revision.text[start:end] == quote``, always.

    ``n`` is the number that the answer shows, from 1. ``key`` is the span (absolute offsets, inside
    ``start:end``) of the words that matter most, or None. ``headings``, ``page`` and ``row`` say
    where in the document it is. ``revision`` is the revision's id, and ``collection`` the
    collection of its document.
    """

    n: int
    document: str
    revision: str
    start: int
    end: int
    quote: str
    key: tuple[int, int] | None = None
    headings: tuple[str, ...] = ()
    page: int | None = None
    row: int | None = None
    passage_id: str = ""
    collection: str = ""

    @property
    def around_key(self) -> tuple[str, str, str]:
        """The quote before, of and after the key words; all of it, "" and "" without any."""
        start, end = (at - self.start for at in self.key or (self.start, self.start))
        if not 0 <= start < end <= len(self.quote):
            return self.quote, "", ""
        return self.quote[:start], self.quote[start:end], self.quote[end:]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an answer; ``citations`` are the numbers of its citations.

    ``listed``: it is an item of a list, with a bullet in its text or without.
    """

    text: str
    citations: tuple[int, ...]
    verdict: Verdict
    listed: bool = False


@dataclass(frozen=True, slots=True)
class Closest:
    """A passage shown with a refusal: where it is, and what it lacks ("" if not known)."""

    citation: Citation
    lacks: str


@dataclass(frozen=True, slots=True)
class Computed:
    """What was read or computed from a table: its values, and the calculation in words."""

    values: tuple[str, ...]
    calculation: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several things that a question may mean: its name, and the question that names it."""

    label: str
    question: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The whole answer. ``refused`` answers have no sentences, a ``reason`` and ``closest``.

    ``standalone`` is the question as understood in its conversation (equal to ``question`` if
    nothing was added). ``answerable`` is the calibrated probability, 0 to 1, that the documents
    hold the answer. ``notes`` are for the reader ("one sentence was dropped: …", "the model timed
    out; these are quotes"). ``model`` is what wrote it: ``none``, ``local`` or ``provider:model``.
    ``timings_ms`` has ``search``, ``first_word`` and ``total`` in milliseconds. ``kind`` is
    ``answer``, which claims to answer; ``closest``, quotes that may answer, with a ``reason``;
    ``unclear``, a refusal if the closest passages may answer all the same; ``refusal``; or ``talk``
    (a greeting or the like: text in ``reason``, no citations).
    ``computed`` is set if the answer was computed from a table, ``choices`` if several places
    fit the question and the asker is to say which is meant. ``headline`` are the words of the first
    sentence that answer, if that is long, else "". The last ``further`` sentences are further
    passages, which a reader may want to see folded. ``yes_no`` is what answers a question for yes
    or no, "" if that is not sure or another kind of question was asked.
    """

    question: str
    standalone: str
    kind: Literal["answer", "closest", "unclear", "refusal", "talk"]
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    reason: str
    closest: tuple[Closest, ...]
    answerable: float
    model: str
    notes: tuple[str, ...] = ()
    timings_ms: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    id: str = ""
    computed: Computed | None = None
    choices: tuple[Choice, ...] = ()
    headline: str = ""
    further: int = 0
    yes_no: Literal["", "Yes", "No"] = ""

    @property
    def first(self) -> tuple[Sentence, ...]:
        """The sentences that answer, without further passages."""
        return self.sentences[: len(self.sentences) - self.further]

    @property
    def opening(self) -> str:
        """What stands over the sentences: yes or no, and the headline; "" if there is neither."""
        said = f"{self.yes_no}." if self.yes_no else ""
        if not self.headline:
            return said
        return f"{self.yes_no}: {self.headline}" if self.yes_no else self.headline

    @property
    def footnotes(self) -> tuple[tuple[Citation, ...], tuple[Citation, ...]]:
        """The citations of the sentences that answer, and those of further passages alone."""
        shown = {n for s in self.first for n in s.citations}
        return (
            tuple(c for c in self.citations if c.n in shown),
            tuple(c for c in self.citations if c.n not in shown),
        )

    @property
    def refused(self) -> bool:
        """Whether this is a refusal, be it because the documents do not say or may not."""
        return self.kind in ("refusal", "unclear")

    def repeats(self, citation: Citation) -> bool:
        """Whether the answer itself shows the citation's words, all of them, as quoted."""
        shown = (s.text for s in self.sentences if citation.n in s.citations)
        quoted = all(s.verdict is Verdict.QUOTED for s in self.sentences)
        return quoted and "".join(citation.quote.split()) == "".join("".join(shown).split())

    @property
    def text(self) -> str:
        """The answer as plain text: its sentences, or the reason of a refusal."""
        said = [f"{self.yes_no}."] if self.yes_no else []
        return " ".join([*said, *(s.text for s in self.sentences)]) or self.reason


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier exchange of a conversation."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class EvidenceFound:
    """First event of a stream: the citations to show at once, before any prose.

    ``provisional`` is the answer in quotes that stands until a model has written another; None
    if what was found would be refused.
    """

    standalone: str
    citations: tuple[Citation, ...]
    provisional: Answer | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of the draft as the model writes it; drafts are provisional until ``Finished``.

    ``restart``: the draft begins again with it, and what came before counts no longer.
    """

    text: str
    restart: bool = False


@dataclass(frozen=True, slots=True)
class Finished:
    """Last event of a stream: the verified answer."""

    answer: Answer


Event = EvidenceFound | Word | Finished
