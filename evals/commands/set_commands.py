"""Commands of ``footnote eval`` about sets: check, drift, draft, import, list."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from app.service.conversations.feedback_set import own_set
from app.service.storage.shared_files import shared_files
from evals.commands.options import Data, Documents, Model, Seed, SetArgument, console, errors


def check_command(questions: SetArgument, data: Data = None, documents: Documents = None) -> None:
    """Find mistakes in a set: evidence that no document contains, duplicates, stray answers."""
    from app.settings import load_settings
    from evals.datasets.check_set import check_set
    from evals.runs.workspace import QuestionChoice, open_library, open_set

    loaded = open_set(questions, QuestionChoice())
    with open_library(load_settings(data=data), loaded, documents or ()) as library:
        problems = check_set(loaded, library)
    for problem in problems:
        console.print(f"[bold]{escape(problem.id)}[/]: {escape(problem.message)}")
    console.print(f"{len(loaded.cases)} questions, {len(problems)} problems")
    if problems:
        raise typer.Exit(2)


def calibrate_command(
    questions: Annotated[
        str | None, typer.Argument(metavar="[SET]", help="A set (default: your own).")
    ] = None,
    *,
    data: Data = None,
    model: Model = None,
    documents: Documents = None,
    forget: Annotated[
        bool, typer.Option(help="Return to the calibration shipped with Footnote.")
    ] = False,
) -> None:
    """Calibrate the data folder's answers, with a model or in quotes, to a set's questions.

    [dim]footnote eval calibrate questions.jsonl --model none
    footnote eval calibrate questions.jsonl --model ollama:llama3.2
    footnote eval calibrate --forget --model none[/dim]
    """
    from app.answering.pipeline import Answerer
    from app.evidence.custom_calibration import CALIBRATION_FILE, store_fit
    from app.settings import load_settings
    from evals.calibration.calibrate_to_set import calibrate, calibration_table
    from evals.commands.run_commands import progress_bar
    from evals.runs.workspace import QuestionChoice, open_library, open_set, open_writer

    settings = load_settings(data=data, model=model)
    if forget:
        name = "local" if settings.model == "auto" else settings.model
        store_fit(settings.data, name, None, shared_files(settings).changing)
        name = "quotes" if settings.model == "none" else settings.model
        console.print(f"The calibration of {escape(name)} is the one shipped with Footnote.")
        return
    loaded = open_set(questions or own_set(settings), QuestionChoice())
    with (
        open_library(settings, loaded, documents or ()) as library,
        open_writer(settings) as writer,
        progress_bar(loaded.name) as progress,
    ):
        answerer = Answerer(library, settings, writer)
        shared = shared_files(settings)
        shared.refresh()
        entry = calibrate(answerer, loaded, settings.data, progress)
        shared.keep(settings.data / CALIBRATION_FILE)
    console.print(calibration_table(entry))


def drift_command(
    document: Annotated[str, typer.Argument(help="A document's name.")],
    questions: Annotated[
        str | None, typer.Argument(metavar="[SET]", help="A set (default: your own).")
    ] = None,
    data: Data = None,
    model: Model = None,
    since: Annotated[int | None, typer.Option(help="The revision to compare with.")] = None,
) -> None:
    """Show how the latest revision of a document changed the answers of a set."""
    from app.settings import load_settings
    from evals.reports.revision_drift import drift, drift_view
    from evals.runs.workspace import QuestionChoice, open_library, open_set, open_writer

    settings = load_settings(data=data, model=model)
    loaded = open_set(questions or own_set(settings), QuestionChoice())
    with open_library(settings) as library, open_writer(settings) as writer:
        console.print(drift_view(drift(document, loaded, library, settings, writer, since=since)))


def draft_command(
    document: Annotated[str, typer.Argument(help="A document's name.")],
    *,
    data: Data = None,
    model: Model = None,
    count: Annotated[int, typer.Option(min=1, help="How many questions to propose.")] = 10,
    seed: Seed = 1,
    out: Annotated[Path | None, typer.Option(help="The set to add to (default: your own).")] = None,
) -> None:
    """Propose questions on a document with the language model, to accept, edit or reject."""
    from app.settings import load_settings
    from evals.datasets.question_generation import open_drafts, review
    from evals.datasets.question_sets import write_set
    from evals.runs.workspace import open_library, open_writer

    settings = load_settings(data=data, model=model)
    target = out or own_set(settings)
    with open_library(settings) as library, open_writer(settings) as writer:
        proposals = open_drafts(document, library, writer, count, seed)
        for case in review(proposals, console):
            with shared_files(settings).changing(target) if out is None else nullcontext():
                write_set(target, [case], append=True)
            console.print(f"Added to {escape(str(target))}")


def import_command(
    source: Annotated[Path, typer.Argument(help="SQuAD JSON, a BEIR folder, or task lines.")],
    out: Annotated[Path, typer.Argument(help="The folder to make.")],
) -> None:
    """Convert a public set into a folder with questions.jsonl and documents/."""
    from evals.datasets.importers import import_set, write_folder

    imported = import_set(source)
    write_folder(imported, out)
    console.print(f"{len(imported.cases)} questions, {len(imported.documents)} documents: {out}")


def verdicts_command(
    pairs: Annotated[
        str,
        typer.Argument(
            metavar="PAIRS.jsonl",
            help="Lines of claim, premise and label; or contrast, the pairs that Footnote ships.",
        ),
    ],
    each: Annotated[
        int | None, typer.Option(min=1, help="The most pairs of each source and label.")
    ] = None,
    seed: Seed = 1,
    model: Annotated[
        str, typer.Option(help="local: the local language model judges them too.")
    ] = "none",
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Measure how far to trust the verdicts, on pairs of a sentence and the words it cites.

    False pass: called quoted or supported though the source does not support it. False strip:
    supported, but not called so. Labels are supported, contradicted and neither; a line may name
    its source.

    [dim]footnote eval verdicts pairs.jsonl
    footnote eval verdicts contrast --model local
    footnote eval verdicts pairs.jsonl.gz --each 150 --json[/dim]
    """
    import json

    from rich.progress import track

    from app.evidence.reader import Reader
    from app.models.factory import open_model
    from app.settings import load_settings
    from evals.runs import verdict_pairs as benchmark

    chosen = benchmark.sampled(benchmark.read_pairs(benchmark.find_pairs(pairs)), each, seed)
    opened = open_model(load_settings(model=model))
    judged = benchmark.judge_pairs(chosen, Reader(), opened)
    shown = track(judged, "Judging", total=len(chosen), console=errors, transient=True)
    verdicts = list(shown)
    if opened is not None:
        opened.close()
    whole = benchmark.trust(chosen, verdicts)
    by_source = benchmark.trust_by_source(chosen, verdicts)
    if as_json:
        typer.echo(json.dumps(benchmark.trust_payload(whole, by_source), ensure_ascii=False))
    else:
        console.print(benchmark.trust_table(whole, by_source))


def list_command(data: Data = None) -> None:
    """List the sets that come with Footnote, and the runs so far."""
    from app.settings import load_settings
    from evals.datasets.question_sets import shipped_sets
    from evals.runs.runs import all_runs
    from evals.runs.workspace import runs_folder

    console.print(f"Sets: {', '.join(shipped_sets()) or 'none'}")
    for run in all_runs(runs_folder(load_settings(data=data))):
        state = "" if run.complete else f" ({len(run.lines)} of {run.manifest['questions']})"
        console.print(escape(f"{run.id}  {run.manifest['set']}: {run.title}{state}"))
