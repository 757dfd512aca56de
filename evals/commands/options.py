"""Options and consoles shared by the commands of ``footnote eval``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

FILE_WIDTH = 200
"""Columns of tables that go to a file or another program."""

console = Console(width=None if sys.stdout.isatty() else FILE_WIDTH)
errors = Console(stderr=True)

SetArgument = Annotated[str, typer.Argument(metavar="SET", help="A set's file, folder or name.")]
Data = Annotated[Path | None, typer.Option("--data", help="The data folder.")]
Model = Annotated[str | None, typer.Option(help="none, local or PROVIDER:MODEL.")]
Documents = Annotated[
    list[str] | None,
    typer.Option("--documents", help="Ask these instead of the data folder's documents."),
]
Sample = Annotated[
    int | None, typer.Option(min=1, help="How many questions to ask, drawn with the seed.")
]
Seed = Annotated[int, typer.Option(help="The seed of the sample.")]
Balanced = Annotated[bool, typer.Option(help="Draw as many answerable as not.")]
Kind = Annotated[list[str] | None, typer.Option(help="Ask only questions of this kind.")]
FailUnder = Annotated[
    list[str] | None,
    typer.Option(metavar="FIGURE=VALUE", help="Exit with code 3 if a figure is below this value."),
]
AllowDrop = Annotated[float, typer.Option(help="How far a score may be below the baseline's.")]
WholeLibrary = Annotated[
    bool, typer.Option(help="Ask all documents, also if a question names its own.")
]
