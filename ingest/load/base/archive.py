"""Opens ZIP-based formats (DOCX, PPTX, XLSX, EPUB) safely: limits on size, no entities."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

from ingest.errors import UnreadableDocument
from ingest.load.base.source import Source

MAX_MEMBERS = 20_000
MAX_UNPACKED = 512 * 1024 * 1024
MAX_RATIO = 200
MIN_SUSPECT = 8 * 1024 * 1024
_STRICT = b"http://purl.oclc.org/ooxml/"
_STRICT_NAME = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/([\w/-]+)")
_FIRST = ("word/document.xml", "ppt/presentation.xml", "xl/workbook.xml")


def open_archive(data: bytes, source: Source) -> zipfile.ZipFile:
    """The archive, after a look at its directory.

    Raises UnreadableDocument for one that is damaged, encrypted, or would unpack to far more than
    a document holds (``zipfile`` itself never reads past the sizes that the directory states).
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise damaged(source, error) from error
    if any(member.flag_bits & 1 for member in members):
        raise source.unreadable("it is protected with a password; save it without one.")
    total = sum(member.file_size for member in members)
    swollen = any(
        member.file_size > MIN_SUSPECT and member.file_size > MAX_RATIO * member.compress_size
        for member in members
    )
    if swollen or total > MAX_UNPACKED or len(members) > MAX_MEMBERS:
        raise source.unreadable(
            f"it would unpack to {total / 1e6:.0f} MB in {len(members)} parts from "
            f"{len(data) / 1e6:.1f} MB, like a zip bomb; if it is a real document, split it."
        )
    return archive


def to_transitional_ooxml(data: bytes, source: Source) -> bytes:
    """An Office file in the usual namespaces, if it is written in those of ISO's strict form,
    which the libraries do not know. Raises as ``open_archive`` does."""
    with open_archive(data, source) as archive:
        if not any(_STRICT in archive.read(name) for name in _FIRST if name in archive.namelist()):
            return data
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as changed:
            for member in archive.infolist():
                part = archive.read(member)
                if member.filename.endswith((".xml", ".rels")):
                    part = _STRICT_NAME.sub(_usual_name, part)
                changed.writestr(member.filename, part)
        return out.getvalue()


def _usual_name(match: re.Match[bytes]) -> bytes:
    group, rest = match[1], match[2]
    return b"http://schemas.openxmlformats.org/" + group + b"/2006/" + rest


def damaged(source: Source, error: Exception | str) -> UnreadableDocument:
    """The error for a file that its own format's library cannot make sense of."""
    reason = " ".join(str(error).split())[:160]
    return source.unreadable(
        f"the file is damaged or cut off ({reason or type(error).__name__}). Get it again, or save "
        "it again from the program that made it."
    )


def parse_xml(data: bytes, source: Source) -> Any:
    """The root of an XML member; entities and outside references are refused."""
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        return fromstring(data)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise damaged(source, error) from error
