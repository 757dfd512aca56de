"""Shared by all commands: options, consoles, opening the library, safe printing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from app.cli.interrupt import raise_if_pressed
from app.settings import Settings, load_settings
from ingest.errors import FootnoteError

if TYPE_CHECKING:
    from rich.progress import Progress

    from app.answering.pipeline import Answerer
    from store.library import Library

console = Console(highlight=False)
error_console = Console(stderr=True, highlight=False)

Data = Annotated[
    Path | None,
    typer.Option("--data", help="The data folder.", show_default="the user's, or FOOTNOTE_DATA"),
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        help="none (quotes), local, or PROVIDER:MODEL.",
        show_default="local once it is pulled, else none",
    ),
]
Only = Annotated[
    list[str] | None,
    typer.Option("--document", help="Ask only this document (its name); may be repeated."),
]
InCollection = Annotated[
    str | None, typer.Option("--collection", help="Only this collection (its name).")
]
Strictness = Annotated[
    str | None, typer.Option(help="strict, balanced or eager: how soon it refuses.")
]
Risk = Annotated[
    float | None,
    typer.Option(
        help="Instead of a strictness: the share of wrong answers allowed, for example 0.15."
    ),
]
Replies = Annotated[
    str | None,
    typer.Option(
        help="With a language model: sentences that it writes, or quotes that it only judges.",
        show_default="sentences",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

# Controls but tab and newline, and the marks that reorder text: a document's words must not
# steer the terminal.
CONTROL_CHARACTERS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


class UsageError(FootnoteError):
    """The command cannot be carried out as typed."""

    exit_code = 2


def printable(text: str, *, markup: bool = False) -> str:
    """Text without controls; ``markup`` also escapes what Rich would read as markup."""
    safe = CONTROL_CHARACTERS.sub("", text)
    return escape(safe) if markup else safe


def settings_for(data: Path | None = None, **overrides: Any) -> Settings:
    """The settings with this command's options."""
    return load_settings(data=data, **overrides)


@contextmanager
def opened_library(settings: Settings, collection: str | None = None) -> Iterator[Library]:
    """The library of the data folder, or one collection of it; no model is loaded until something
    is embedded."""
    from app.service.access.permissions import one_collection
    from app.service.open_library import open_library

    with open_library(settings) as library:
        yield library if collection is None else one_collection(library, collection)


@contextmanager
def opened_answerer(settings: Settings, collection: str | None = None) -> Iterator[Answerer]:
    """What answers, with the model that the settings name; refuses an empty library."""
    from app.models.factory import open_model

    with error_console.status("Loading…"):
        model = open_model(settings)
    try:
        with opened_library(settings, collection) as library:
            if not library.documents():
                raise UsageError(
                    f"There are no documents in {settings.data} yet: add some with "
                    "footnote ingest FILE, or try the sample with footnote ingest --sample."
                )
            from app.answering.pipeline import Answerer

            yield Answerer(library, settings, model)
    finally:
        if model is not None:
            model.close()


@contextmanager
def progress_bar(unit: str = "") -> Iterator[Callable[[str, int, int], None]]:
    """A bar on standard error: what is done, how much, how fast, how long still."""
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    amounts: list[ProgressColumn] = (
        [DownloadColumn(), TransferSpeedColumn()]
        if unit == "bytes"
        else [MofNCompleteColumn(), TextColumn("{task.fields[speed]}")]
    )
    columns: list[ProgressColumn] = [TextColumn("{task.description}"), BarColumn(), *amounts]
    with Progress(*columns, TimeRemainingColumn(), console=error_console, transient=True) as bar:
        yield _Bar(bar, unit)


UNITS = {
    "splitting": "thousand characters",
    "embedding": "passages",
    "indexing": "passages",
    "recognising": "pages",
}
"""What is counted while a library does its work, by the kind of work."""


class _Bar:
    """Feeds one bar; another kind of work starts it again."""

    def __init__(self, bar: Progress, unit: str) -> None:
        self._bar, self._unit = bar, unit
        # The first seconds go into loading; a bar that says nothing looks stuck.
        opening = "Downloading" if unit == "bytes" else "Loading the search model"
        self._task = bar.add_task(opening, total=None, speed="")
        self._what = ""

    def __call__(self, what: str, done: int, total: int) -> None:
        raise_if_pressed()
        if what != self._what and self._unit != "bytes":
            self._bar.reset(self._task)
        self._what = what
        task = self._bar.tasks[0]
        unit = UNITS.get(what, self._unit)
        speed = f"{task.speed:.0f} {unit}/s" if task.speed and unit else ""
        self._bar.update(
            self._task, description=printable(what, markup=True), completed=done,
            total=total or None, speed=speed,
        )  # fmt: skip
