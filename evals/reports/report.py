"""Reports of runs: a self-contained HTML page, Markdown, or JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from evals.measures.refusals import risk_coverage
from evals.measures.retrieval import DEPTH
from evals.reports import plots
from evals.reports.compare import RunComparison, compare
from evals.reports.metric_tables import COMPARISON_HEADER, comparison_rows, figure_rows, markdown
from evals.runs.runs import Run, RunError
from evals.runs.summary import columns

MAX_FAILURES = 200


def write_report(runs: Sequence[Run], path: Path) -> None:
    """Write the report that the file's ending asks for: ``.html``, ``.md`` or ``.json``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(runs, path.suffix), encoding="utf-8")


def render(runs: Sequence[Run], suffix: str) -> str:
    """The report as text. Raises :class:`RunError` for an ending that is none of the three."""
    forms = {".html": as_html, ".md": as_markdown, ".json": as_json}
    if suffix not in forms:
        raise RunError(f"A report is {', '.join(forms)}; “{suffix}” is not one of them.")
    if not all(run.lines for run in runs):
        raise RunError("A run without a scored question has nothing to report.")
    return forms[suffix](runs)


def as_json(runs: Sequence[Run]) -> str:
    """Manifests with their figures."""
    rows = [{**run.manifest, **run.summary()} for run in runs]
    return json.dumps(rows, indent=1, ensure_ascii=False) + "\n"


def as_markdown(runs: Sequence[Run]) -> str:
    """A table of figures, and the comparison if there are two runs of one set or more."""
    parts = [f"Set: {runs[0].manifest['set']}. Figures are means with 95% intervals."]
    header = ["", *(f"{run.title} `{run.id}`" for run in runs)]
    parts.append(markdown(header, figure_rows([run.summary() for run in runs])))
    for comparison in _comparisons(runs):
        parts.append(f"`{comparison.before.id}` → `{comparison.after.id}`:")
        parts.append(markdown(COMPARISON_HEADER, comparison_rows(comparison)))
    return "\n\n".join(parts) + "\n"


def as_html(runs: Sequence[Run]) -> str:
    """One page: tables, plots, comparisons, failing questions; no request to anywhere."""
    from jinja2 import Environment, PackageLoader

    environment = Environment(
        loader=PackageLoader("evals"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    page = environment.get_template("report.html.j2")
    summaries = [run.summary() for run in runs]
    return page.render(
        runs=runs,
        rows=figure_rows(summaries),
        plots=[plot for plot in _plots(runs, summaries) if plot],
        comparisons=[(c, comparison_rows(c)) for c in _comparisons(runs)],
        header=COMPARISON_HEADER,
        failures=[(run, failures(run)[:MAX_FAILURES], len(failures(run))) for run in runs],
        pretty=partial(json.dumps, indent=1, ensure_ascii=False),
    )


def failures(run: Run) -> list[Mapping[str, Any]]:
    """The lines whose answer is not as it should be, or whose evidence search did not find."""
    return [line for line in run.lines if _failed(line["scores"])]


def _failed(scores: Mapping[str, float]) -> bool:
    if "correct" in scores:
        return scores["correct"] == 0
    return scores.get(f"recall@{DEPTH}", 1.0) < 1


def _comparisons(runs: Sequence[Run]) -> Iterator[RunComparison]:
    """Each later run against the first, if they share questions."""
    first = {line["id"] for line in runs[0].lines}
    for run in runs[1:]:
        if first & {line["id"] for line in run.lines}:
            yield compare(runs[0], run)


def _plots(runs: Sequence[Run], summaries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield plots.line_plot(
        "Risk against coverage (lower is better)",
        "share of questions answered, most confident first",
        "share of them wrong",
        _series(runs, _risk),
    )
    yield plots.line_plot("Evidence recall", "passages read (k)", "recall", _series(runs, _recall))
    yield plots.line_plot(
        "Latency", "milliseconds until the whole answer", "share of answers", _series(runs, _spent)
    )
    rows = [
        (kind, figure["value"], figure["low"], figure["high"], at)
        for kind in dict.fromkeys(kind for s in summaries for kind in s["kinds"])
        for at, summary in enumerate(summaries)
        if (figure := summary["kinds"].get(kind))
    ]
    yield plots.interval_plot("Right, by kind (95% intervals)", rows)


def _series(runs: Sequence[Run], points: Any) -> list[plots.Series]:
    drawn = [plots.Series(f"{run.title} {run.id}", points(run)) for run in runs]
    return drawn if any(series.points for series in drawn) else []


def _risk(run: Run) -> list[tuple[float, float]]:
    table = columns(run.lines)
    coverage, risk = risk_coverage(table["confidence"], table["right"])
    return list(zip(coverage.tolist(), risk.tolist(), strict=True))


def _recall(run: Run) -> list[tuple[float, float]]:
    figures = run.summary()["figures"]
    known = [(k, figures.get(f"recall@{k}")) for k in (1, 3, 5, DEPTH)]
    return [(k, figure["value"]) for k, figure in known if figure]


def _spent(run: Run) -> list[tuple[float, float]]:
    return plots.cumulative([row["total"] for row in run.timings if "total" in row])
