"""Comments on the cells of a spreadsheet, which openpyxl does not read row by row."""

from __future__ import annotations

import posixpath
import zipfile
from typing import Any

from lxml import etree

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def sheet_comments(archive: zipfile.ZipFile) -> dict[str, list[tuple[str, str]]]:
    """By the path of a sheet: the cell that a comment is on (``B2``), and what it says."""
    names = set(archive.namelist())
    comments: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(names):
        folder, file = posixpath.split(name)
        if folder != "xl/worksheets/_rels":
            continue
        for relation in _parsed(archive.read(name)):
            target = posixpath.normpath(
                posixpath.join("xl/worksheets", relation.get("Target") or "")
            ).lstrip("/")
            if (relation.get("Type") or "").endswith("/comments") and target in names:
                sheet = f"xl/worksheets/{file.removesuffix('.rels')}"
                comments[sheet] = _comments(_parsed(archive.read(target)))
    return comments


def _comments(root: Any) -> list[tuple[str, str]]:
    comments = []
    for comment in root.iter(f"{_MAIN}comment"):
        words = " ".join("".join(t.text or "" for t in comment.iter(f"{_MAIN}t")).split())
        if words:
            comments.append((comment.get("ref") or "", words))
    return comments


def _parsed(data: bytes) -> Any:
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
