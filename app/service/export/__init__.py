"""Answers as files for people, with their footnotes: Markdown, HTML, Word and PDF.

The evidence file, which a program checks, is ``app.service.export.evidence_bundle``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from app.answer import Answer
from app.service.export.exported import ExportedAnswer, below_title, exported_answers
from app.service.export.pdf_export import as_pdf
from app.service.export.text_export import as_html, as_markdown
from app.service.export.word_export import as_word

FORMS: dict[str, tuple[str, Callable[[str, Sequence[ExportedAnswer]], bytes]]] = {
    "md": ("text/markdown; charset=utf-8", as_markdown),
    "html": ("text/html; charset=utf-8", as_html),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", as_word),
    "pdf": ("application/pdf", as_pdf),
}
"""Media type and writer of each form, by the ending of its file's name."""


def export(form: str, title: str, answered: Iterable[tuple[str, Answer | None, str]]) -> bytes:
    """The file of these questions, answers and problems, in one of ``FORMS``."""
    return FORMS[form][1](title, below_title(title, exported_answers(answered)))
