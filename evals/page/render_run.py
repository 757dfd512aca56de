"""Renders a run as HTML for the Evaluate page. All text is escaped here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.formats.html_escape import clip, markup
from evals.measures.refusals import risk_coverage
from evals.page.kept_state import State
from evals.reports import plots
from evals.reports.compare import Flip, RunComparison, compare
from evals.reports.metric_tables import (
    COMPARISON_HEADER,
    comparison_rows,
    figure_rows,
    format_figure,
    marked_answer,
)
from evals.reports.report import failures
from evals.runs.runs import Run
from evals.runs.summary import LABELS, MEANINGS, columns

HEADLINES = ("answered_right", "refusal_recall", "false_refusals", "recall@3", "citation_precision")
MAX_FAILURES_SHOWN = 100

Line = Mapping[str, Any]


def progress(state: State) -> str:
    """How far the run is, or why it ended; nothing if none was started."""
    if state.phase == "idle":
        return ""
    if state.phase == "failed":
        return f'<p class="problem run-problem" role="alert">{markup(state.problem)}</p>'
    if state.phase == "cancelled":
        return (
            f'<p class="state" role="status">Cancelled after {state.done} of {state.total} '
            "questions. The same choice goes on from there.</p>"
        )
    if state.phase == "done":
        return f'<p class="state" role="status">Done: {state.total} questions.</p>'
    words = {"opening": state.what, "cancelling": "Stopping after the questions being asked"}
    left = f", about {duration(state.left_s)} left" if state.left_s is not None else ""
    text = words.get(state.phase, f"{state.done} of {state.total} questions{left}")
    value = f' value="{state.done}"' if state.total else ""
    return (
        f'<p class="state running" role="status"><progress max="{state.total or 1}"{value} '
        f'aria-label="Questions asked"></progress> {text}</p>'
    )


def duration(seconds: float) -> str:
    """Seconds or minutes, in words."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def result(run: Run, against: Run | None = None, *, askable: bool = False) -> str:
    """The whole result: headline figures, comparison, plots, failing questions, every figure.

    ``askable``: the chat holds the run's documents, so that a failing question can be asked there.
    """
    if not run.lines:
        return '<p class="none">No question of this run is scored yet.</p>'
    summary = run.summary()
    part = "" if run.complete else f", {len(run.lines)} of {run.manifest['questions']} asked"
    return (
        f'<section class="result" aria-label="Result"><h2>{markup(str(run.manifest["set"]))}</h2>'
        f'<p class="meta">{markup(run.title)} · run {markup(run.id)} · '
        f"{summary['questions']} questions{part}</p>"
        f"{_headlines(summary)}{_compared(run, against)}{_plots(run, against)}"
        f"{_failing(run, askable)}{_figures(run, against)}</section>"
    )


def _headlines(summary: Mapping[str, Any]) -> str:
    figures = summary["figures"]
    cards = [(name, figures[name]) for name in HEADLINES if name in figures]
    rows = "".join(
        f"<div><dt>{markup(LABELS[name])}</dt><dd><strong>{figure['value']:.2f}</strong> "
        f'<span class="interval">{_interval(figure)}</span>'
        f'<span class="meaning">{markup(MEANINGS[name])}</span></dd></div>'
        for name, figure in cards
        if figure["value"] is not None
    )
    spent = summary["latency_ms"].get("total")
    if spent:
        rows += (
            f"<div><dt>Seconds an answer</dt><dd><strong>{spent['p50'] / 1000:.2f}</strong> "
            f'<span class="interval">p95 {spent["p95"] / 1000:.2f}</span>'
            '<span class="meaning">The middle one; of 20 answers, one takes longer than the '
            "second figure.</span></dd></div>"
        )
    return f'<dl class="cards">{rows}</dl>'


def _interval(figure: Mapping[str, Any]) -> str:
    if figure["low"] is None:
        return f"of {figure['count']}"
    return f"{figure['low']:.2f} to {figure['high']:.2f}, of {figure['count']}"


def _plots(run: Run, against: Run | None) -> str:
    pairs = [("This run", run)] + ([("Before", against)] if against else [])
    risk = [plots.Series(name, _risk(each)) for name, each in pairs]
    spent = [plots.Series(name, _spent(each)) for name, each in pairs]
    drawn = plots.line_plot(
        "Risk against coverage (lower is better)", "share answered, most confident first",
        "share of them wrong", risk,
    ) + plots.line_plot(
        "Latency", "milliseconds until the whole answer", "share of answers", spent
    )  # fmt: skip
    drawn = drawn.replace('role="img"', 'role="img" aria-label="Plot: the figures are below"')
    return f'<div class="plots">{drawn}</div>'


def _risk(run: Run) -> list[tuple[float, float]]:
    table = columns(run.lines)
    coverage, risk = risk_coverage(table["confidence"], table["right"])
    return list(zip(coverage.tolist(), risk.tolist(), strict=True))


def _spent(run: Run) -> list[tuple[float, float]]:
    return plots.cumulative([row["total"] for row in run.timings if "total" in row])


def _failing(run: Run, askable: bool) -> str:
    lines = failures(run)
    if not lines:
        return "<h3>Every question is as it should be</h3>"
    more = f", the first {MAX_FAILURES_SHOWN} shown" if len(lines) > MAX_FAILURES_SHOWN else ""
    rows = "".join(_failure(line, askable) for line in lines[:MAX_FAILURES_SHOWN])
    return (
        f"<h3>{len(lines)} of {len(run.lines)} not as they should be{more}</h3>"
        f'<div class="failures">{rows}</div>'
    )


def _failure(line: Line, askable: bool) -> str:
    case = line["case"]
    before = "".join(
        f'<p class="before" dir="auto">After: {markup(turn["question"])}</p>'
        for turn in case.get("turns", ())
    )
    asked = markup(line.get("standalone") or case["question"])
    ask = (
        f'<p><button type="button" class="inline" data-do="ask-in-chat" data-text="{asked}">'
        "Ask it in the chat</button></p>"
    )
    return (
        f'<details class="failure"><summary><span dir="auto">{markup(case["question"])}</span> '
        f'<span class="kind">{markup(case.get("kind", "other"))}</span></summary>{before}'
        f'<div class="three"><div><h4>Answer</h4>'
        f'<p dir="auto">{markup(marked_answer(line))}</p></div>'
        f'<div><h4>Expected</h4><p dir="auto">{markup(expected(case))}</p></div>'
        f"<div><h4>Source</h4>{_source(line)}</div></div>{ask if askable else ''}</details>"
    )


def expected(case: Mapping[str, Any]) -> str:
    """What an answer should hold, in words."""
    if not case.get("answerable", True):
        return "A refusal: the documents do not say."
    groups = [" or ".join(group) for group in case.get("answers", ())]
    without = case.get("forbidden", ())
    return "; and ".join(groups) + (f" (but not: {', '.join(without)})" if without else "")


def _source(line: Line) -> str:
    cited = [f"{c['document']}: {c['quote']}" for c in line["citations"][:3]]
    first = line.get("source")
    if not cited and first:
        cited = [f"{first['document']}, found first: {first['text']}"]
    return "".join(f'<p dir="auto">{markup(clip(text, 500))}</p>' for text in cited) or "<p>–</p>"


def _compared(run: Run, against: Run | None) -> str:
    if against is None:
        return ""
    ours, theirs = ({line["id"] for line in each.lines} for each in (run, against))
    if not ours & theirs:
        return '<p class="note">The earlier run has no question in common with this one.</p>'
    comparison = compare(against, run)
    return f"<h3>What changed since run {markup(against.id)}</h3>{_changes(comparison)}"


def _changes(comparison: RunComparison) -> str:
    gained = [f for f in comparison.flips if _gained(f)]
    lost = [f for f in comparison.flips if not _gained(f)]
    rows = "".join(_flip(flip) for flip in [*lost, *gained][:MAX_FAILURES_SHOWN])
    flips = f'<div class="failures">{rows}</div>' if rows else ""
    return (
        f'<p class="meta">{comparison.shared} questions in both: {len(gained)} now right, '
        f"{len(lost)} now wrong.</p>{table(COMPARISON_HEADER, comparison_rows(comparison))}{flips}"
    )


def _gained(flip: Flip) -> bool:
    return bool(flip.after["scores"].get("correct", 0) > flip.before["scores"].get("correct", 0))


def _flip(flip: Flip) -> str:
    sign = "now right" if _gained(flip) else "now wrong"
    question = markup(flip.after["case"]["question"])
    return (
        f'<details class="failure"><summary><span dir="auto">{question}</span> '
        f'<span class="kind">{sign}</span></summary>'
        f'<div class="three"><div><h4>Before</h4>'
        f'<p dir="auto">{markup(marked_answer(flip.before))}</p>'
        f'</div><div><h4>Now</h4><p dir="auto">{markup(marked_answer(flip.after))}</p></div>'
        f'<div><h4>Expected</h4><p dir="auto">{markup(expected(flip.after["case"]))}</p></div>'
        "</div></details>"
    )


def _figures(run: Run, against: Run | None) -> str:
    runs = [run] + ([against] if against else [])
    header = ["", *(["This run", "Before"][: len(runs)])]
    body = table(header, figure_rows([each.summary() for each in runs]))
    return (
        '<details class="figures"><summary>Every figure, with 95% intervals</summary>'
        f"{body}</details>"
    )


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table that scrolls by itself if it is too wide."""
    head = "".join(f'<th scope="col">{markup(cell)}</th>' for cell in header)
    body = "".join(
        f'<tr><th scope="row">{markup(row[0])}{_meaning(row[0])}</th>'
        + "".join(f"<td>{markup(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return (
        '<div class="wide" tabindex="0" role="region" aria-label="Figures"><table><thead><tr>'
        f"{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _meaning(label: str) -> str:
    meaning = next((MEANINGS[name] for name, shown in LABELS.items() if shown == label), "")
    return f'<span class="meaning">{markup(meaning)}</span>' if meaning else ""


def feedback_set_sentence(run: Run | None, count: int) -> str:
    """How the own set fares, in a line of plain words."""
    if not count:
        return ""
    sentence = f"Your own set has {count} question{'s' if count != 1 else ''}"
    if run is None:
        return f"{sentence}, not run yet."
    figure = run.summary()["figures"].get("accuracy")
    if figure is None:
        return f"{sentence}."
    return f"{sentence}; last run: {format_figure(figure)} right of {figure['count']}."
