"""What is exported of answers: their sentences and footnotes, numbered through a file."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.answer import Answer, Citation
from app.formats.answer_text import citation_place, is_listed, quote_and_place, with_bullet

MAX_NAMED = 8
"""Documents that a byline names."""


@dataclass(frozen=True, slots=True)
class ExportedSentence:
    """A sentence of an exported answer; ``starts`` a line of its own; its ``footnotes``."""

    text: str
    footnotes: tuple[int, ...] = ()
    starts: bool = False


@dataclass(frozen=True, slots=True)
class ExportedAnswer:
    """One question and what came of it: sentences with footnotes by number, or a ``reason``; of a
    refusal the closest passages. ``documents`` are those of its footnotes. ``question`` is "" if
    it stands above as the title."""

    question: str
    sentences: tuple[ExportedSentence, ...]
    footnotes: tuple[tuple[int, str], ...]
    reason: str = ""
    documents: tuple[str, ...] = ()


def exported_answers(answered: Iterable[tuple[str, Answer | None, str]]) -> list[ExportedAnswer]:
    """What is exported of each question, its answer, and what kept it from one."""
    out: list[ExportedAnswer] = []
    count = 0
    for question, answer, problem in answered:
        line = " ".join(question.split())
        if answer is None:
            out.append(ExportedAnswer(line, (), (), problem))
            continue
        if not answer.sentences:
            out.append(_refusal(line, answer, count))
            count += len(answer.closest)
            continue
        cited = answer.footnotes[0]
        numbers = {c.n: n for n, c in enumerate(cited, count + 1)}
        count += len(cited)
        sentences = tuple(
            ExportedSentence(
                with_bullet(sentence),
                tuple(numbers[n] for n in sentence.citations),
                answer.kind == "closest" or is_listed(sentence) or sentence.text.startswith("|"),
            )
            for sentence in answer.first
        )
        notes = tuple((numbers[c.n], quote_and_place(c)) for c in cited)
        out.append(ExportedAnswer(line, sentences, notes, answer.reason, _documents(cited)))
    return out


def _refusal(line: str, answer: Answer, count: int) -> ExportedAnswer:
    """A refusal with the passages that come closest, numbered on from ``count``."""
    closest = [passage.citation for passage in answer.closest]
    quoted = tuple(
        ExportedSentence(f"“{c.quote}”", (n,), True) for n, c in enumerate(closest, count + 1)
    )
    notes = tuple((n, citation_place(c)) for n, c in enumerate(closest, count + 1))
    return ExportedAnswer(line, quoted, notes, answer.reason, _documents(closest))


def _documents(cited: Iterable[Citation]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(c.document for c in cited))


def below_title(title: str, items: Sequence[ExportedAnswer]) -> list[ExportedAnswer]:
    """The answers without the first question if the title above it says the same."""
    same = items and items[0].question == " ".join(title.split())
    return [replace(items[0], question=""), *items[1:]] if same else list(items)


def byline(items: Sequence[ExportedAnswer]) -> str:
    """When it was exported, and of which documents."""
    documents = list(dict.fromkeys(name for one in items for name in one.documents))
    named = ", ".join(documents[:MAX_NAMED]) + (" and others" if documents[MAX_NAMED:] else "")
    return f"{datetime.now().date().isoformat()}{' · ' if named else ''}{named}"


def paragraphs(one: ExportedAnswer) -> list[list[ExportedSentence]]:
    """The sentences by paragraph: items of a list and rows of a table stand alone."""
    groups: list[list[ExportedSentence]] = []
    for sentence in one.sentences:
        if not groups or sentence.starts:
            groups.append([])
        groups[-1].append(sentence)
    return groups


def reads_from_the_right(text: str) -> bool:
    """Whether the first letter of a text belongs to a script that is written from the right."""
    kinds = (unicodedata.bidirectional(c) for c in text)
    return next((kind != "L" for kind in kinds if kind in ("L", "R", "AL")), False)
