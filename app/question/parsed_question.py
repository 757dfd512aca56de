"""A question analysed once: its words, numbers, dates, names and answer type, carried along."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from app.language.dates import Date, find_dates
from app.language.facts import find_names
from app.language.numbers import find_numbers
from app.language.tokens import STOP_WORDS, fold, stem, words
from app.question.answer_type import AnswerType, answer_type, asks_several

_FIGURE = re.compile(r"\S*\d\S*")


@dataclass(frozen=True)
class ParsedQuestion:
    """A question and what later stages read from it; each part is computed once, when needed."""

    text: str

    def __str__(self) -> str:
        return self.text

    @cached_property
    def folded(self) -> str:
        """The text folded, without outer whitespace (``app.language.tokens.fold``)."""
        return fold(self.text).strip()

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Folded words in order."""
        return tuple(words(self.text))

    @cached_property
    def stems(self) -> tuple[str, ...]:
        """The stem of each word, in order."""
        return tuple(map(stem, self.words))

    @cached_property
    def content_words(self) -> tuple[str, ...]:
        """Folded words without the closed class, in order, each once."""
        return tuple(dict.fromkeys(w for w in self.words if w not in STOP_WORDS))

    @cached_property
    def content_stems(self) -> frozenset[str]:
        """The stems of the content words."""
        return frozenset(map(stem, self.content_words))

    @cached_property
    def numbers(self) -> frozenset[float]:
        """The values of its numbers, in digits or in words."""
        return frozenset(find_numbers(self.text))

    @cached_property
    def figures(self) -> frozenset[float]:
        """The values of the numbers that it writes with digits."""
        return frozenset(find_numbers(" ".join(_FIGURE.findall(self.text))))

    @cached_property
    def dates(self) -> frozenset[Date]:
        """Its dates."""
        return frozenset(find_dates(self.text))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Folded names, also at its beginning."""
        return tuple(find_names(". " + self.text))

    @cached_property
    def later_names(self) -> tuple[str, ...]:
        """Folded names after its first letter, which is a capital in any question."""
        return tuple(find_names(". " + self.text[1:]))

    @cached_property
    def answer_type(self) -> AnswerType:
        """The kind of thing that its form asks for."""
        return answer_type(self.folded)

    @cached_property
    def asks_several(self) -> bool:
        """Whether it asks for a second thing, as "Who built it, and when?" does."""
        return asks_several(self.folded)
