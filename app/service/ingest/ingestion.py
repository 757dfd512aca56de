"""Ingests sources into the library; a failure is reported and the rest goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from app.settings import Settings
from ingest.document import Document
from ingest.errors import FootnoteError, UnreadableDocument
from store.catalogue.collections import OWN_PREFIX
from store.indexing.read_and_split import Readers, SplitDocument, WantedFile
from store.indexing.reading_pool import ReadingPool
from store.results import IngestReport, Revision

if TYPE_CHECKING:
    from langchain_core.document_loaders import BaseLoader

    from store.library import Library

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Failure:
    """A source that could not be ingested, and why."""

    source: str
    why: str


class Ingester:
    """Ingests files, folders, globs, links, and the documents of a loader into one library.

    They are put into ``collection``; if that is "", each stays where it is, and a new one goes
    to that of the outermost of ``folders``, or of the folders ingested, that it lies in.
    ``left_out`` are the files of the folders so far that were not read: path in it, and why.
    """

    def __init__(
        self,
        library: Library,
        settings: Settings,
        *,
        collection: str = "",
        folders: Iterable[Path] = (),
        readers: Readers | None = None,
    ) -> None:
        self._library = library
        self._collection, self._folders = collection, list(folders)
        self._settings, self._readers = settings, readers
        self._side_reports: list[IngestReport | Failure] = []
        self.left_out: list[tuple[str, str]] = []

    def ingest(
        self,
        sources: Sequence[str],
        *,
        name: str | None = None,
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> Iterator[IngestReport | Failure]:
        """A report or failure for every document meant by ``sources``.

        ``name`` is what a single document will be called. A link that its server says is
        unchanged is not read again.
        """
        files = self._expanded(sources)
        if name is not None and len(files) > 1:
            raise UnreadableDocument(f"{len(files)} documents cannot share the name {name}.")
        yield from self._add(
            self._documents(files, name, progress), dry_run=dry_run, progress=progress
        )

    def ingest_loader(
        self,
        path: str,
        arguments: Sequence[str] = (),
        *,
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> Iterator[IngestReport | Failure]:
        """The same for every document of a LangChain loader (``package.module:Class``)."""
        from ingest.load.langchain_loader import open_loader

        loader = open_loader(path, arguments)
        yield from self._add(self._loaded(loader, path), dry_run=dry_run, progress=progress)

    def _add(
        self,
        documents: Iterator[Document | SplitDocument],
        *,
        dry_run: bool,
        progress: Progress | None,
    ) -> Iterator[IngestReport | Failure]:
        placed = map(self._placed, documents)
        for report in self._library.add_many(placed, progress, dry_run):
            yield from self._drain_side_reports()
            failed = report.status == "failed"
            yield Failure(report.source or report.document, report.error) if failed else report
        yield from self._drain_side_reports()

    def _placed(self, document: Document | SplitDocument) -> Document | SplitDocument:
        if isinstance(document, SplitDocument):
            return replace(document, document=self._in_place(document.document))
        return self._in_place(document)

    def _in_place(self, document: Document) -> Document:
        over = [folder for folder in self._folders if folder in Path(document.source).parents]
        outermost = min(over, key=lambda folder: len(folder.parts)).name if over else ""
        return replace(document, collection=self._collection, folder=outermost)

    def _expanded(self, sources: Sequence[str]) -> list[str]:
        from ingest.load import expand, left_out

        expanded: dict[str, None] = {}
        for source in sources:
            try:
                expanded.update(dict.fromkeys(expand([source])))
                if (folder := Path(source).expanduser()).is_dir():
                    self._folders.append(folder.resolve())
                self.left_out += left_out(source)
            except UnreadableDocument as error:
                self._side_reports.append(Failure(source, str(error)))
        return list(expanded)

    def _loaded(self, loader: BaseLoader, path: str) -> Iterator[Document]:
        from ingest.load.langchain_loader import as_document, pieces_by_source

        for source, pieces in pieces_by_source(loader, path).items():
            try:
                yield as_document(source, pieces, path)
            except FootnoteError as error:
                self._side_reports.append(Failure(source, str(error)))

    def _documents(
        self, files: Iterable[str], name: str | None, progress: Progress | None
    ) -> Iterator[Document | SplitDocument]:
        """The documents of files and links: links one after the other, files by the readers."""
        from ingest.load import is_link

        known = self._known()
        for links, some in groupby(files, is_link):
            if not links:
                yield from self._read_files(some, name, known, progress)
                continue
            for link in some:
                try:
                    document = self._fetched(link, name, known.get(link), progress)
                except FootnoteError as error:
                    self._side_reports.append(Failure(link, str(error)))
                    continue
                if document is not None:
                    yield document

    def _known(self) -> dict[str, Revision]:
        """What the library has of each source, where the ingest would put it."""
        collection = self._collection
        return {
            revision.source: revision
            for revision in self._library.documents()
            if revision.collection == collection
            or not (collection or revision.collection.startswith(OWN_PREFIX))
        }

    def _read_files(
        self,
        files: Iterable[str],
        name: str | None,
        known: Mapping[str, Revision],
        progress: Progress | None,
    ) -> Iterator[Document | SplitDocument]:
        def wanted(file: str) -> WantedFile:
            current = known.get(str(Path(file).expanduser().resolve()))
            return WantedFile(file, name, self._library.fingerprint(current.id) if current else "")

        reading = self._library.read_and_split(ocr=self._settings.ocr)
        read = self._readers or ReadingPool(reading, progress)
        for one, outcome in read(map(wanted, files)):
            if isinstance(outcome, FootnoteError):
                self._side_reports.append(Failure(one.path, str(outcome)))
            else:
                yield outcome

    def _fetched(
        self, file: str, name: str | None, known: Revision | None, progress: Progress | None
    ) -> Document | None:
        """The document of a link; None if its server says that nothing changed."""
        if self._settings.offline:
            raise UnreadableDocument(f"{file}: links are not followed while offline is set.")
        from ingest.load import load_bytes
        from ingest.load.web.fetch import NotModified, fetch

        before = known.metadata if known else {}
        fetched = fetch(
            file,
            allow_private=self._settings.allow_private_links,
            proxy=self._settings.proxy,
            etag=before.get("etag"),
            last_modified=before.get("last-modified"),
        )
        if isinstance(fetched, NotModified):
            assert known is not None  # the server was told what is known
            self._side_reports.append(
                IngestReport(
                    known.document, known.id, "unchanged", known.passages, 0, 0.0, source=file
                )
            )
            return None
        named = replace(fetched.source, name=name or fetched.source.name)
        return load_bytes(fetched.data, named, ocr=self._settings.ocr, progress=progress)

    def _drain_side_reports(self) -> Iterator[IngestReport | Failure]:
        """What became clear while documents were read."""
        while self._side_reports:
            yield self._side_reports.pop(0)
