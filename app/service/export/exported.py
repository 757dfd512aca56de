"""What is exported of answers: their sentences and footnotes, numbered through a file."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from app.answer import Answer
from app.formats.answer_text import is_listed, quote_and_place, with_bullet


@dataclass(frozen=True, slots=True)
class ExportedSentence:
    """A sentence of an exported answer; ``starts`` a line of its own; its ``footnotes``."""

    text: str
    footnotes: tuple[int, ...] = ()
    starts: bool = False


@dataclass(frozen=True, slots=True)
class ExportedAnswer:
    """One question and what came of it: sentences with footnotes by number, or a ``reason``."""

    question: str
    sentences: tuple[ExportedSentence, ...]
    footnotes: tuple[tuple[int, str], ...]
    reason: str = ""


def exported_answers(answered: Iterable[tuple[str, Answer | None, str]]) -> list[ExportedAnswer]:
    """What is exported of each question, its answer, and what kept it from one."""
    out: list[ExportedAnswer] = []
    count = 0
    for question, answer, problem in answered:
        line = " ".join(question.split())
        if answer is None or not answer.sentences:
            out.append(ExportedAnswer(line, (), (), answer.reason if answer else problem))
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
        out.append(ExportedAnswer(line, sentences, notes, answer.reason))
    return out


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
