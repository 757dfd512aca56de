"""EPUB books: chapters in spine order, read with the HTML loader."""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from typing import Any
from urllib.parse import unquote

from ingest.document import Document
from ingest.errors import UnreadableDocument
from ingest.load.base.archive import damaged, open_archive, parse_xml
from ingest.load.base.builder import Builder
from ingest.load.base.source import Source
from ingest.load.text.html import main_body, parse
from ingest.load.text.html_flow import Flow

MEDIA_TYPE = "application/epub+zip"
_CONTAINER = "{urn:oasis:names:tc:opendocument:xmlns:container}"
_OPF = "{http://www.idpf.org/2007/opf}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_FONTS_ONLY = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")


def load(data: bytes, source: Source) -> Document:
    """An .epub file. Raises UnreadableDocument for a damaged or protected one."""
    with open_archive(data, source) as archive:
        _refuse_protected(archive, source)
        container = parse_xml(_member(archive, "META-INF/container.xml", source), source)
        rootfile = container.find(f".//{_CONTAINER}rootfile")
        path = "" if rootfile is None else rootfile.get("full-path") or ""
        package = parse_xml(_member(archive, path, source), source)
        builder = Builder()
        for number, chapter in enumerate(_chapters(package, posixpath.dirname(path)), 1):
            try:
                page = _member(archive, chapter, source)
                if page.strip():
                    Flow(builder).read(main_body(parse(page, source)[0]))
            except UnreadableDocument:
                name = posixpath.basename(chapter)[:80]
                builder.omit(f"The chapter “{name}” (part {number}) is damaged and was left out.")
        drawn = sum("image" in (i.get("media-type") or "") for i in package.iter(f"{_OPF}item"))
        if drawn:
            builder.omit(f"{drawn:,} picture{'s are' if drawn > 1 else ' is'} not read.")
    if not builder.blocks and builder.omissions:
        raise source.unreadable("all chapters of the book are damaged. Get it again.")
    title = package.findtext(f".//{_DC}title") or ""
    author = package.findtext(f".//{_DC}creator") or ""
    return builder.document(source, MEDIA_TYPE, title, {"author": author})


def _chapters(package: Any, folder: str) -> list[str]:
    """Paths of the chapters in reading order, the table of contents left out."""
    manifest = {
        item.get("id"): item
        for item in package.iter(f"{_OPF}item")
        if "html" in (item.get("media-type") or "")
        and "nav" not in (item.get("properties") or "").split()
    }
    spine = [manifest.get(place.get("idref")) for place in package.iter(f"{_OPF}itemref")]
    paths = [unquote((item.get("href") or "").split("#")[0]) for item in spine if item is not None]
    return [posixpath.normpath(posixpath.join(folder, path)) for path in paths]


def _member(archive: zipfile.ZipFile, path: str, source: Source) -> bytes:
    try:
        return archive.read(path)
    except KeyError as error:
        raise source.unreadable(
            f"the book is damaged: its part “{path[:80]}” is missing. Get it again."
        ) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise damaged(source, error) from error


def _refuse_protected(archive: zipfile.ZipFile, source: Source) -> None:
    if "META-INF/encryption.xml" not in archive.namelist():
        return
    listed = parse_xml(_member(archive, "META-INF/encryption.xml", source), source)
    methods = [e.get("Algorithm") for e in listed.iter() if e.tag.endswith("EncryptionMethod")]
    if any(method not in _FONTS_ONLY for method in methods):
        raise source.unreadable("the book is protected against copying (DRM): it can't be read.")
