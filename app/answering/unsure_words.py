"""Says which words of an answer text recognition was not sure of."""

from __future__ import annotations

from dataclasses import replace

from app.answer import Answer, Citation
from ingest.load.ocr.recognised_page import find_unsure, unsure_words
from store.library import Library

MAX_NAMED = 5


def note_unsure_words(answer: Answer, library: Library) -> Answer:
    """The answer with a note that names the words it cites from scanned pages which may be wrong;
    the same answer if there are none."""
    named = {
        word: f"{cited.document}, page {cited.page}"
        for n in sorted({n for sentence in answer.sentences for n in sentence.citations})
        for cited in answer.citations
        if cited.n == n
        for word in _unsure(cited, library)
    }
    if not named:
        return answer
    words = ", ".join(f"“{word}”" for word in list(named)[:MAX_NAMED])
    where = "; ".join(dict.fromkeys(named.values()))
    note = f"Text recognition was not sure of {words}: look at {where}."
    return replace(answer, notes=(*answer.notes, note))


def _unsure(cited: Citation, library: Library) -> list[str]:
    if cited.page is None:
        return []
    words = unsure_words(library.revision(cited.revision).metadata, cited.page)
    return [cited.quote[start:end] for start, end in find_unsure(cited.quote, words)]
