"""Diagrams of Office files (SmartArt): their words as a nested list, in order."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from ingest.document import BlockKind
from ingest.load.base.builder import Builder

_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
DIAGRAM = f"{_DIAGRAM}relIds"
"""The element that stands for a diagram in the text."""
DIAGRAM_DATA = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}dm"
"""Its attribute: the relation to the diagram's data."""
_PARAGRAPH = "{http://schemas.openxmlformats.org/drawingml/2006/main}p"


def add_diagram(builder: Builder, root: Any, *, page: int | None = None) -> None:
    """Adds the items of a diagram's data (``dgm:dataModel``), nested as they are in it."""
    points = {point.get("modelId"): point for point in root.iter(f"{_DIAGRAM}pt")}
    below: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for link in root.iter(f"{_DIAGRAM}cxn"):
        if link.get("type", "parOf") == "parOf":
            order = int(link.get("srcOrd") or 0)
            below[link.get("srcId")].append((order, link.get("destId")))
    roots = [key for key, point in points.items() if point.get("type") == "doc"]
    seen: set[str] = set()
    # What no link leads to comes last.
    waiting = [(key, 1) for key in reversed(points)] + [(key, 0) for key in reversed(roots)]
    while waiting:
        key, level = waiting.pop()
        if key in seen or key not in points:
            continue
        seen.add(key)
        for paragraph in points[key].iter(_PARAGRAPH):
            words = "".join(paragraph.itertext())
            builder.add(BlockKind.LIST_ITEM, words, max(1, level), page=page)
        waiting += [(child, level + 1) for _, child in sorted(below[key], reverse=True)]
