"""Charts of Office files as the tables that they draw."""

from __future__ import annotations

from typing import Any

from ingest.document import BlockKind
from ingest.load.base.builder import Builder, row_text
from ingest.load.spreadsheet.number_format import format_value

CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_TEXT = "{http://schemas.openxmlformats.org/drawingml/2006/main}t"


def add_chart(builder: Builder, root: Any, page: int | None = None) -> None:
    """The title of a chart (the root of its part), its categories, and each series' values."""
    title = root.find(f"{CHART}chart/{CHART}title")
    if title is not None:
        words = "".join(t.text or "" for t in title.iter(_TEXT))
        builder.add(BlockKind.PARAGRAPH, words, page=page)
    series = [_series(one) for one in root.iter(f"{CHART}ser")]
    if not series:
        return
    names = max((categories for _, categories, _ in series), key=len)
    heads = row_text(["Category", *(name for name, _, _ in series)])
    builder.add(BlockKind.TABLE_ROW, heads, 1, page=page)
    for at in range(max(len(names), *(len(values) for _, _, values in series))):
        name = names[at] if at < len(names) else str(at + 1)
        cells = [values[at] if at < len(values) else "" for _, _, values in series]
        builder.add(BlockKind.TABLE_ROW, row_text([name, *cells]), page=page)


def _series(series: Any) -> tuple[str, list[str], list[str]]:
    """A series: its name, its categories and its values as they are shown."""
    name = series.findtext(f"{CHART}tx//{CHART}v") or ""
    categories = _points(series, "cat") or _points(series, "xVal")
    return name, categories, _points(series, "val") or _points(series, "yVal")


def _points(series: Any, kind: str) -> list[str]:
    cache = series.find(f"{CHART}{kind}")
    if cache is None:
        return []
    look = cache.findtext(f".//{CHART}formatCode") or "General"
    values = {
        int(point.get("idx") or 0): point.findtext(f"{CHART}v") or ""
        for point in cache.iter(f"{CHART}pt")
    }
    return [_shown(values.get(at, ""), look) for at in range(max(values, default=-1) + 1)]


def _shown(words: str, look: str) -> str:
    try:
        return format_value(float(words), look)
    except ValueError:
        return words
