"""Metrics for Prometheus at ``/metrics``: how many questions, what came of them, how long it took.

They are of this process alone; Prometheus adds up those of several. Beyond loopback they are shown
to who has the token of the settings, and to nobody if there is none.
"""

from __future__ import annotations

import hmac
from importlib.metadata import version
from typing import TYPE_CHECKING

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import Response

if TYPE_CHECKING:
    from app.service.engine import Engine
    from app.service.query_telemetry import QueryObservation

PATH = "/metrics"
DURATION_BUCKETS_S = 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 120
"""Upper bounds of the histograms' buckets: quotes take tenths of a second, a local model many."""


def install(app: FastAPI, engine: Engine, token: str, *, loopback: bool) -> None:
    """Add ``/metrics`` and count the engine's questions from now on."""
    from prometheus_client import (
        CONTENT_TYPE_LATEST,
        CollectorRegistry,
        Counter,
        Gauge,
        Histogram,
        ProcessCollector,
        generate_latest,
    )

    registry = CollectorRegistry()  # its own: a process may serve several, as the tests do
    ProcessCollector(registry=registry)
    built = Gauge("footnote_info", "The version that runs.", ["version"], registry=registry)
    built.labels(version("footnote")).set(1)
    questions = Counter(
        "footnote_questions", "Questions, by what came of them and by model.", ["outcome", "model"],
        registry=registry,
    )  # fmt: skip
    took, evidence = (
        Histogram(
            f"footnote_{name}_seconds",
            help_text,
            ["model"],
            buckets=DURATION_BUCKETS_S,
            registry=registry,
        )
        for name, help_text in (
            ("question", "Time until a question's end, with that in queues."),
            ("evidence", "Time until the evidence for a question was there."),
        )
    )
    waiting = Gauge("footnote_waiting", "Questions that wait for the model.", registry=registry)
    waiting.set_function(lambda: engine.waiting)
    ready = Gauge("footnote_ready", "1 once questions are answered.", registry=registry)
    ready.set_function(lambda: engine.status.phase != "starting")

    def count(seen: QueryObservation) -> None:
        questions.labels(seen.outcome, seen.model).inc()
        took.labels(seen.model).observe(seen.seconds)
        if seen.evidence_s is not None:
            evidence.labels(seen.model).observe(seen.evidence_s)

    engine.observers.append(count)

    @app.get(PATH, include_in_schema=False)
    def metrics(request: Request) -> Response:
        if not loopback:
            _check(request, token)
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def _check(request: Request, token: str) -> None:
    if not token:
        raise HTTPException(404, "Metrics are off; set metrics_token to turn them on.")
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(credentials.encode(), token.encode()):
        raise HTTPException(401, "Give the metrics token.", {"WWW-Authenticate": "Bearer"})
