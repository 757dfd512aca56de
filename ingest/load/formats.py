"""The supported formats, and how the format of a file is detected."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass

from ingest.load.base.source import Source


@dataclass(frozen=True, slots=True)
class Format:
    """A format's name for messages, its file endings, media types and the module of its loader.

    ``binary`` formats are parsed apart, in a process with limits.
    """

    name: str
    extensions: tuple[str, ...]
    media_types: tuple[str, ...]
    module: str
    binary: bool = False


TEXT = Format(
    "plain text",
    (".txt", ".text", ".log", ".rst"),
    ("text/plain",),
    "ingest.load.text.plain_text",
)
SUBTITLES = Format(
    "subtitles (SRT, WebVTT)",
    (".srt", ".vtt"),
    ("text/vtt", "application/x-subrip"),
    "ingest.load.text.subtitles",
)
MARKDOWN = Format(
    "Markdown", (".md", ".markdown", ".mkd"), ("text/markdown",), "ingest.load.text.markdown"
)
HTML = Format(
    "HTML",
    (".html", ".htm", ".xhtml"),
    ("text/html", "application/xhtml+xml"),
    "ingest.load.text.html",
)
PDF = Format("PDF", (".pdf",), ("application/pdf",), "ingest.load.pdf.pdf", binary=True)
_OOXML = "application/vnd.openxmlformats-officedocument."
DOCX = Format(
    "Word (DOCX)",
    (".docx", ".docm"),
    (_OOXML + "wordprocessingml.document",),
    "ingest.load.office.docx",
    binary=True,
)
PPTX = Format(
    "PowerPoint (PPTX)",
    (".pptx", ".pptm"),
    (_OOXML + "presentationml.presentation",),
    "ingest.load.office.pptx",
    binary=True,
)
XLSX = Format(
    "Excel (XLSX)",
    (".xlsx", ".xlsm"),
    (_OOXML + "spreadsheetml.sheet",),
    "ingest.load.spreadsheet.xlsx",
    binary=True,
)
CSV = Format(
    "CSV",
    (".csv", ".tsv"),
    ("text/csv", "text/tab-separated-values"),
    "ingest.load.spreadsheet.csv",
)
EPUB = Format("EPUB", (".epub",), ("application/epub+zip",), "ingest.load.text.epub", binary=True)
PICTURE = Format(
    "pictures (PNG, JPEG, TIFF)",
    (".png", ".jpg", ".jpeg", ".tif", ".tiff"),
    ("image/png", "image/jpeg", "image/tiff"),
    "ingest.load.pictures.picture",
    binary=True,
)
OPENDOCUMENT = Format(
    "OpenDocument (ODT, ODS, ODP)",
    (".odt", ".ods", ".odp"),
    tuple(
        f"application/vnd.oasis.opendocument.{kind}"
        for kind in ("text", "spreadsheet", "presentation")
    ),
    "ingest.load.office.opendocument",
    binary=True,
)
XLS = Format(
    "older Excel (XLS, XLSB)",
    (".xls", ".xlsb"),
    ("application/vnd.ms-excel",),
    "ingest.load.spreadsheet.xls",
    binary=True,
)
RTF = Format(
    "RTF", (".rtf",), ("application/rtf", "text/rtf"), "ingest.load.office.rtf", binary=True
)
MAIL = Format(
    "e-mail (EML, MSG)",
    (".eml", ".msg"),
    ("message/rfc822", "application/vnd.ms-outlook"),
    "ingest.load.text.mail",
    binary=True,
)
STRUCTURED = Format(
    "JSON, XML and notebooks",
    (".json", ".jsonl", ".ndjson", ".xml", ".rss", ".atom", ".ipynb"),
    (
        "application/json",
        "application/xml",
        "text/xml",
        "application/rss+xml",
        "application/atom+xml",
    ),
    "ingest.load.text.structured",
    binary=True,
)

FORMATS = (
    *(
        TEXT,
        SUBTITLES,
        MARKDOWN,
        HTML,
        PDF,
        DOCX,
        PPTX,
        XLSX,
        CSV,
        EPUB,
        OPENDOCUMENT,
        XLS,
        RTF,
        MAIL,
    ),
    *(STRUCTURED, PICTURE),
)
_PICTURES = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*")

_OLE = b"\xd0\xcf\x11\xe0"
_OTHERS = (
    (_OLE, "an old Office file (.doc, .ppt); save it as .docx or .pptx"),
    (b"GIF8", "a moving picture; save it as PNG"),
    (b"\x1f\x8b", "a gzip archive; unpack it first"),
    (b"7z\xbc\xaf", "a 7-Zip archive; unpack it first"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3", "a database"),
)
# Apple's programs, with what they export.
_IWORK = {
    ".pages": ("Pages", "PDF or Word"),
    ".numbers": ("Numbers", "Excel"),
    ".key": ("Keynote", "PDF or PowerPoint"),
}
_ZIP_MEMBERS = (
    ("word/document.xml", DOCX),
    ("ppt/presentation.xml", PPTX),
    ("xl/workbook.xml", XLSX),
    ("META-INF/container.xml", EPUB),
)
_OFFICE = frozenset((*DOCX.extensions, *XLSX.extensions, *PPTX.extensions))
_MARKUP = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype html|html)\b",
    re.IGNORECASE | re.DOTALL,
)


def format_names() -> str:
    """The formats in words, for messages: ``plain text, Markdown … and EPUB``."""
    names = [known.name for known in FORMATS]
    return f"{', '.join(names[:-1])} and {names[-1]}"


def extensions() -> frozenset[str]:
    """The file endings, lower case with the dot, that belong to a known format."""
    return frozenset(ending for known in FORMATS for ending in known.extensions)


def detect(data: bytes, source: Source) -> Format:
    """The format of ``data``. Raises UnreadableDocument for one that is not read here."""
    head = data[:1024]
    if b"%PDF-" in head:
        return PDF
    if data.startswith(b"PK\x03\x04"):
        return _zipped(data, source)
    if data.startswith(_PICTURES):
        return PICTURE
    if data.startswith(b"{\\rtf"):
        return RTF
    if data.startswith(_OLE) and (inside := _compound(data, source)):
        return inside
    for magic, what in _OTHERS:
        if data.startswith(magic):
            raise source.unreadable(f"this is {what}. Footnote reads {format_names()}.")
    named = _named(source)
    if named in (MAIL, STRUCTURED):
        return named
    if named and named.binary:
        raise source.unreadable(
            f"it is called {named.name}, but its content is not: it may be damaged or cut off. "
            "Get the file again, or save it again from the program that made it."
        )
    if named in (None, TEXT) and _MARKUP.match(head.removeprefix(b"\xef\xbb\xbf")):
        return HTML
    return named or TEXT


def _named(source: Source) -> Format | None:
    """The format by file ending, else by what the server said."""
    for known in FORMATS:
        if source.extension in known.extensions:
            return known
    for known in FORMATS:
        if source.media_type in known.media_types:
            return known
    return None


def _zipped(data: bytes, source: Source) -> Format:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise source.unreadable(
            "the file is damaged or cut off (its archive cannot be opened). Get it again."
        ) from error
    for member, known in _ZIP_MEMBERS:
        if member in members:
            return known
    if {"mimetype", "content.xml"} <= members:
        return OPENDOCUMENT
    if "xl/workbook.bin" in members:
        return XLS
    if source.extension in _IWORK or any(member.endswith(".iwa") for member in members):
        program, exports = _IWORK.get(source.extension, ("iWork", "PDF or Word"))
        raise source.unreadable(
            f"this is a file of Apple's {program}. Export it as {exports} and add that."
        )
    raise source.unreadable(
        f"this is an archive without a document that Footnote reads; unpack it first. "
        f"Footnote reads {format_names()}."
    )


def _compound(data: bytes, source: Source) -> Format | None:
    """The format of an OLE file, by the name that its main stream has in the directory.

    Raises UnreadableDocument for a file of Office that has a password.
    """
    if "EncryptedPackage".encode("utf-16-le") in data:
        kind = source.extension if source.extension in _OFFICE else ".docx, .xlsx or .pptx"
        raise source.unreadable(
            f"it has a password. Save it as {kind} without the password, and add it again."
        )
    if "Workbook".encode("utf-16-le") in data or "Book".encode("utf-16-le") in data[:8192]:
        return XLS
    is_message = "__substg1.0_".encode("utf-16-le") in data or source.extension == ".msg"
    return MAIL if is_message else None
