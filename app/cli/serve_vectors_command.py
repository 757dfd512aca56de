"""``footnote serve-vectors``: one Chroma server for all processes on a data folder."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli.common import Data, error_console, opened_library, printable, settings_for


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("serve-vectors")(serve_vectors)


def serve_vectors(
    data: Data = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port on 127.0.0.1; 0 chooses a free one.")
    ] = 0,
) -> None:
    """Serve the vectors of a data folder to several processes (chats, ingests) at once.

    Start it first; all others on the folder find it by themselves and hold no vectors in memory.
    Without it one process uses the vectors' index and the others compare them one by one.

    [dim]footnote serve-vectors
    footnote serve-vectors --data /srv/footnote --port 8000[/dim]
    """

    def ready(address: str) -> None:
        where = printable(str(settings.data), markup=True)
        error_console.print(f"Serving the vectors of {where} at {address}. Ctrl-C stops.")

    settings = settings_for(data)
    with opened_library(settings) as library:
        library.serve_vectors(port, ready)
