"""The entry point of ``footnote``: registers the commands and turns errors into exit codes.

Exit codes: 0 done, 2 an error that the user can fix, 1 a failure of Footnote or the machine, 130
interrupted. ``--debug`` anywhere shows where an error came from.
"""

from __future__ import annotations

import atexit
import gc
import sys
from functools import cache
from importlib.metadata import entry_points, version
from typing import Annotated

import typer
import typer.core
import typer.main

from app.cli import (
    answers_commands,
    ask_command,
    chat_command,
    collections_commands,
    documents_commands,
    ingest_command,
    interrupt,
    maintenance_commands,
    serve_vectors_command,
    users_commands,
)
from app.cli.common import error_console, printable
from ingest.errors import FootnoteError

COMMAND_ENTRY_POINTS = "footnote.commands"
"""Entry points of packages above this one; ``app`` may not import them by name."""

cli = typer.Typer(
    name="footnote",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for part in (
    chat_command,
    ingest_command,
    ask_command,
    documents_commands,
    collections_commands,
    answers_commands,
    users_commands,
    maintenance_commands,
    serve_vectors_command,
):
    part.register(cli)


def _version(show_version: bool) -> None:
    if show_version:
        typer.echo(f"footnote {version('footnote')}")
        raise typer.Exit


@cli.callback()
def footnote(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where errors come from.")] = False,
) -> None:
    """Answers questions about your documents, with footnotes that open the exact words.

    Documents, questions and answers stay on this machine unless you name a model elsewhere.

    [dim]footnote chat                     open the chat in a browser
    footnote ingest report.pdf        ingest a document
    footnote ask "What was decided?"  ask it[/dim]
    """


@cache
def _command() -> typer.core.TyperGroup:
    """The command with those of the packages above, made once in a process."""
    for entry in entry_points(group=COMMAND_ENTRY_POINTS):
        cli.add_typer(entry.load(), name=entry.name)
    command = typer.main.get_command(cli)
    assert isinstance(command, typer.core.TyperGroup)
    return command


def main() -> None:
    """Run ``footnote`` with this process's arguments and exit."""
    interrupt.install()
    atexit.register(gc.freeze)  # else the last collection goes through all of torch: a second
    arguments = [a for a in sys.argv[1:] if a != "--debug"]
    debug = len(arguments) + 1 < len(sys.argv)
    try:
        _command()(arguments, prog_name="footnote")
    except FootnoteError as error:
        if debug:
            raise
        error_console.print(f"[red]Error:[/red] {printable(str(error), markup=True)}")
        sys.exit(error.exit_code)
    except Exception as error:  # the last resort: a message instead of a traceback
        if debug:
            raise
        error_console.print(
            f"[red]Footnote failed:[/red] {printable(repr(error), markup=True)}\n"
            "This is a bug in Footnote. Run it again with --debug for what to report."
        )
        sys.exit(1)
