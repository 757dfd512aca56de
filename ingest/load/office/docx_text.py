"""The text of Word's paragraphs: insertions in, deletions out, equations on one line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ingest.load.office.chart import CHART
from ingest.load.office.diagram import DIAGRAM, DIAGRAM_DATA

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
# What is no longer there, what stands there twice, and what is a field's command.
_LEFT_OUT = frozenset((f"{W}del", f"{W}moveFrom", f"{MC}Fallback", f"{W}instrText"))
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_EMBEDS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}embed"
_PICTURES = {
    "{http://schemas.openxmlformats.org/drawingml/2006/main}blip": _EMBEDS,
    "{urn:schemas-microsoft-com:vml}imagedata": _RELATION,
}
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
_GRAPHICS = {f"{CHART}chart": _RELATION, DIAGRAM: DIAGRAM_DATA}
_BOXES = frozenset((f"{W}txbxContent",))
_NOTES = {f"{W}footnoteReference": "footnote", f"{W}endnoteReference": "endnote"}
_NOTES |= {f"{W}commentReference": "comment"}
_PLAIN = {f"{W}tab": " ", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-"}

Reference = tuple[str, str]
"""Which kind of note (``footnote``, ``endnote``, ``comment``), and its id."""


class ParagraphText:
    """What a paragraph says: ``text``, the notes it refers to, and what is anchored in it: text
    boxes, charts and diagrams (by tag) and pictures by their relation's id, and what is said of
    drawings for those who do not see them."""

    def __init__(self, paragraph: Any, marks: dict[Reference, str]) -> None:
        self.notes: list[Reference] = []
        self.boxes: list[Any] = []
        self.graphics: list[tuple[str, str]] = []
        self.pictures: list[str] = []
        self.described: list[str] = []
        self._marks = marks
        self.text = "".join(self._read(paragraph))

    def _read(self, element: Any) -> Iterator[str]:
        for child in element:
            tag = child.tag
            if tag in _LEFT_OUT:
                continue
            if tag in _BOXES:
                self.boxes.append(child)
            elif tag in _GRAPHICS:
                self.graphics.append((tag, child.get(_GRAPHICS[tag]) or ""))
            elif tag in _PICTURES:
                self.pictures.append(child.get(_PICTURES[tag]) or "")
            elif tag == _DRAWING and child.get("descr"):
                self.described.append(" ".join(child.get("descr").split()))
            elif tag == f"{W}t":
                yield child.text or ""
            elif tag in _PLAIN:
                yield "" if tag == f"{W}tab" and element.tag == f"{W}tabs" else _PLAIN[tag]
            elif tag in _NOTES:
                yield self._note((_NOTES[tag], child.get(f"{W}id") or ""))
            elif tag == f"{W}sym":
                yield _symbol(child)
            elif tag == f"{M}oMath":
                yield f" {linear_equation(child)} "
            elif isinstance(tag, str):
                yield from self._read(child)

    def _note(self, reference: Reference) -> str:
        if reference not in self._marks:
            return ""
        self.notes.append(reference)
        return self._marks[reference]


def _symbol(element: Any) -> str:
    """A character of a symbol font; those of the private area have no meaning outside it."""
    code = int(element.get(f"{W}char") or "0", 16)
    return chr(code) if 32 <= code < 0xE000 else ""


def linear_equation(math: Any) -> str:
    """An equation on one line: a fraction as (a)/(b), powers as a^b, indexes as a_b, roots."""
    return " ".join("".join(_linear(math)).split())


def _linear(element: Any) -> Iterator[str]:
    for child in element:
        name = str(child.tag).removeprefix(M)
        part = {str(c.tag).removeprefix(M): c for c in child}
        if name == "t":
            yield child.text or ""
        elif name == "f" and {"num", "den"} <= part.keys():
            yield f"({linear_equation(part['num'])})/({linear_equation(part['den'])})"
        elif name in ("sSup", "sSub", "sSubSup") and "e" in part:
            yield linear_equation(part["e"])
            yield f"_{_grouped(part['sub'])}" if "sub" in part else ""
            yield f"^{_grouped(part['sup'])}" if "sup" in part else ""
        elif name == "rad" and "e" in part:
            degree = linear_equation(part["deg"]) if "deg" in part else ""
            yield (
                f"root({degree or 2}, {linear_equation(part['e'])})"
                if degree
                else (f"√({linear_equation(part['e'])})")
            )
        elif name == "nary" and "e" in part:
            yield _operator(child)
            yield f"_{_grouped(part['sub'])}" if "sub" in part else ""
            yield f"^{_grouped(part['sup'])}" if "sup" in part else ""
            yield f" {linear_equation(part['e'])}"
        elif name == "d":
            yield f"({', '.join(linear_equation(c) for c in child.iterchildren(f'{M}e'))})"
        elif isinstance(child.tag, str) and not name.endswith("Pr"):
            yield from _linear(child)


def _operator(nary: Any) -> str:
    sign = nary.find(f"{M}naryPr/{M}chr")
    return "∫" if sign is None else sign.get(f"{M}val") or "∑"


def _grouped(element: Any) -> str:
    text = linear_equation(element)
    return text if len(text) < 2 else f"({text})"
