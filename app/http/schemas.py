"""The shapes of the HTTP API's requests and replies, as its description shows them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.answer import Turn
from app.formats.json_forms import has_half_character


class Given(BaseModel):
    """A JSON object that a client sends. Its text is of whole characters: of halves, which JSON can
    write as escapes, nothing can be stored or answered."""

    @model_validator(mode="before")
    @classmethod
    def _of_whole_characters(cls, value: Any) -> Any:
        if has_half_character(value):
            raise ValueError("it holds half a character (a lone surrogate): send whole ones")
        return value


class Shape(Given):
    """A JSON object with these fields and no others."""

    model_config = ConfigDict(extra="forbid")


class AskRequest(Shape):
    """A question, with what was said before and the documents (names or ids) to ask, or the one
    collection."""

    question: str = Field(examples=["When did the two countries establish ties?"])
    documents: list[str] | None = Field(None, examples=[["briefing.md"]])
    collection: str | None = Field(None, examples=[None])
    history: list[Turn] = Field(default_factory=list, examples=[[]])


class WidgetQuestion(Shape):
    """A question on the widget."""

    question: str = Field(max_length=2000)


class LinkRequest(Shape):
    """A page to ingest."""

    url: str = Field(examples=["https://example.org/report.html"])
    collection: str = Field("", examples=[""])


class ErrorReply(Shape):
    """What went wrong and what to do about it."""

    error: str = Field(examples=["The question is empty. Ask something in words."])


class CitationReply(Shape):
    """A passage's exact words: ``text[start:end]`` of the revision is ``quote``; ``key`` are the
    offsets of the words that answer."""

    n: int = Field(examples=[1])
    document: str = Field(examples=["briefing.md"])
    revision: str = Field(examples=["5f1c…"])
    start: int = Field(examples=[412])
    end: int = Field(examples=[463])
    quote: str = Field(examples=["The two countries established ties on 29 May 1992."])
    key: tuple[int, int] | None = Field(examples=[(451, 462)])
    headings: list[str] = Field(examples=[["Relations"]])
    page: int | None = Field(examples=[3])
    row: int | None = Field(examples=[None])
    collection: str = Field(examples=["board"])


class ClosestReply(CitationReply):
    """A passage near to a question that is not answered, and what it ``lacks``."""

    lacks: str = Field(examples=["It says nothing of “embassy”."])


class SentenceReply(Shape):
    """A sentence of an answer, the numbers of its citations, and whether they hold it."""

    text: str = Field(examples=["The two countries established ties on 29 May 1992."])
    citations: list[int] = Field(examples=[[1]])
    verdict: str = Field(examples=["quoted"])
    listed: bool = Field(examples=[False])


class ComputedReply(Shape):
    """What was computed from a table, and how."""

    values: list[str] = Field(examples=[["4,120"]])
    calculation: str = Field(examples=["the sum of “Ships” over 3 rows"])


class ChoiceReply(Shape):
    """One of the things that a question may mean."""

    label: str = Field(examples=["2023"])
    question: str = Field(examples=["How many ships came in 2023?"])


class AnswerReply(Shape):
    """A verified answer, or a refusal with its reason and the closest passages."""

    id: str = Field(examples=["b2a1…"])
    question: str = Field(examples=["When did the two countries establish ties?"])
    standalone: str = Field(examples=["When did the two countries establish ties?"])
    kind: Literal["answer", "closest", "unclear", "refusal", "talk"] = Field(examples=["answer"])
    answer: str = Field(examples=["The two countries established ties on 29 May 1992."])
    yes_no: Literal["", "Yes", "No"] = Field(examples=[""])
    headline: str = Field(examples=[""])
    further: int = Field(examples=[0])
    refused: bool = Field(examples=[False])
    reason: str = Field(examples=[""])
    sentences: list[SentenceReply]
    citations: list[CitationReply]
    closest: list[ClosestReply] = Field(examples=[[]])
    answerable: float = Field(examples=[0.97])
    computed: ComputedReply | None = Field(examples=[None])
    choices: list[ChoiceReply] = Field(examples=[[]])
    model: str = Field(examples=["none"])
    notes: list[str] = Field(examples=[[]])
    timings_ms: dict[str, float] = Field(examples=[{"search": 41.0, "total": 88.5}])


class IngestReply(Shape):
    """What an ingest did, and what of the source it did not read."""

    document: str = Field(examples=["report.pdf"])
    revision: str = Field(examples=["5f1c…"])
    status: Literal["added", "changed", "unchanged", "restored"] = Field(examples=["added"])
    omissions: list[str] = Field(examples=[[]])


class TextReply(Shape):
    """A part of a revision's text."""

    revision: str = Field(examples=["5f1c…"])
    text: str = Field(examples=["The two countries established ties on 29 May 1992."])


class ShareRequest(Shape):
    """What somebody may do with a collection."""

    role: Literal["reader", "editor"] = Field(examples=["reader"])


class MemberReply(Shape):
    """Somebody, and what they may do now; null is nothing."""

    name: str = Field(examples=["ada"])
    role: Literal["reader", "editor"] | None = Field(examples=["reader"])


class CollectionReply(Shape):
    """A collection that one may read, and perhaps change."""

    name: str = Field(examples=["minutes"])
    documents: int = Field(examples=[12])
    passages: int = Field(examples=[840])
    editable: bool = Field(examples=[True])
    members: list[MemberReply]


class RemovedReply(Shape):
    """The document that was removed."""

    removed: str = Field(examples=["report.pdf"])


def replies(shape: Any) -> dict[int | str, dict[str, Any]]:
    """A call's replies for its description: this shape, or an error."""
    failed = {"model": ErrorReply}
    return {
        200: {"model": shape},
        400: {**failed, "description": "The request cannot be done; the error says why"},
        401: {**failed, "description": "Nobody is signed in"},
        422: {**failed, "description": "The request has not the form that is described here"},
        503: {**failed, "description": "Too much is in progress; Retry-After says when to try"},
    }
