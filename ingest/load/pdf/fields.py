"""What a person wrote into a PDF: values of form fields, and notes on the page."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

from ingest.load.page.words import Box

# Kinds of annotations that hold words of their own: notes, text boxes, marks with a remark.
_NOTES = (1, 3, 8, 9, 10, 11, 12, 13, 14, 15)
_WIDGET = 20
_CHECK_BOX, _RADIO, _PASSWORD_FLAG = 2, 3, 1 << 13
LINE_HEIGHT = 9.0


@dataclass(frozen=True, slots=True)
class FieldText:
    """Words with the rectangle that they stand in, in PDF units: left, bottom, right, top."""

    words: str
    left: float
    bottom: float
    right: float
    top: float


def fields(pdf: Any, page: Any) -> list[FieldText]:
    """The filled form fields of a page; a ticked box is ``[x]``, one that is not ``[ ]``."""
    from pypdfium2 import raw

    form = pdf.formenv
    if form is None:
        return []
    texts = []
    for note in _annotations(page):
        if raw.FPDFAnnot_GetSubtype(note) == _WIDGET:
            words = _value(form, note)
            if words:
                texts.append(_placed(note, words))
        raw.FPDFPage_CloseAnnot(note)
    return texts


def notes(page: Any) -> list[str]:
    """The remarks on a page, in the order of the file."""
    from pypdfium2 import raw

    remarks: list[str] = []
    for note in _annotations(page):
        if raw.FPDFAnnot_GetSubtype(note) in _NOTES:
            words = " ".join(_string(raw.FPDFAnnot_GetStringValue, note, b"Contents").split())
            if words:
                remarks.append(words)
        raw.FPDFPage_CloseAnnot(note)
    return list(dict.fromkeys(remarks))


def _annotations(page: Any) -> list[Any]:
    from pypdfium2 import raw

    count = raw.FPDFPage_GetAnnotCount(page)
    return [note for at in range(count) if (note := raw.FPDFPage_GetAnnot(page, at))]


def _value(form: Any, note: Any) -> str:
    from pypdfium2 import raw

    kind = raw.FPDFAnnot_GetFormFieldType(form, note)
    if kind in (_CHECK_BOX, _RADIO):
        return "[x]" if raw.FPDFAnnot_IsChecked(form, note) else "[ ]"
    if raw.FPDFAnnot_GetFormFieldFlags(form, note) & _PASSWORD_FLAG:
        return ""
    return " ".join(_string(raw.FPDFAnnot_GetFormFieldValue, form, note).split())


def _string(read: Any, *arguments: Any) -> str:
    """A UTF-16 string of PDFium, which is asked for its length first."""
    from pypdfium2 import raw

    length = read(*arguments, None, 0)
    buffer = ctypes.create_string_buffer(length)
    read(*arguments, ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR)), length)
    return buffer.raw.decode("utf-16-le", "replace").rstrip("\0")


def _placed(note: Any, words: str) -> FieldText:
    """The words in the middle of their field, at the height of a line."""
    from pypdfium2 import raw

    box = raw.FS_RECTF()
    raw.FPDFAnnot_GetRect(note, box)
    middle = (box.bottom + box.top) / 2
    half = min(LINE_HEIGHT, box.top - box.bottom) / 2
    return FieldText(words, box.left, middle - half, box.right, middle + half)


def as_characters(written: FieldText) -> list[tuple[str, Box]]:
    """The words as characters, evenly spread over their field; boxes in PDF units, page 0."""
    step = min((written.right - written.left) / max(1, len(written.words)), LINE_HEIGHT * 0.6)
    return [
        (
            character,
            Box(
                0,
                written.left + at * step,
                written.bottom,
                written.left + (at + 1) * step,
                written.top,
            ),
        )
        for at, character in enumerate(written.words)
    ]
