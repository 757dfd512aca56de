"""How sure text recognition is of each letter; RapidOCR itself gives the mean of a line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import mean
from typing import Any

from numpy.typing import NDArray

BLANK = 0
"""The class of "no letter" in connectionist temporal classification."""


class LineSureness(float):
    """The mean over a line's letters, as the engine passes it on, with each letter's own."""

    letters: tuple[float, ...] = ()


def with_letters(decode: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    """``decode`` of RapidOCR's ``CTCLabelDecode``, whose scores are ``LineSureness``."""

    def decoded(
        classes: Sequence[NDArray[Any]], probabilities: Sequence[NDArray[Any]], *args: Any,
        **options: Any,
    ) -> list[Any]:  # fmt: skip
        lines = decode(classes, probabilities, *args, **options)
        return [
            (words, _sureness(score, letters, sure), *rest)
            for (words, score, *rest), letters, sure in zip(
                lines, classes, probabilities, strict=True
            )
        ]

    return decoded


def _sureness(score: float, classes: NDArray[Any], probabilities: NDArray[Any]) -> LineSureness:
    """A letter begins where its class is another than the one before, and no blank."""
    begins = classes != BLANK
    begins[1:] &= classes[1:] != classes[:-1]
    line = LineSureness(score)
    line.letters = tuple(map(float, probabilities[begins]))
    return line


def word_sureness(read: str, letters: Sequence[float], words: str) -> list[tuple[str, float]]:
    """Each word of ``words`` with the sureness of its least sure letter.

    ``read`` is the line as the engine gives it, a letter for each of ``letters``; ``words`` has the
    same letters, with other spaces between them.
    """
    if len(read) != len(letters):
        return [(word, mean(letters) if letters else 0.0) for word in words.split()]
    sure = iter([p for c, p in zip(read, letters, strict=True) if not c.isspace()])
    return [(word, min((next(sure, 1.0) for _ in word), default=1.0)) for word in words.split()]
