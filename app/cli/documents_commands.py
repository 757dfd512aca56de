"""Commands about ingested documents: list, history, diff, show, restore, remove."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from app.cli.common import (
    AsJson,
    Data,
    InCollection,
    console,
    opened_library,
    printable,
    settings_for,
)
from ingest.block_classifier import is_furniture
from store.results import OMISSIONS_KEY

if TYPE_CHECKING:
    from store.results import Change, Revision, StoredPassage, WordRun

Name = Annotated[str, typer.Argument(help="A document's name, or its source if two share it.")]
CHANGE_COLOURS = {"added": "green", "removed": "red", "changed": "yellow", "moved": "cyan"}
CHANGE_SIGNS = {"added": "+", "removed": "-", "changed": "~", "moved": ">"}


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    for command in (documents, history, diff, show, restore, remove):
        cli.command(command.__name__)(command)


def documents(collection: InCollection = None, as_json: AsJson = False, data: Data = None) -> None:
    """List the ingested documents.

    [dim]footnote documents
    footnote documents --collection minutes[/dim]
    """
    with opened_library(settings_for(data), collection) as library:
        revisions = library.documents()
    if as_json:
        _print_json([_as_dict(revision) for revision in revisions])
    elif not revisions:
        console.print("There are no documents yet: add some with footnote ingest FILE.")
    else:
        _show_revisions(revisions)


def history(name: Name, as_json: AsJson = False, data: Data = None) -> None:
    """List the revisions of a document.

    [dim]footnote history report.pdf[/dim]
    """
    with opened_library(settings_for(data)) as library:
        revisions = library.history(name)
    if as_json:
        _print_json([_as_dict(revision) for revision in revisions])
    else:
        _show_revisions(revisions, of_one=True)


def diff(
    name: Name,
    a: Annotated[int | None, typer.Argument(help="The earlier revision's number.")] = None,
    b: Annotated[
        int | None, typer.Argument(help="The later revision's number (default: the current one).")
    ] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Show what changed between two revisions, side by side.

    [dim]footnote diff report.pdf
    footnote diff report.pdf 1 3[/dim]
    """
    with opened_library(settings_for(data)) as library:
        compared = library.diff(name, a, b)
    if as_json:
        changes = [_change_dict(change) for change in compared.changes]
        _print_json(
            {"document": compared.document, "a": compared.a.number, "b": compared.b.number,
             "unchanged": compared.unchanged, "changes": changes}
        )  # fmt: skip
        return
    _show_changes(compared.changes, compared.a.number, compared.b.number)
    differ = (
        "1 passage differs"
        if len(compared.changes) == 1
        else f"{len(compared.changes)} passages differ"
    )
    console.print(
        f"{printable(compared.document, markup=True)}: {differ}, {compared.unchanged} are the same."
    )


def show(
    name: Name,
    revision: Annotated[
        int | None, typer.Option("--revision", "-r", help="A revision's number.")
    ] = None,
    plain: Annotated[
        bool, typer.Option("--plain", help="Show the text only, without marking page furniture.")
    ] = False,
    data: Data = None,
) -> None:
    """Print the text of a document as Footnote reads it.

    Captions and page furniture, which search ranks lower than other text, are marked.

    [dim]footnote show report.pdf --revision 1
    footnote show report.pdf --plain > report.txt[/dim]
    """
    with opened_library(settings_for(data)) as library:
        chosen = _chosen(library.history(name), name, revision)
        text = library.text(chosen.id)
        furniture = [] if plain else [b for b in library.blocks(chosen.id) if is_furniture(b)]
    # From the end, so that the offsets of those before stay true.
    for block in reversed(furniture):
        text = f"{text[: block.end]}  ‹{block.kind.value}›{text[block.end :]}"
    typer.echo(printable(text))


def restore(
    name: Name,
    revision: Annotated[int, typer.Argument(help="The revision's number.")],
    data: Data = None,
) -> None:
    """Make an earlier revision current again, also after a removal.

    [dim]footnote restore report.pdf 1[/dim]
    """
    with opened_library(settings_for(data)) as library:
        restored = library.restore(name, revision)
    console.print(
        f"{printable(restored.document, markup=True)}: revision {restored.number} is current."
    )


def remove(
    name: Name,
    purge: Annotated[
        bool, typer.Option("--purge", help="Delete it for good, with the answers that show it.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    data: Data = None,
) -> None:
    """Remove a document. Its revisions are kept for the answers that cite them, unless purged.

    [dim]footnote remove report.pdf
    footnote remove report.pdf --purge[/dim]
    """
    with opened_library(settings_for(data)) as library:
        library.history(name)  # an unknown name is an error before the question
        if purge and not yes:
            typer.confirm(f"Delete {printable(name)} and its answers for good?", abort=True)
        if purge:
            from app.service.conversations.purge import purge as delete_for_good

            delete_for_good(library, name)
        else:
            library.remove(name)
    outcome = "for good" if purge else "; footnote restore brings it back"
    console.print(f"Removed {printable(name, markup=True)} {outcome}".replace(" ;", ";") + ".")


def _chosen(revisions: Sequence[Revision], name: str, number: int | None) -> Revision:
    from app.cli.common import UsageError

    for revision in revisions:
        if revision.number == number or (number is None and revision.current):
            return revision
    if number is None:
        return revisions[-1]
    raise UsageError(f"{name} has no revision {number}; see footnote history {name!r}.")


def _show_revisions(revisions: Sequence[Revision], *, of_one: bool = False) -> None:
    from app.cli.print_answer import table

    rows = table("revision", "document", "collection", "title", "ingested", "passages", "source")
    for revision in revisions:
        number = f"{revision.number}{' (current)' if of_one and revision.current else ''}"
        when = revision.created[:16].replace("T", " ")
        named = (revision.document, revision.collection, revision.title)
        cells = (number, *named, when, str(revision.passages))
        rows.add_row(*(Text(printable(cell)) for cell in (*cells, revision.source)))
    console.print(rows)


def _show_changes(changes: Sequence[Change], a: int, b: int) -> None:
    from app.cli.print_answer import table

    if not changes:
        return
    rows = table("", f"revision {a}", f"revision {b}")
    rows.columns[1].ratio = rows.columns[2].ratio = 1
    rows.expand = True
    for change in changes:
        before, after = _sides(change)
        rows.add_row(
            Text(CHANGE_SIGNS[change.kind], style=CHANGE_COLOURS[change.kind]), before, after
        )
        rows.add_row()
    console.print(rows)


def _sides(change: Change) -> tuple[Text, Text]:
    colour = CHANGE_COLOURS[change.kind]
    if change.words:
        return _column(change.words, "old"), _column(change.words, "new")
    return _passage(change.before, colour), _passage(change.after, colour)


def _column(words: Sequence[WordRun], side: str) -> Text:
    text = Text()
    for run in words:
        style = "" if run.same else "bold red" if side == "old" else "bold green"
        text.append(printable(getattr(run, side)), style=style)
    return text


def _passage(stored: StoredPassage | None, colour: str) -> Text:
    return Text(printable(stored.passage.text) if stored else "", style=colour)


def _as_dict(revision: Revision) -> dict[str, Any]:
    metadata = {k: v for k, v in revision.metadata.items() if k != OMISSIONS_KEY}
    return {
        **{k: getattr(revision, k) for k in revision.__slots__ if k != "metadata"},
        "metadata": metadata,
        "omissions": list(revision.omissions),
    }


def _change_dict(change: Change) -> dict[str, Any]:
    sides = {"before": change.before, "after": change.after}
    payload: dict[str, Any] = {"kind": change.kind}
    for side, stored in sides.items():
        payload[side] = (
            {"start": stored.passage.start, "end": stored.passage.end, "text": stored.passage.text}
            if stored
            else None
        )
    return {**payload, "words": [asdict(run) for run in change.words]}


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))
