"""``footnote eval``: run, compare, report, baselines."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from typer.core import TyperGroup

from app.cli.common import Risk
from evals.commands.options import (
    AllowDrop,
    Balanced,
    Data,
    Documents,
    FailUnder,
    Kind,
    Model,
    Sample,
    Seed,
    SetArgument,
    WholeLibrary,
    console,
)
from evals.commands.set_commands import (
    calibrate_command,
    check_command,
    draft_command,
    drift_command,
    import_command,
    list_command,
    verdicts_command,
)

if TYPE_CHECKING:
    from app.settings import Settings
    from evals.runs.runs import Run


class RunByDefault(TyperGroup):
    """``footnote eval SET`` is short for ``footnote eval run SET``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h"):
            args.insert(0, "run")
        return super().parse_args(ctx, args)


eval_app = typer.Typer(
    cls=RunByDefault,
    no_args_is_help=True,
    help="Evaluate answers on a question set: eval SET, or one of the commands below.",
)

eval_app.command("check")(check_command)
eval_app.command("calibrate")(calibrate_command)
eval_app.command("drift")(drift_command)
eval_app.command("draft")(draft_command)
eval_app.command("import")(import_command)
eval_app.command("list")(list_command)
eval_app.command("verdicts")(verdicts_command)


@eval_app.command("run")
def run_command(
    questions: SetArgument,
    *,
    data: Data = None,
    model: Annotated[str | None, typer.Option(help="One model, or several by commas.")] = None,
    k: Annotated[str | None, typer.Option(help="Passages read; several by commas.")] = None,
    strictness: Annotated[
        str | None, typer.Option(help="strict, balanced, eager; several by commas.")
    ] = None,
    risk: Risk = None,
    search: Annotated[str, typer.Option(help="hybrid, dense, lexical; several by commas.")] = (
        "hybrid"
    ),
    documents: Documents = None,
    whole_library: WholeLibrary = False,
    sample: Sample = None,
    seed: Seed = 1,
    balanced: Balanced = False,
    kind: Kind = None,
    one_by_one: Annotated[
        bool, typer.Option(help="Ask one question at a time, for honest latencies.")
    ] = False,
    fresh: Annotated[bool, typer.Option(help="Run a finished run again.")] = False,
    fail_under: FailUnder = None,
    against: Annotated[str | None, typer.Option(help="A baseline run to compare with.")] = None,
    allow_drop: AllowDrop = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Run a set and print its scores. An interrupted run resumes."""
    from app.settings import load_settings
    from evals.commands.run_commands import gate, make_runs, show_runs
    from evals.runs.runs import find_run
    from evals.runs.workspace import QuestionChoice, runs_folder

    base = load_settings(data=data)
    choice = QuestionChoice(sample, seed, balanced, tuple(kind or ()))
    variants = [
        (_vary(base, model=m, k=n, strictness=s, risk=risk), mode)
        for m, n, s, mode in product(
            _several(model), _several(k), _several(strictness), _several(search)
        )
    ]
    baseline = find_run(runs_folder(base), against) if against else None
    runs = make_runs(
        questions,
        choice,
        variants,
        documents or (),
        whole_library=whole_library,
        one_by_one=one_by_one,
        fresh=fresh,
    )
    show_runs(runs, as_json)
    gate(runs, baseline, fail_under or (), allow_drop)


@eval_app.command("compare")
def compare_command(
    before: Annotated[str, typer.Argument(help="A run's id or folder.")],
    after: Annotated[str, typer.Argument(help="The run to compare with it.")],
    *,
    data: Data = None,
    fail_under: FailUnder = None,
    allow_drop: Annotated[
        float | None, typer.Option(help="Exit with code 3 if a score drops by more.")
    ] = None,
    flips: Annotated[int, typer.Option(help="How many flipped questions to show.")] = 20,
) -> None:
    """Compare two runs: differences, tests, and the questions that flipped."""
    from evals.commands.run_commands import gate_comparison
    from evals.reports.compare import compare
    from evals.reports.metric_tables import comparison_view

    comparison = compare(_find(data, before), _find(data, after))
    console.print(comparison_view(comparison, flips))
    gate_comparison(comparison, fail_under or (), allow_drop)


@eval_app.command("report")
def report_command(
    runs: Annotated[list[str], typer.Argument(metavar="RUN…", help="Ids or folders of runs.")],
    data: Data = None,
    out: Annotated[
        Path | None, typer.Option(help="A .html, .md or .json file; otherwise Markdown is printed.")
    ] = None,
) -> None:
    """Report runs as one HTML page, as Markdown or as JSON."""
    from evals.reports.report import render, write_report

    chosen_runs = [_find(data, run) for run in runs]
    if out is None:
        typer.echo(render(chosen_runs, ".md"))
    else:
        write_report(chosen_runs, out)
        console.print(f"Written: {escape(str(out))}")


@eval_app.command("baselines")
def baselines_command(
    questions: SetArgument,
    *,
    data: Data = None,
    model: Model = None,
    documents: Documents = None,
    whole_library: WholeLibrary = False,
    sample: Sample = None,
    seed: Seed = 1,
    balanced: Balanced = False,
    kind: Kind = None,
    fresh: Annotated[bool, typer.Option(help="Run finished runs again.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Compare Footnote with a plain pipeline, BM25 alone and dense retrieval alone."""
    from app.service.storage.shared_files import shared_files
    from app.settings import load_settings
    from evals.commands.run_commands import progress_bar, show_runs
    from evals.runs.baselines import systems
    from evals.runs.runs import run_system
    from evals.runs.systems import support_checker
    from evals.runs.workspace import (
        QuestionChoice,
        open_library,
        open_set,
        open_writer,
        runs_folder,
    )

    settings = load_settings(data=data, model=model)
    loaded = open_set(questions, QuestionChoice(sample, seed, balanced, tuple(kind or ())))
    runs = []
    with (
        open_library(settings, loaded, documents or ()) as library,
        open_writer(settings) as writer,
    ):
        for system in systems(library, settings, writer, whole_library=whole_library):
            supports = support_checker(system.reader)
            with progress_bar(system.name) as progress:
                runs.append(
                    run_system(
                        loaded,
                        library,
                        system,
                        supports,
                        runs_folder(settings),
                        progress=progress,
                        fresh=fresh,
                        keep=shared_files(settings).keep,
                    )
                )
    show_runs(runs, as_json)


def _find(data: Path | None, name: str) -> Run:
    from app.settings import load_settings
    from evals.runs.runs import find_run
    from evals.runs.workspace import runs_folder

    return find_run(runs_folder(load_settings(data=data)), name)


def _several(values: str | None) -> list[str | None]:
    return [value.strip() for value in values.split(",")] if values else [None]


def _vary(base: Settings, **values: Any) -> Settings:
    from app.settings import load_settings

    changed = {key: value for key, value in values.items() if value is not None}
    if "k" in changed:
        changed["k"] = int(changed["k"]) if str(changed["k"]).isdigit() else changed["k"]
    return load_settings(data=base.data, **changed) if changed else replace(base)
