"""Quality gates for continuous integration: required scores and allowed drops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evals.reports.compare import RunComparison
from evals.runs.runs import Run, RunError
from evals.runs.summary import LOWER_IS_BETTER

BELOW_BAR_EXIT_CODE = 3
"""Exit code of a run that is below a bar; 2 is the user's mistake and 1 ours."""


def parse_bars(bars: Sequence[str]) -> dict[str, float]:
    """``FIGURE=VALUE`` texts by figure; :class:`RunError` if one is not that."""
    parsed: dict[str, float] = {}
    for bar in bars:
        name, _, value = bar.partition("=")
        try:
            parsed[name.strip()] = float(value)
        except ValueError as error:
            raise RunError(
                f"“{bar}” is not a bar; write FIGURE=VALUE, for example accuracy=0.8."
            ) from error
    return parsed


def below_bars(run: Run, bars: dict[str, float]) -> Iterator[str]:
    """What is below its bar (above it if lower is better), in words."""
    figures = run.summary()["figures"]
    for name, bar in bars.items():
        if name not in figures:
            raise RunError(f"The run has no figure “{name}”; it has {', '.join(figures)}.")
        value = figures[name]["value"]
        over = name in LOWER_IS_BETTER
        if value is None or (value > bar if over else value < bar):
            yield f"{name} is {value}, {'above' if over else 'below'} {bar}"


def dropped_scores(comparison: RunComparison, allowed: float) -> Iterator[str]:
    """Scores that fell by more than ``allowed`` from the baseline, in words."""
    for change in comparison.differences:
        by = change.change.value if change.name in LOWER_IS_BETTER else -change.change.value
        if by > allowed + 1e-9:
            yield (
                f"{change.name} went from {change.before:.3f} to {change.after:.3f} "
                f"({change.test}, p = {change.p:.3g})"
            )
