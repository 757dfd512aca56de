"""``footnote answers`` and ``verify``: stored answers and whether they still hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from app.cli.common import (
    AsJson,
    Data,
    UsageError,
    console,
    opened_library,
    printable,
    settings_for,
)
from app.formats.json_forms import answer_from_payload

if TYPE_CHECKING:
    from store.results import StoredAnswer

answers_app = typer.Typer(invoke_without_command=True)
STATUS_COLOURS = {
    "current": "green",
    "moved": "cyan",
    "stale": "red",
    "unreadable": "red",
    "worth asking again": "yellow",
}
CHECK_COLOURS = {"holds": "green", "moved": "yellow", "fails": "red", "unchecked": "dim"}


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    answers_app.callback()(answers)
    answers_app.command("export")(export)
    cli.add_typer(answers_app, name="answers")
    cli.command("verify")(verify)


def answers(
    context: typer.Context,
    stale: Annotated[
        bool, typer.Option("--stale", help="Only answers whose cited passages changed.")
    ] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """List stored answers, and whether the documents still support them.

    [dim]footnote answers
    footnote answers --stale
    footnote answers export -o evidence.json[/dim]
    """
    if context.invoked_subcommand:
        context.obj = data
        return
    with opened_library(settings_for(data)) as library:
        stored = library.answers()
    if stale:
        stored = [each for each in stored if each.status in {"stale", "worth asking again"}]
    if as_json:
        print(json.dumps([_as_dict(each) for each in stored], ensure_ascii=False, indent=2))
    elif not stored:
        console.print("No answers yet." if not stale else "Every answer still holds.")
    for each in [] if as_json else stored:
        _show(each)


def export(
    context: typer.Context,
    identities: Annotated[
        list[str] | None, typer.Argument(help="Answer ids (default: all).", metavar="ID…")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The file to write.")] = None,
    data: Data = None,
) -> None:
    """Write answers as an evidence file, which footnote verify checks anywhere, or for people: as
    Markdown, HTML, Word or PDF with footnotes, by the ending of the file's name.

    [dim]footnote answers export -o evidence.json
    footnote answers export -o answers.docx[/dim]
    """
    from app.service.export import FORMS
    from app.service.export import export as written
    from app.service.export.evidence_bundle import evidence

    settings = settings_for(data or context.obj)
    with opened_library(settings) as library:
        chosen = [library.stored_answer(i) for i in identities or ()] or library.answers()
        if not chosen:
            raise UsageError("There are no answers to export yet: ask something first.")
        form = out.suffix.lower().removeprefix(".") if out else ""
        if form in FORMS:
            answered = [(s.question, answer_from_payload(s.payload), "") for s in chosen]
            content = written(form, "Answers", answered)
        else:
            content = evidence(library, settings, chosen).encode()
    if out is None:
        typer.echo(content.decode(), nl=False)
        return
    try:
        out.write_bytes(content)
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}.") from error
    console.print(f"Wrote {len(chosen)} answers to {printable(str(out), markup=True)}.")


def verify(
    file: Annotated[Path, typer.Argument(help="An evidence file.")],
    documents: Annotated[
        list[str] | None, typer.Argument(help="The documents it cites.", metavar="DOCUMENT…")
    ] = None,
) -> None:
    """Check an evidence file against documents; needs no data folder.

    [dim]footnote verify evidence.json report.pdf notes/[/dim]
    """
    from app.service.export.evidence_bundle import read_evidence
    from app.service.export.evidence_bundle import verify as checks
    from ingest.load import expand, load

    content = read_evidence(file)
    loaded = [load(source) for source in expand(documents or [])]
    states: list[str] = []
    for check in checks(content, loaded):
        states.append(check.state)
        style = CHECK_COLOURS[check.state]
        why = f" ({check.why})" if check.why else ""
        console.print(Text(f"{check.state:<10}", style=style) + Text(printable(check.what + why)))
    console.print(f"{states.count('holds')} of {len(states)} hold.")
    if "fails" in states:
        raise typer.Exit(1)


def _show(answer: StoredAnswer) -> None:
    when = answer.created[:16].replace("T", " ")
    head = Text(f"{answer.status:<10} ", style=STATUS_COLOURS[answer.status])
    console.print(
        head + Text(f"{when}  {answer.id}  ", style="dim") + Text(printable(answer.question))
    )
    for citation in answer.citations:
        if citation.status not in {"current", "moved"}:
            why = f"{citation.document}: {citation.why}"
            console.print(Text(f"           [{citation.n}] {printable(why)}", style="dim"))


def _as_dict(answer: StoredAnswer) -> dict[str, Any]:
    return {
        "id": answer.id,
        "created": answer.created,
        "question": answer.question,
        "refused": answer.refused,
        "status": answer.status,
        "answer": dict(answer.payload),
        "citations": [{name: getattr(c, name) for name in c.__slots__} for c in answer.citations],
    }
