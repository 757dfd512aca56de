"""Milliseconds of the stages of one answer."""

from __future__ import annotations

import time


class Clock:
    """Milliseconds since the question was asked; each mark is kept under its name."""

    def __init__(self, spent_ms: float = 0.0) -> None:
        self._began = time.perf_counter() - spent_ms / 1000
        self._marks: dict[str, float] = {}
        if spent_ms:
            self.mark("search")

    def spent_ms(self) -> float:
        """Milliseconds so far."""
        return (time.perf_counter() - self._began) * 1000

    def mark(self, name: str, *, once: bool = False) -> None:
        """Note the time under a name; with ``once`` only the first time."""
        if not (once and name in self._marks):
            self._marks[name] = self.spent_ms()

    def timings(self) -> dict[str, float]:
        """``search``, ``first_word`` and ``total`` so far."""
        total = self.spent_ms()
        return {"search": 0.0, "first_word": total, **self._marks, "total": total}
