"""Questions over tables with their answers: WikiTableQuestions, TAT-QA and made ones."""

from __future__ import annotations

import csv
import gzip
import html
import io
import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.tables.number_form import DOT
from app.tables.query import Result
from app.tables.values import Grid, build_grid, parse_date, parse_number
from evals.training.tables.made_questions import made
from ingest.document import Document
from ingest.load import load_bytes
from ingest.load.base.source import Source
from ingest.table import tables

_MARKS = re.compile(r"((?<!^)\[[^\]]*\]|\[\d+\]|[•♦†‡*#+])*$")
_NOTE = re.compile(r"(?<!^)( \([^)]*\))*$")


@dataclass(frozen=True, slots=True)
class TableQuestion:
    """A question over ``grid``; ``table`` names it. No answers: the table does not answer it."""

    table: str
    grid: Grid
    question: str
    answers: tuple[str, ...]
    tolerance: float = 1e-6


def longest(document: Document) -> Grid | None:
    """The document's table with the most rows."""
    found_tables = tables(document.text, document.blocks)
    return build_grid(max(found_tables, key=lambda t: len(t.rows))) if found_tables else None


def wikitablequestions(folder: Path) -> Iterator[TableQuestion]:
    """The test questions; the tables' CSV escapes with backslashes, ours with doubled quotes."""
    grids: dict[str, Grid | None] = {}
    for row in _lines(folder / "wikitablequestions-test.tables.jsonl.gz"):
        escaped = csv.reader(io.StringIO(row["csv"]), escapechar="\\", doublequote=False)
        grids[row["table"]] = longest(_sheet(list(escaped), row["table"]))
    for row in _lines(folder / "wikitablequestions-test.questions.jsonl.gz"):
        grid = grids[row["table"]]
        if grid:
            yield TableQuestion(row["table"], grid, row["question"], tuple(row["answers"]))


def tatqa(folder: Path) -> Iterator[TableQuestion]:
    """The dev questions; rows above the first that has a name are the header."""
    with gzip.open(folder / "tatqa-dev.json.gz", "rt", encoding="utf-8") as file:
        reports: list[dict[str, Any]] = json.load(file)
    for report in reports:
        name = report["table"]["uid"]
        grid = longest(load_bytes(tatqa_page(report).encode(), Source(f"{name}.html", f"/{name}")))
        if grid is None:
            continue
        for asked in report["questions"]:
            answer = asked["answer"]
            answers = tuple(map(str, answer if isinstance(answer, list) else [answer]))
            if asked["answer_from"] == "text":
                answers = ()
            yield TableQuestion(name, grid, asked["question"], answers, tolerance=1e-3)


def tatqa_page(report: dict[str, Any]) -> str:
    """A report's paragraphs and table as a page."""
    rows = report["table"]["table"]
    heads = next((i for i, row in enumerate(rows[:-1]) if row[0].strip()), len(rows) - 1)
    lines = [f"<p>{html.escape(p['text'])}</p>" for p in report["paragraphs"]]
    for at, row in enumerate(rows):
        tag = "th" if at < heads else "td"
        lines.append("<tr>" + "".join(f"<{tag}>{html.escape(c)}</{tag}>" for c in row) + "</tr>")
    paragraphs, body = lines[: -len(rows)], lines[-len(rows) :]
    return "\n".join(["<html><body>", *paragraphs, "<table>", *body, "</table></body></html>"])


def made_questions(seed: int = 7, count: int = 220, each: int = 9) -> Iterator[TableQuestion]:
    """Questions over tables like those of offices."""
    grids: dict[int, Grid | None] = {}
    for at, table, (question, answers) in made(seed, count, each):
        name = f"made-{at}"
        if at not in grids:
            grids[at] = longest(_sheet(table.rows, name))
        if grid := grids[at]:
            yield TableQuestion(name, grid, question, answers)


def is_right(asked: TableQuestion, result: Result) -> bool:
    """Whether a result is the answer, as WikiTableQuestions compares: in any order, numbers by
    value, texts without case, accents, notes and marks."""
    answers = asked.answers
    if result.number is not None:
        value = parse_number(answers[0], DOT) if len(answers) == 1 else None
        if value is None:
            return False
        # An answer of so many places may be rounded to them.
        places = len(answers[0].partition(".")[2].rstrip("%"))
        off = abs(float(value) - float(result.number))
        rounded = 0.501 * 10.0**-places if places else 0.0
        return off <= max(rounded, asked.tolerance * max(1.0, abs(float(value))))
    if len(answers) != len(result.texts):
        return False
    return all(any(_same(a, t) for t in result.texts) for a in answers) and all(
        any(_same(a, t) for a in answers) for t in result.texts
    )


def _same(answer: str, text: str) -> bool:
    if _plain(answer) == _plain(text):
        return True
    one, other = _amount(answer), _amount(text)
    if one is not None and other is not None:
        return abs(one - other) < 1e-6
    day = parse_date(answer)
    return bool(day and day[1] and day == parse_date(text))


def _amount(text: str) -> float | None:
    """The number that the whole of a text is."""
    plain = re.sub(r"[\s,$€£]", "", text)
    return float(plain) if re.fullmatch(r"-?\d+(?:\.\d+)?", plain) else None


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    plain = re.sub("[‘’´`]", "'", re.sub("[“”]", '"', re.sub("[‐‑‒–—−]", "-", plain)))
    before = None
    while before != plain:
        before = plain
        plain = _NOTE.sub("", _MARKS.sub("", plain.strip()).strip()).strip()
        plain = re.sub(r'^"([^"]*)"$', r"\1", plain)
    return " ".join(plain.split()).casefold().rstrip(".")


def _sheet(rows: Sequence[Sequence[str]], name: str) -> Document:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return load_bytes(written.getvalue().encode(), Source(f"{name}.csv", f"/{name}.csv"))


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
