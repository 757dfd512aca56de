"""``footnote users`` and ``footnote mcp``."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.common import Data, UsageError, console, printable, settings_for

if TYPE_CHECKING:
    from app.service.access.users import Users

# The rule is shown before anything is typed (``app.service.access.users.MIN_PASSWORD_CHARS``).
PASSWORD_PROMPT = "Password (at least 10 characters)"
users = typer.Typer(help="Manage who may sign in if the chat is shared.", no_args_is_help=True)


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    cli.add_typer(users, name="users")
    cli.command("mcp")(mcp)


@users.command()
def add(
    name: str,
    password_file: Annotated[
        Path | None,
        typer.Option(
            help="A file with the password, or - for standard input; asked for if omitted.",
            allow_dash=True,
        ),
    ] = None,
    same_person: Annotated[
        bool,
        typer.Option(
            "--same-person",
            help="The person who had this name before; they get back what they asked and added.",
        ),
    ] = False,
    data: Data = None,
) -> None:
    """Add a user, or give one a new password.

    [dim]footnote users add ada
    footnote users add ada --password-file - < password.txt[/dim]
    """
    password = _read(password_file) if password_file else _asked()
    _users(data).add(name, password, same_person=same_person)
    console.print(f"{printable(name, markup=True)} can sign in.")


def _asked() -> str:
    # An option of the command would show it to every account of the machine, in its process list.
    password: str = typer.prompt(PASSWORD_PROMPT, hide_input=True, confirmation_prompt=True)
    return password


def _read(file: Path) -> str:
    """The first line of a file, or of standard input."""
    try:
        text = sys.stdin.readline() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}.") from error
    return next(iter(text.splitlines()), "")


@users.command("list")
def list_users(data: Data = None) -> None:
    """List the users.

    [dim]footnote users list[/dim]
    """
    for name in _users(data).names():
        console.print(printable(name, markup=True))


@users.command()
def remove(name: str, data: Data = None) -> None:
    """Remove a user. What they asked and added stays, but goes to nobody with the name.

    [dim]footnote users remove ada[/dim]
    """
    _users(data).remove(name)
    console.print(f"{printable(name, markup=True)} can no longer sign in.")


def mcp(
    data: Data = None,
    model: Annotated[str | None, typer.Option(help="none, local, auto or PROVIDER:MODEL.")] = None,
) -> None:
    """Serve ask, search, list_documents and read_passage to an MCP client over standard input.

    [dim]footnote mcp[/dim]
    """
    from app.http.mcp import run_stdio
    from app.service.engine import Engine

    # Whoever runs it on this machine reads everything, whomever the chat is served to.
    engine = Engine(replace(settings_for(data, model=model), host="127.0.0.1"))
    engine.load_model(fetch=False)
    try:
        run_stdio(engine)
    finally:
        engine.close()


def _users(data: Path | None) -> Users:
    from app.service.access.users import Users

    settings = settings_for(data)
    return Users(settings.data, settings.database)
