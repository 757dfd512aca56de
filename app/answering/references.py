"""Follows what a quoted sentence refers to: "at the rate given in clause 4.2" brings clause 4.2.

A reference counts only if a part of the same document has that label, so the words for such parts
are few and of many languages at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import takewhile

from app.answer import Answer, Citation, Sentence, Verdict
from app.answering.citations import CitationNumbering
from ingest.block_classifier import is_furniture
from ingest.document import Block, BlockKind
from ingest.language.sentences import sentences
from store.library import Library
from store.results import Hit

# References that one answer follows, at most.
MAX_REFERENCES = 3
# Sentences or lines of the part that is referred to.
MAX_SENTENCES, MAX_LINES = 2, 8
_PARTS = """
clause section subsection article paragraph annex appendix schedule chapter part exhibit rule table
abschnitt artikel ziffer absatz anhang anlage kapitel klausel annexe chapitre paragraphe tableau
artículo cláusula anexo sección capítulo apartado articolo allegato capitolo clausola artigo
cláusula bijlage hoofdstuk bilaga kapitel avsnitt liite luku раздел статья пункт приложение глава
madde bölüm ek maddə bölmə əlavə
"""
_PART = "|".join(sorted(set(_PARTS.split()), key=len, reverse=True))
_LABEL = r"\d{1,3}(?:\.\d{1,3})*|[A-Z]|[IVX]{1,5}"
_REFERENCE = re.compile(
    rf"(?:\b(?P<part>(?i:{_PART}))s?\.?\s+|(?P<sign>§)\s?)(?P<label>{_LABEL})(?![\w%]|\.\d)"
)


def with_references(library: Library, answer: Answer) -> Answer:
    """The answer with the parts of its documents that its own sentences refer to, each quoted after
    the sentence, with a footnote."""
    if answer.refused or answer.computed is not None or not answer.citations:
        return answer
    out: list[Sentence] = []
    citations = list(answer.citations)
    first = len(answer.sentences) - answer.further
    shown, folded = answer.footnotes
    unfolds = False
    for at, sentence in enumerate(answer.sentences):
        out.append(sentence)
        if at >= first or len(citations) - len(answer.citations) >= MAX_REFERENCES:
            continue
        for cited in (c for c in answer.citations if c.n in sentence.citations):
            known = [*shown, *citations[len(answer.citations) :]]
            for found in _referred(library, cited, sentence.text, known):
                if any(_overlap(found, c) for c in folded):
                    unfolds = True  # it is among the further passages, which are shown then
                    continue
                number = len(citations) + 1
                citations.append(replace(found, n=number))
                out.append(Sentence(found.quote, (number,), Verdict.QUOTED))
    if len(citations) == len(answer.citations) and not unfolds:
        return answer
    further = 0 if unfolds else answer.further
    return replace(answer, sentences=tuple(out), citations=tuple(citations), further=further)


def _overlap(one: Citation, other: Citation) -> bool:
    same = one.revision == other.revision
    return same and one.start < other.end and other.start < one.end


def _referred(
    library: Library, cited: Citation, text: str, known: Sequence[Citation]
) -> Iterator[Citation]:
    """The parts that a sentence refers to, but for those that the answer has."""
    references = list(_REFERENCE.finditer(text))
    if not references:
        return
    hits = library.passages_as_hits(cited.revision)
    blocks = [b for b in hits[0].source.blocks if not is_furniture(b)] if hits else []
    taken = [(c.start, c.end) for c in known if c.revision == cited.revision]
    for reference in references:
        span = _part(hits[0].source.text, blocks, reference) if hits else None
        if span and not any(a < span[1] and span[0] < b for a, b in taken):
            taken.append(span)
            holder = _holding(hits, span[0])
            yield CitationNumbering().cite(holder, *span)


def _holding(hits: Sequence[Hit], at: int) -> Hit:
    return [hit for hit in hits if hit.stored.passage.start <= at][-1]


def _part(text: str, blocks: Sequence[Block], reference: re.Match[str]) -> tuple[int, int] | None:
    """The span of the part that a reference names; None if no part has the label."""
    label = re.escape(reference["label"])
    part = re.escape(reference["part"] or "§")
    titled = re.compile(rf"[#*\s]*{part}s?\.?\s*{label}(?![\w%]|\.\d)", re.IGNORECASE)
    numbered = re.compile(rf"[#*\s]*{label}(?:[.):]|\s)(?!\d)")
    by_title = [i for i, b in enumerate(blocks) if titled.match(text, b.start)]
    by_number = [
        i
        for i, b in enumerate(blocks)
        if reference["label"][0].isdigit()
        and numbered.match(text, b.start)
        and ("." in reference["label"] or b.kind is BlockKind.HEADING)
    ]
    # A sentence may begin with the name of a part that it speaks of: a heading is the part.
    headed = [i for i in by_title if blocks[i].kind is BlockKind.HEADING]
    found = (headed or by_number or by_title)[:1]
    return _content(text, blocks, found[0]) if found else None


def _content(text: str, blocks: Sequence[Block], at: int) -> tuple[int, int] | None:
    """What stands in a part: its first sentences, or the lines of its list or table."""
    if blocks[at].kind is BlockKind.HEADING:
        level = blocks[at].level
        inside = list(
            takewhile(
                lambda b: b.kind is not BlockKind.HEADING or b.level > level, blocks[at + 1 :]
            )
        )
        inside = [b for b in inside if b.kind is not BlockKind.HEADING]
    else:
        inside = [blocks[at]]
    if not inside:
        return None
    first = inside[0]
    if first.kind in (BlockKind.LIST_ITEM, BlockKind.TABLE_ROW):
        lines = list(takewhile(lambda b: b.kind is first.kind, inside[:MAX_LINES]))
        return first.start, lines[-1].end
    spans = sentences(text[first.start : first.end])[:MAX_SENTENCES]
    return first.start, first.start + spans[-1][1] if spans else first.end
