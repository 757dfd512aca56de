"""``footnote collections``: which there are, what is in them, and who may read and change them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.common import AsJson, Data, console, opened_library, printable, settings_for

if TYPE_CHECKING:
    from pathlib import Path

    from app.service.access.permissions import Member, Permissions

Name = Annotated[str, typer.Argument(help="The collection's name.")]
collections = typer.Typer(
    help="Show collections, move documents between them, and share them.", no_args_is_help=True
)


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    cli.add_typer(collections, name="collections")


@collections.command("list")
def list_collections(as_json: AsJson = False, data: Data = None) -> None:
    """List the collections: documents, passages, and who reads and changes them.

    [dim]footnote collections list[/dim]
    """
    with opened_library(settings_for(data)) as library, _permissions(data) as permissions:
        listed = library.collections()
        members, closed = permissions.members(), permissions.closed()
    of = {c.name: [m for m in members if m.collection == c.name] for c in listed}
    if as_json:
        rows = [
            {**asdict(c), "members": [{"name": m.name, "role": m.role} for m in of[c.name]]}
            for c in listed
        ]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    if not listed:
        console.print("There are no documents yet: add some with footnote ingest FILE.")
        return
    from app.cli.print_answer import table

    made = table("collection", "documents", "passages", "read by", "changed by")
    for c in listed:
        cells = (
            c.name,
            f"{c.documents:,}",
            f"{c.passages:,}",
            *_shared(c.name, of[c.name], closed=c.name in closed),
        )
        made.add_row(*(printable(cell, markup=True) for cell in cells))
    console.print(made)


def _shared(name: str, members: Sequence[Member], *, closed: bool) -> tuple[str, str]:
    """Who reads a collection and who changes it, in words."""
    from app.service.access.permissions import EVERYONE
    from store.catalogue.collections import OWN_PREFIX

    own = [name.removeprefix(OWN_PREFIX)] if name.startswith(OWN_PREFIX) else []
    called = {EVERYONE: "everybody"}
    editors = own + [called.get(m.name, m.name) for m in members if m.role == "editor"]
    readers = [called.get(m.name, m.name) for m in members if m.role == "reader"]
    reads = editors + readers if own or closed else ["everybody"]
    return ", ".join(reads) or "nobody", ", ".join(editors) or "the command line"


@collections.command()
def move(
    document: Annotated[str, typer.Argument(help="A document's name, or its source.")],
    collection: Annotated[str, typer.Argument(help="The collection to move it to.")],
    data: Data = None,
) -> None:
    """Put a document into another collection, which is made if there is none of that name.

    [dim]footnote collections move report.pdf board[/dim]
    """
    with opened_library(settings_for(data)) as library:
        library.move_document(document, collection)
    name, where = printable(document, markup=True), printable(collection, markup=True)
    console.print(f"{name} is in {where}.")


@collections.command()
def share(
    collection: Name,
    user: Annotated[str, typer.Argument(help="A user's name, or * for everybody.")],
    editor: Annotated[
        bool, typer.Option("--editor", help="They may also add, change and remove documents.")
    ] = False,
    data: Data = None,
) -> None:
    """Let a user read a collection, or change it. From then on only those named read it.

    [dim]footnote collections share board ada
    footnote collections share board grace --editor
    footnote collections share handbook "*"[/dim]

    A collection may be shared before its first document is ingested.
    """
    from store.catalogue.collections import valid_name

    collection = valid_name(collection)
    with opened_library(settings_for(data)) as library, _permissions(data) as permissions:
        permissions.share(collection, user, "editor" if editor else "reader")
        empty = collection not in library.collection_names()
    does = "reads and changes" if editor else "reads"
    name = printable(collection, markup=True)
    console.print(f"{printable(user, markup=True)} {does} {name}.")
    if empty:  # it may be shared before anybody could read it, or be misspelt
        console.print(f"[yellow]There is no document in {name} yet.[/yellow]")


@collections.command()
def unshare(
    collection: Name,
    user: Annotated[str, typer.Argument(help="A user's name, or * for everybody.")],
    data: Data = None,
) -> None:
    """Take a user's right to a collection away; with "*", everybody's who is not named.

    [dim]footnote collections unshare board ada
    footnote collections unshare board "*"[/dim]
    """
    with _permissions(data) as permissions:
        permissions.unshare(collection, user)
    user, name = printable(user, markup=True), printable(collection, markup=True)
    console.print(f"{name} is no longer shared with {user}.")


@contextmanager
def _permissions(data: Path | None) -> Iterator[Permissions]:
    from app.service.access.permissions import Permissions

    settings = settings_for(data)
    opened = Permissions(settings.data, settings.database)
    try:
        yield opened
    finally:
        opened.close()
