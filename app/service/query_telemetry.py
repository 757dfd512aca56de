"""What came of each question and how long it took, for whatever counts or logs them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from app.answer import Event, Finished
from app.service.queue.fair_queue import Abandoned
from app.service.queue.in_progress import Busy

Outcome = Literal["answered", "refused", "stopped", "busy", "failed"]


@dataclass(frozen=True, slots=True)
class QueryObservation:
    """What came of a question: its words are not part of it. ``evidence_s`` is how long it took
    until the evidence was there (None if it never was) and ``seconds`` until the end, both with
    the time in queues; ``model`` is the setting of who asked."""

    outcome: Outcome
    model: str
    user: str
    seconds: float
    evidence_s: float | None


Observer = Callable[[QueryObservation], None]


def observe_query(
    events: Iterator[Event], user: str, model: str, observers: list[Observer]
) -> Iterator[Event]:
    """The same events; when they end, in whatever way, the observers are notified."""
    began = time.perf_counter()
    evidence: float | None = None
    outcome: Outcome = "failed"
    try:
        for event in events:
            if evidence is None:
                evidence = time.perf_counter() - began
            if isinstance(event, Finished):
                outcome = "refused" if event.answer.refused else "answered"
            yield event
    except Busy:
        outcome = "busy"
        raise
    except (Abandoned, GeneratorExit):
        # Whoever has the answer need not wait for the end.
        outcome = outcome if outcome in ("answered", "refused") else "stopped"
        raise
    finally:
        observation = QueryObservation(outcome, model, user, time.perf_counter() - began, evidence)
        for observer in observers:
            observer(observation)
