"""``footnote pull``, ``reindex``, ``copy-database`` and ``doctor``."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli.common import Data, console, opened_library, printable, progress_bar, settings_for


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    for command in (pull, reindex, doctor):
        cli.command(command.__name__)(command)
    cli.command("copy-database")(copy_database)


def pull(data: Data = None) -> None:
    """Download the local language model (1.1 GB) and convert it for OpenVINO (half a minute).

    An interrupted download resumes.

    [dim]footnote pull
    FOOTNOTE_MODELS=/big/disk footnote pull[/dim]
    """
    from app.models.pull import pull as fetch

    settings = settings_for(data)
    with progress_bar("bytes") as bar:
        path = fetch(settings.models, bar)
    console.print(f"The language model is in {printable(str(path), markup=True)}")


def reindex(data: Data = None) -> None:
    """Split and embed all documents again, after a change of embedder or a fault.

    [dim]footnote reindex[/dim]
    """
    with opened_library(settings_for(data)) as library, progress_bar("revisions") as bar:
        embedded = library.reindex(bar)
    console.print(f"The index is up to date: {embedded} passages were embedded.")


def copy_database(
    to: Annotated[str, typer.Argument(help="postgresql+psycopg://USER:PASSWORD@HOST/DATABASE")],
    data: Data = None,
) -> None:
    """Copy documents, answers, users and conversations of a data folder into PostgreSQL.

    The database must be empty. The data folder stays as it is; FOOTNOTE_DATABASE names the database
    from then on. Question sets and evaluation runs stay in the data folder.

    [dim]footnote copy-database postgresql+psycopg://footnote@db.example.org/footnote[/dim]
    """
    from app.service.data_egress import kept_in
    from app.service.storage.copy_database import copy_database as copy

    settings = settings_for(data, database=to)
    with progress_bar("rows") as bar:
        documents = copy(settings.data, settings.database, bar)
    where = printable(kept_in(settings), markup=True)
    console.print(f"{documents} documents are in {where} now. Set FOOTNOTE_DATABASE to use it.")


def doctor(
    data: Data = None,
    quick: Annotated[bool, typer.Option("--quick", help="Load no model.")] = False,
) -> None:
    """Check the installation, and say what to do if something is missing.

    [dim]footnote doctor[/dim]
    """
    from app.service.doctor import examine

    marks = {"good": "[green]✓[/green]", "note": "[yellow]•[/yellow]", "bad": "[red]✗[/red]"}
    failed = False
    for finding in examine(settings_for(data), quick=quick):
        console.print(
            f"{marks[finding.state]} {finding.what}: {printable(finding.detail, markup=True)}"
        )
        failed = failed or finding.state == "bad"
    if failed:
        raise typer.Exit(1)
