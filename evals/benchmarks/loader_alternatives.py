"""Other libraries that read documents, compared with the loaders by ``evals.benchmarks.loaders``.

None of them is needed by Footnote: install what is compared, such as ``pip install mammoth``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Alternative:
    """A library: the kinds of file (suffixes) that it reads, and how it gives a file's text."""

    suffixes: tuple[str, ...]
    read: Callable[[Path], str]


def _docling_parse(path: Path) -> str:
    from docling_core.types.doc.page import TextCellUnit
    from docling_parse.pdf_parser import DoclingPdfParser

    document = DoclingPdfParser().load(str(path))
    pages = (page for _, page in document.iterate_pages())
    return "\n".join(c.text for page in pages for c in page.iterate_cells(TextCellUnit.LINE))


def _pdfplumber(path: Path) -> str:
    import pdfplumber

    with pdfplumber.open(path) as document:
        return "\n\n".join(page.extract_text() or "" for page in document.pages)


def _pypdfium2(path: Path) -> str:
    import pypdfium2

    with pypdfium2.PdfDocument(path) as document:
        return "\n\n".join(page.get_textpage().get_text_range() for page in document)


def _mammoth(path: Path) -> str:
    import mammoth

    with path.open("rb") as file:
        return str(mammoth.extract_raw_text(file).value)


def _markitdown(path: Path) -> str:
    from markitdown import MarkItDown

    return str(MarkItDown().convert(str(path)).text_content)


def _trafilatura(path: Path) -> str:
    import trafilatura

    page = path.read_text(encoding="utf-8", errors="replace")
    return trafilatura.extract(page, include_tables=True, favor_recall=True) or ""


ALTERNATIVES = {
    "docling-parse": Alternative((".pdf",), _docling_parse),
    "pdfplumber": Alternative((".pdf",), _pdfplumber),
    "pypdfium2": Alternative((".pdf",), _pypdfium2),
    "mammoth": Alternative((".docx",), _mammoth),
    "markitdown": Alternative(
        (".pdf", ".docx", ".pptx", ".xlsx", ".html", ".epub", ".csv"), _markitdown
    ),
    "trafilatura": Alternative((".html",), _trafilatura),
}
