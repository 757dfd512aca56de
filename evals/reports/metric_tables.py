"""Runs and comparisons as tables for the terminal and for Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from evals.reports.compare import RunComparison
from evals.runs.runs import Run
from evals.runs.summary import LABELS

Rows = list[list[str]]
MAX_TEXT_CHARS = 240


def format_figure(figure: Mapping[str, Any] | None) -> str:
    """``0.812 [0.790, 0.834]``, or a dash if there is nothing."""
    if not figure or figure["value"] is None:
        return "–"
    if figure["low"] is None:
        return f"{figure['value']:.3f}"
    return f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"


def figure_rows(summaries: Sequence[Mapping[str, Any]]) -> Rows:
    """A row a figure, a cell a run; then kinds and latency."""
    rows = [["Questions", *(str(s["questions"]) for s in summaries)]]
    for name, label in LABELS.items():
        if any(name in s["figures"] for s in summaries):
            rows.append([label, *(format_figure(s["figures"].get(name)) for s in summaries)])
    kinds = dict.fromkeys(kind for s in summaries for kind in s["kinds"])
    if len(kinds) > 1:
        rows += [[f"Right: {k}", *(_kind(s["kinds"].get(k)) for s in summaries)] for k in kinds]
    for stage, label in (("first_word", "First word"), ("total", "Answer")):
        cells = [_latency(s["latency_ms"].get(stage)) for s in summaries]
        rows.append([f"{label}, ms (p50 / p95)", *cells])
    return rows


def summary_table(runs: Sequence[Run], summaries: Sequence[Mapping[str, Any]]) -> Table:
    """The figures of runs side by side, for the terminal."""
    title = escape(runs[0].manifest["set"])
    table = Table(title=f"{title}: value [95% interval]", title_justify="left")
    table.add_column("")
    for run in runs:
        table.add_column(f"{escape(run.title)}\n{run.id}", justify="right")
    for row in figure_rows(summaries):
        table.add_row(*map(escape, row))
    return table


def comparison_rows(comparison: RunComparison) -> Rows:
    """A row a score: before, after, change with interval, test, p, verdict."""
    return [
        [
            d.name,
            f"{d.before:.3f}",
            f"{d.after:.3f}",
            f"{d.change.value:+.3f} [{d.change.low:+.3f}, {d.change.high:+.3f}]",
            d.test,
            f"{d.p:.3g}",
            d.verdict,
        ]
        for d in comparison.differences
    ]


COMPARISON_HEADER = ["Score", "Before", "After", "Change", "Test", "p", "Verdict"]


def comparison_view(comparison: RunComparison, most: int = 20) -> RenderableType:
    """The comparison and up to ``most`` questions that flipped, for the terminal."""
    table = Table(title=f"{comparison.before.id} → {comparison.after.id}", title_justify="left")
    for column in COMPARISON_HEADER:
        table.add_column(column)
    for row in comparison_rows(comparison):
        table.add_row(*row)
    flips = Table(title=f"{len(comparison.flips)} questions flipped", title_justify="left")
    for column in ("", "Question", "Before", "After"):
        flips.add_column(column)
    for flip in comparison.flips[:most]:
        gained = flip.after["scores"]["correct"] > flip.before["scores"]["correct"]
        cells = (
            flip.after["case"]["question"],
            marked_answer(flip.before),
            marked_answer(flip.after),
        )
        flips.add_row("gained" if gained else "lost", *(escape(truncate(c)) for c in cells))
    return Group(table, flips) if comparison.flips else table


def marked_answer(line: Mapping[str, Any]) -> str:
    """The answer of a line, marked if it is a refusal or only the closest passages."""
    mark = "(refused) " if line["refused"] else ""
    mark = "(closest passages) " if line.get("kind") == "closest" else mark
    return f"{mark}{line['answer']}"


def truncate(text: str, longest: int = MAX_TEXT_CHARS) -> str:
    """The text, its end cut off if it is long."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def markdown(header: Sequence[str], rows: Rows) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    cells = (" | ".join(_cell(cell) for cell in line) for line in lines)
    return "\n".join(f"| {line} |" for line in cells)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _kind(figure: Mapping[str, Any] | None) -> str:
    return f"{format_figure(figure)} n={figure['count']}" if figure else "–"


def _latency(spent: Mapping[str, Any] | None) -> str:
    return f"{spent['p50']:.0f} / {spent['p95']:.0f}" if spent else "–"
