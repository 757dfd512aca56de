"""CSV and similar formats: each record becomes a table row with its row number."""

from __future__ import annotations

import csv
import io

from ingest.document import Document
from ingest.load.base.builder import Builder
from ingest.load.base.encoding import decode
from ingest.load.base.source import Source
from ingest.load.base.table_rows import TooManyCells, add_rows

MAX_FIELD = 1024 * 1024


def load(data: bytes, source: Source) -> Document:
    """A file of separated values; the separator is detected from the first lines."""
    decoded = decode(data, source)
    text = decoded.text
    builder = Builder(decoded.assumed)
    csv.field_size_limit(MAX_FIELD)
    reader = csv.reader(io.StringIO(text), delimiter=_separator(text, source))
    try:
        add_rows(builder, enumerate(reader, start=1), None)
    except (csv.Error, TooManyCells) as error:
        raise source.unreadable(
            f"the table could not be read ({error}, near line {reader.line_num}). Check its "
            "quotation marks, or split it."
        ) from error
    return builder.document(source, "text/csv")


def _separator(text: str, source: Source) -> str:
    if source.extension == ".tsv":
        return "\t"
    first = text[:20_000].splitlines()[:20]
    counts = {mark: [line.count(mark) for line in first if line.strip()] for mark in ",;\t|"}

    def regular(mark: str) -> tuple[bool, int]:
        seen = counts[mark]
        return bool(seen) and min(seen) > 0, sum(seen)

    return max(counts, key=regular)
