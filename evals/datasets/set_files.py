"""Reads set files row by row: JSONL, YAML and CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from evals.datasets.case import SetError

Row = tuple[int, Any]
"""The line (from 1) where a row starts, and the row as parsed."""


def read_text(path: Path) -> str:
    """The file's text; raises :class:`SetError` if it is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        problem = f"byte {error.start} is not UTF-8; save the file as UTF-8"
        raise SetError(str(path), [problem]) from error


def read_jsonl(path: Path) -> Iterator[Row]:
    """Rows of a JSONL file; a line that is not JSON is yielded as the error that it raised."""
    for number, line in enumerate(read_text(path).splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line)
        except json.JSONDecodeError as error:
            yield number, error


def _read_yaml(path: Path) -> Iterator[Row]:
    import yaml

    text = read_text(path)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        rows = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = f"line {line}: not YAML ({error.problem})"
        raise SetError(str(path), [problem]) from error
    if node is None:
        return
    if not isinstance(rows, list):
        raise SetError(str(path), ["line 1: a YAML set is a list of questions (lines with “- ”)"])
    for item, row in zip(node.value, rows, strict=True):
        yield item.start_mark.line + 1, row


def _read_csv(path: Path) -> Iterator[Row]:
    lines = read_text(path).splitlines(keepends=True)
    reader = csv.DictReader(lines, restkey="…", restval="")
    for cells in reader:
        row: dict[str, Any] = {}
        for column, cell in cells.items():
            value = cell.strip() if isinstance(cell, str) else cell
            if value:
                row[column] = CELL_READERS.get(column, str.strip)(value) if column != "…" else value
        yield reader.line_num, row


def _groups(cell: str) -> list[list[str]]:
    return [[word.strip() for word in group.split("|")] for group in cell.split(";")]


def _truth(cell: str) -> bool | str:
    return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(
        cell.lower(), cell
    )


def _json(cell: str) -> Any:
    try:
        return json.loads(cell)
    except json.JSONDecodeError:
        return cell


CELL_READERS: dict[str, Callable[[str], Any]] = {
    "answers": _groups,
    "evidence": _groups,
    "forbidden": lambda cell: [word.strip() for word in cell.split("|")],
    "answerable": _truth,
    "turns": _json,
    "relevant": _json,
}
"""How the cell of a CSV column is read: groups part by ``;``, alternatives by ``|``, turns JSON."""

FILE_READERS: dict[str, Callable[[Path], Iterator[Row]]] = {
    ".jsonl": read_jsonl,
    ".yaml": _read_yaml,
    ".yml": _read_yaml,
    ".csv": _read_csv,
}
