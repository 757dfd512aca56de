"""Renders a run as HTML for the Evaluate page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from app.formats.templates import Templates
from evals.measures.refusals import risk_coverage
from evals.page.kept_state import State
from evals.reports import plots
from evals.reports.compare import RunComparison, compare
from evals.reports.metric_tables import (
    COMPARISON_HEADER,
    comparison_rows,
    figure_rows,
    marked_answer,
)
from evals.reports.report import failures
from evals.runs.runs import Run
from evals.runs.summary import LABELS, MEANINGS, columns

HEADLINES = ("answered_right", "refusal_recall", "false_refusals", "recall@3", "citation_precision")
MAX_FAILURES_SHOWN = 100
MAX_SOURCES_SHOWN = 3
ENOUGH_QUESTIONS = 20
"""Of fewer questions no interval and no plot is shown: they would say nothing."""

Line = Mapping[str, Any]


def progress(state: State) -> Markup:
    """How far the run is, or why it ended; nothing if none was started."""
    return render("progress", state=state)


def duration(seconds: float) -> str:
    """Seconds or minutes, in words."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def result(run: Run, against: Run | None = None, *, askable: bool = False) -> Markup:
    """The whole result: how many are right, the failing questions, the comparison, every figure.

    ``askable``: the chat holds the run's documents, so that a failing question can be asked there.
    """
    if not run.lines:
        return render("no_run", message="No question of this run is scored yet.")
    summaries = [_without_few(each.summary()) for each in (run, against) if each is not None]
    summary, failing = summaries[0], failures(run)
    comparison = _comparison(run, against)
    flips = comparison.flips if comparison else ()
    return render(
        "result",
        run=run,
        against=against,
        summary=summary,
        headlines=HEADLINES,
        labels=LABELS,
        meanings={LABELS[name]: meaning for name, meaning in MEANINGS.items()},
        seconds=summary["latency_ms"].get("total"),
        comparison=comparison,
        comparison_header=COMPARISON_HEADER,
        comparison_rows=comparison_rows(comparison) if comparison else (),
        gained=[flip for flip in flips if flip.is_gain],
        lost=[flip for flip in flips if not flip.is_gain],
        plots=_plots(run, against) if len(run.lines) >= ENOUGH_QUESTIONS else "",
        failures=failing,
        right=len(run.lines) - len(failing),
        faults=_faults(failing),
        figure_rows=figure_rows(summaries),
        most=MAX_FAILURES_SHOWN,
        askable=askable,
    )


def _without_few(summary: Mapping[str, Any]) -> Mapping[str, Any]:
    """The summary without the intervals of figures of a few questions."""

    def shown(figures: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: figure if figure["count"] >= ENOUGH_QUESTIONS else {**figure, "low": None}
            for name, figure in figures.items()
        }

    return {**summary, "figures": shown(summary["figures"]), "kinds": shown(summary["kinds"])}


def _faults(failing: Sequence[Line]) -> list[str]:
    """What went wrong, counted in words."""
    answerable = [line for line in failing if line["case"].get("answerable", True)]
    refused = sum(line["refused"] for line in answerable)
    others = len(failing) - len(answerable)
    closest = sum(_is_closest(line) for line in failing if line not in answerable)
    counts = {
        "answered wrongly": len(answerable) - refused,
        "refused though the documents answer": refused,
        "answered though the documents do not say": others - closest,
        "given closest passages though the documents do not say": closest,
    }
    return [f"{count} {fault}" for fault, count in counts.items() if count]


def _is_closest(line: Line) -> bool:
    return line.get("kind") == "closest"


def failure(line: Line, *, askable: bool) -> Markup:
    """A failing question alone."""
    return render("failure", line=line, askable=askable)


def _comparison(run: Run, against: Run | None) -> RunComparison | None:
    """The comparison with an earlier run, if the two share questions."""
    if against is None or not {x["id"] for x in run.lines} & {x["id"] for x in against.lines}:
        return None
    return compare(against, run)


def _plots(run: Run, against: Run | None) -> Markup:
    pairs = [("This run", run)] + ([("Before", against)] if against else [])
    risk = [plots.Series(name, _risk(each)) for name, each in pairs]
    spent = [plots.Series(name, _spent(each)) for name, each in pairs]
    drawn = plots.line_plot(
        "Risk against coverage (lower is better)", "share answered, most confident first",
        "share of them wrong", risk,
    ) + plots.line_plot(
        "Latency", "milliseconds until the whole answer", "share of answers", spent
    )  # fmt: skip
    named = 'role="img" aria-label="Plot: the figures are below"'
    return Markup(drawn.replace('role="img"', named))


def _risk(run: Run) -> list[tuple[float, float]]:
    table = columns(run.lines)
    coverage, risk = risk_coverage(table["confidence"], table["right"])
    return list(zip(coverage.tolist(), risk.tolist(), strict=True))


def _spent(run: Run) -> list[tuple[float, float]]:
    return plots.cumulative([row["total"] for row in run.timings if "total" in row])


def expected(case: Mapping[str, Any]) -> str:
    """What an answer should hold, in words."""
    if not case.get("answerable", True):
        return "A refusal: the documents do not say."
    groups = [" or ".join(group) for group in case.get("answers", ())]
    without = case.get("forbidden", ())
    return "; and ".join(groups) + (f" (but not: {', '.join(without)})" if without else "")


def _sources(line: Line) -> list[str]:
    """What the answer cites, or what search found first if it cites nothing."""
    first = line.get("source")
    if not line["citations"] and first:
        return [f"{first['document']}, found first: {first['text']}"]
    return [f"{c['document']}: {c['quote']}" for c in line["citations"][:MAX_SOURCES_SHOWN]]


def feedback_set_sentence(run: Run | None, count: int) -> str:
    """How the own set fares, in a line of plain words."""
    if not count:
        return ""
    sentence = f"Your own set has {count} question{'s' if count != 1 else ''}"
    if run is None:
        return f"{sentence}, not run yet."
    figure = run.summary()["figures"].get("accuracy")
    if figure is None or figure["value"] is None:
        return f"{sentence}."
    right = round(figure["value"] * figure["count"])
    return f"{sentence}; last run: {right} of {figure['count']} right."


render = Templates(
    Path(__file__).parent / "templates",
    duration=duration,
    expected=expected,
    marked_answer=marked_answer,
    sources=_sources,
).render
