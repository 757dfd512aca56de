"""Makes runs for a command: one for each variant, with progress, tables and quality gates."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from app.service.storage.shared_files import shared_files
from app.settings import Settings
from evals.commands.options import console, errors
from evals.reports.compare import RunComparison, compare
from evals.reports.metric_tables import summary_table
from evals.reports.quality_gates import BELOW_BAR_EXIT_CODE, below_bars, dropped_scores, parse_bars
from evals.runs import runs
from evals.runs.runs import Run, run_system
from evals.runs.systems import Footnote, support_checker
from evals.runs.workspace import QuestionChoice, open_library, open_set, open_writer, runs_folder

INTERRUPTED_EXIT_CODE = 130


def make_runs(
    name: str,
    choice: QuestionChoice,
    variants: Sequence[tuple[Settings, Any]],
    documents: Sequence[str],
    *,
    whole_library: bool,
    one_by_one: bool,
    fresh: bool,
) -> list[Run]:
    """A run for each variant, over one library; the model is opened again if it changes."""
    loaded = open_set(name, choice)
    runs = []
    with open_library(variants[0][0], loaded, documents) as library:
        for settings, mode in variants:
            with open_writer(settings) as writer, progress_bar(loaded.name) as progress:
                system = Footnote(
                    library,
                    settings,
                    writer,
                    mode=mode,
                    whole_library=whole_library,
                    one_by_one=one_by_one,
                )
                runs.append(
                    run_system(
                        loaded,
                        library,
                        system,
                        support_checker(system.reader),
                        runs_folder(settings),
                        progress=progress,
                        fresh=fresh,
                        keep=shared_files(settings).keep,
                    )
                )
    return runs


@contextmanager
def progress_bar(title: str) -> Iterator[runs.Progress]:
    """A bar with the time left on the error stream; Ctrl-C says how to go on and exits."""
    bar = Progress(
        "{task.description}",
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=errors,
        transient=True,
    )
    with bar:
        task = bar.add_task(escape(title), total=None)
        try:
            yield lambda done, total: bar.update(task, completed=done, total=total)
        except KeyboardInterrupt:
            bar.stop()
            errors.print("Stopped. Run the same command to continue from here.")
            raise typer.Exit(INTERRUPTED_EXIT_CODE) from None


def show_runs(runs: Sequence[Run], as_json: bool) -> None:
    """Print the figures of the runs, as a table or as JSON."""
    summaries = [run.summary() for run in runs]
    if as_json:
        rows = [{**run.manifest, **s} for run, s in zip(runs, summaries, strict=True)]
        typer.echo(json.dumps(rows, indent=1, ensure_ascii=False))
    else:
        console.print(summary_table(runs, summaries))


def gate(
    runs: Sequence[Run], baseline: Run | None, fail_under: Sequence[str], allow_drop: float
) -> None:
    """Exit with 3, saying why, if a run is below a bar or fell too far from the baseline."""
    bars = parse_bars(fail_under)
    failures: list[str] = []
    for each in runs:
        failures += below_bars(each, bars)
        if baseline:
            failures += dropped_scores(compare(baseline, each), allow_drop)
    _fail(failures)


def gate_comparison(
    comparison: RunComparison, fail_under: Sequence[str], allow_drop: float | None
) -> None:
    """The same for two runs that were compared."""
    failures = list(below_bars(comparison.after, parse_bars(fail_under)))
    if allow_drop is not None:
        failures += dropped_scores(comparison, allow_drop)
    _fail(failures)


def _fail(failures: Sequence[str]) -> None:
    for failure in failures:
        errors.print(f"[red]Below the bar:[/] {escape(failure)}")
    if failures:
        raise typer.Exit(BELOW_BAR_EXIT_CODE)
