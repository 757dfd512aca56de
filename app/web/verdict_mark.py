"""The small mark of a verdict behind a sentence, with its meaning in words."""

from __future__ import annotations

from dataclasses import dataclass

from app.answer import Verdict


@dataclass(frozen=True, slots=True)
class VerdictMark:
    """The sign of a verdict, its name, and what it says of its sentence.

    A ``quiet`` one is the sign alone: all is well.
    """

    sign: str
    name: str
    meaning: str
    quiet: bool = False

    @property
    def sentence(self) -> str:
        """The meaning as a sentence."""
        return f"{self.meaning}."


VERDICT_MARKS = {
    Verdict.QUOTED: VerdictMark("❝", "quoted", "The document's own words", quiet=True),
    Verdict.SUPPORTED: VerdictMark(
        "✓", "supported", "The cited words hold what this sentence says", quiet=True
    ),
    Verdict.COMPUTED: VerdictMark(
        "=", "computed", "Worked out from what is cited, and checked by doing it again"
    ),
    Verdict.PARTLY: VerdictMark(
        "◐", "partly supported", "The cited words hold only part of this sentence"
    ),
    Verdict.UNSUPPORTED: VerdictMark(
        "✕", "not supported", "The cited words do not hold this sentence"
    ),
}
