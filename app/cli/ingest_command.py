"""``footnote ingest``: ingest files, folders, links, or a LangChain loader's documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from app.cli.common import (
    Data,
    UsageError,
    console,
    error_console,
    opened_library,
    printable,
    progress_bar,
    settings_for,
)

if TYPE_CHECKING:
    from app.service.ingest.ingestion import Failure
    from app.settings import Settings
    from store.indexing.read_and_split import Readers
    from store.library import Library
    from store.results import IngestReport

MAX_OMISSIONS_SHOWN = 20
OUTCOME_STYLES = {"added": "green", "changed": "yellow", "moved": "yellow", "unchanged": "dim"}


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("ingest")(ingest)


def ingest(
    sources: Annotated[
        list[str] | None, typer.Argument(help="Files, folders, globs and links.", metavar="SOURCE…")
    ] = None,
    sample: Annotated[bool, typer.Option("--sample", help="Ingest the sample document.")] = False,
    name: Annotated[str | None, typer.Option(help="What to call the document.")] = None,
    collection: Annotated[
        str,
        typer.Option(
            help="The collection to add them to (default: the folder's name).", show_default=False
        ),
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change; change nothing.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Keep running, and ingest every later change.")
    ] = False,
    loader: Annotated[
        str | None,
        typer.Option(help="A LangChain document loader to ingest from.", metavar="MODULE:CLASS"),
    ] = None,
    loader_arg: Annotated[
        list[str] | None,
        typer.Option(help="An argument of the loader; may be repeated.", metavar="KEY=VALUE"),
    ] = None,
    ocr: Annotated[
        Literal["on", "off"] | None,
        typer.Option(help="Read the text in pictures and scanned pages (default: on)."),
    ] = None,
    ray: Annotated[
        str | None,
        typer.Option(
            help="The Ray cluster that reads and embeds, or “local” for this machine.",
            metavar="ADDRESS",
        ),
    ] = None,
    data: Data = None,
) -> None:
    """Ingest documents. An unchanged one costs nothing; a changed one becomes a new revision.

    [dim]footnote ingest report.pdf notes/ "minutes/*.docx"
    footnote ingest https://example.org/article
    footnote ingest notes/ --watch
    footnote ingest minutes/ --collection board
    footnote ingest archive/ --ray 10.0.0.1:6379
    footnote ingest --loader langchain_community.document_loaders:NotionDirectoryLoader
        --loader-arg path=export/[/dim]
    """
    named = list(sources or [])
    if sample:
        from ingest.samples import sample_path

        named.append(str(sample_path()))
    if loader and (named or name or watch):
        raise UsageError("--loader cannot be combined with SOURCE, --name or --watch.")
    if loader_arg and not loader:
        raise UsageError("--loader-arg needs a loader; name one with --loader.")
    if not named and not loader:
        raise UsageError("Name a file, folder or link: footnote ingest FILE, or --sample.")
    if watch and dry_run:
        raise UsageError("--watch ingests changes and --dry-run changes nothing; use one of them.")
    if ray and watch:
        raise UsageError("--watch ingests one change at a time; it cannot be combined with --ray.")
    settings = settings_for(data, ocr=None if ocr is None else ocr == "on")
    from app.service.ingest.ingestion import Ingester

    with _opened(settings, ray) as (library, readers):
        ingester = Ingester(library, settings, collection=collection, readers=readers)
        with _kept_at_ctrl_c(dry_run=dry_run), progress_bar() as bar:
            options: Any = {"dry_run": dry_run, "progress": bar}
            outcomes = (
                ingester.ingest_loader(loader, loader_arg or (), **options)
                if loader
                else ingester.ingest(named, name=name, **options)
            )
            failed = _print_outcomes(outcomes, dry_run=dry_run)
            _print_left_out(ingester.left_out)
        if watch:
            _watch(library, settings, named, collection)
    if failed:
        raise typer.Exit(2)


@contextmanager
def _kept_at_ctrl_c(*, dry_run: bool) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        if not dry_run:
            error_console.print(
                "Stopped. What is ingested stays, and the passages that were embedded are kept: "
                "the same command goes on from there."
            )
        raise


@contextmanager
def _opened(settings: Settings, ray: str | None) -> Iterator[tuple[Library, Readers | None]]:
    """The library, and what reads files for it if that is not this machine alone."""
    if ray is None:
        with opened_library(settings) as library:
            yield library, None
        return
    from app.service.open_library import open_library
    from store.indexing.ray_cluster import RayCluster

    with error_console.status("Waiting for the Ray workers…"):
        cluster = RayCluster(ray)
    with cluster, open_library(settings, cluster) as library:
        yield library, cluster.readers(library.read_and_split(ocr=settings.ocr))


def _print_outcomes(outcomes: Iterator[IngestReport | Failure], *, dry_run: bool) -> bool:
    """Print each as it comes; whether any failed."""
    from app.service.ingest.ingestion import Failure

    failed = False
    for outcome in outcomes:
        failed = failed or isinstance(outcome, Failure)
        _print_outcome(outcome, dry_run=dry_run)
    return failed


def _print_left_out(files: Sequence[tuple[str, str]]) -> None:
    """The files of the folders that were not read, the first few by name."""
    if not files:
        return
    console.print(f"[yellow]left out[/yellow]   {len(files):,} files that are not documents:")
    for name, why in files[:MAX_OMISSIONS_SHOWN]:
        console.print(f"           [dim]{printable(f'{name}: {why}', markup=True)}[/dim]")
    if len(files) > MAX_OMISSIONS_SHOWN:
        console.print(f"           [dim]and {len(files) - MAX_OMISSIONS_SHOWN:,} more[/dim]")


def _watch(library: Library, settings: Settings, sources: list[str], collection: str) -> None:
    from app.service.ingest.watch import watch
    from ingest.load import is_link

    followed = [source for source in sources if not is_link(source)]
    if not followed:
        raise UsageError("Only files and folders can be watched, not links.")
    error_console.print("[dim]Watching for changes; Ctrl-C stops.[/dim]")
    try:
        for outcome in watch(library, settings, followed, collection=collection):
            if isinstance(outcome, str):
                console.print(f"[yellow]removed[/yellow]    {printable(outcome, markup=True)}")
            else:
                _print_outcome(outcome)
    except KeyboardInterrupt:
        error_console.print("[dim]Stopped watching.[/dim]")


def _print_outcome(outcome: IngestReport | Failure, *, dry_run: bool = False) -> None:
    from app.service.ingest.ingestion import Failure

    if isinstance(outcome, Failure):
        error_console.print(f"[red]failed[/red]     {printable(outcome.why, markup=True)}")
        return
    style = OUTCOME_STYLES.get(outcome.status, "")
    would = "would be " if dry_run else ""
    work = (
        f"{outcome.passages} passages, {outcome.embedded} {'to embed' if dry_run else 'embedded'}"
    )
    console.print(
        f"[{style}]{would}{outcome.status:<10}[/{style}] {printable(outcome.document, markup=True)}"
        f"  [dim]{work}[/dim]"
    )
    for omission in outcome.omissions:
        console.print(f"           [yellow]{printable(omission, markup=True)}[/yellow]")
