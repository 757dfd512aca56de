"""Exports answers as a Word document whose footnotes are Word's own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from app.formats.html_escape import show_controls
from app.service.export.exported import (
    ExportedAnswer,
    byline,
    paragraphs,
    reads_from_the_right,
)

RULES = (("-1", "separator"), ("0", "continuationSeparator"))
"""The two lines that Word draws above footnotes; every document with footnotes has them."""


def as_word(title: str, items: Sequence[ExportedAnswer]) -> bytes:
    """The ``.docx`` file."""
    import docx
    from docx.shared import Pt

    document = docx.Document()
    about = document.core_properties
    about.title, about.comments = show_controls(title)[:255], ""
    about.author = about.last_modified_by = "Footnote"
    about.created = about.modified = datetime.now(UTC)
    document.styles["Normal"].font.size = Pt(11)
    _add(document, title, style="Title")
    _add(document, byline(items), style="Subtitle")
    for one in items:
        if one.question:
            _add(document, one.question, style="Heading 2")
        if one.reason:
            _add(document, one.reason).runs[0].italic = True
        for line in paragraphs(one):
            paragraph = _add(document, "", first=line[0].text)
            for sentence in line:
                paragraph.add_run((" " if paragraph.runs else "") + show_controls(sentence.text))
                for n in sentence.footnotes:
                    _refer(paragraph, n)
    _attach(document, [note for one in items for note in one.footnotes])
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def _add(document: Any, text: str, *, style: str | None = None, first: str = "") -> Any:
    paragraph = document.add_paragraph(show_controls(text), style=style)
    if reads_from_the_right(first or text):
        paragraph.paragraph_format.element.get_or_add_pPr().append(_element("w:bidi"))
    return paragraph


def _element(name: str, **attributes: str) -> Any:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    element = OxmlElement(name)
    for key, value in attributes.items():
        element.set(qn(f"w:{key}"), value)
    return element


def _refer(paragraph: Any, number: int) -> None:
    run = paragraph.add_run()
    run.font.superscript = True
    run._r.append(_element("w:footnoteReference", id=str(number)))


def _attach(document: Any, notes: Sequence[tuple[int, str]]) -> None:
    """Give the document its part of footnotes, which python-docx has no way to make."""
    from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part
    from docx.oxml.xmlchemy import serialize_for_reading

    root = _element("w:footnotes")
    for identity, kind in RULES:
        rule = _element("w:footnote", id=identity, type=kind)
        rule.append(_paragraph(_element(f"w:{kind}")))
        root.append(rule)
    for number, text in notes:
        note = _element("w:footnote", id=str(number))
        note.append(_paragraph(_element("w:footnoteRef"), " " + text))
        root.append(note)
    written = serialize_for_reading(root).encode()
    part = Part(
        PackURI("/word/footnotes.xml"), CONTENT_TYPE.WML_FOOTNOTES, written, document.part.package
    )
    document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)


def _paragraph(mark: Any, text: str = "") -> Any:
    """A footnote's paragraph: its own number, raised and small, and the text."""
    paragraph = _element("w:p")
    if reads_from_the_right(text):
        settings = _element("w:pPr")
        settings.append(_element("w:bidi"))
        paragraph.append(settings)
    run = _element("w:r")
    raised = _element("w:rPr")
    raised.append(_element("w:vertAlign", val="superscript"))
    run.append(raised)
    run.append(mark)
    paragraph.append(run)
    if text:
        words = _element("w:r")
        text_element = _element("w:t")
        text_element.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        text_element.text = show_controls(text)
        words.append(text_element)
        paragraph.append(words)
    return paragraph
