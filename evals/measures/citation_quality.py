"""Citation measures: ALCE's precision and recall, exact quotes, evidence that is cited."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from app.answer import Answer
from evals.datasets.case import Case
from evals.datasets.matching import all_stand_in
from evals.measures.retrieval import in_paragraph

Supports = Callable[[str, str], bool]
"""``supports(claim, cited_text)``: whether the cited text alone supports the claim."""


def citation_scores(
    claims: Sequence[tuple[str, Sequence[str]]], supports: Supports
) -> tuple[float, float]:
    """ALCE's ``(citation precision, citation recall)`` of one answer.

    ``claims`` are its sentences with the texts that each cites. Recall: the share of sentences
    that have a citation and whose cited texts, joined, support them. Precision: the share of
    citations that are not irrelevant; one is irrelevant if the joined texts do not support the
    sentence, or if it does not support the sentence alone and the others without it do. With no
    citation at all precision is 0. Source: Gao et al. 2023, "Enabling Large Language Models to
    Generate Text with Citations", section 3; our support checker takes the place of its NLI model.
    """
    if not claims:
        return 0.0, 0.0
    total = sum(len(cited) for _, cited in claims)
    supported = [bool(cited) and supports(claim, " ".join(cited)) for claim, cited in claims]
    relevant = sum(
        _relevant(claim, cited, at, supports)
        for (claim, cited), joined in zip(claims, supported, strict=True)
        if joined
        for at in range(len(cited))
    )
    return (relevant / total if total else 0.0), sum(supported) / len(claims)


def _relevant(claim: str, cited: Sequence[str], at: int, supports: Supports) -> bool:
    if len(cited) == 1 or supports(claim, cited[at]):
        return True
    return not supports(claim, " ".join([*cited[:at], *cited[at + 1 :]]))


def answer_claims(answer: Answer) -> list[tuple[str, list[str]]]:
    """The sentences of an answer, each with the quotes of its citations."""
    quotes = {citation.n: citation.quote for citation in answer.citations}
    return [(s.text, [quotes[n] for n in s.citations if n in quotes]) for s in answer.sentences]


def exact_quotes(answer: Answer, texts: Mapping[str, str]) -> float | None:
    """Share of citations with ``texts[revision][start:end] == quote``; None if there is none."""
    if not answer.citations:
        return None
    exact = [texts[c.revision][c.start : c.end] == c.quote for c in answer.citations]
    return sum(exact) / len(exact)


def citations_with_evidence(case: Case, answer: Answer) -> float | None:
    """Share of citations whose quote holds evidence of the case; None if nothing is cited.

    A quote holds evidence if it lies in the gold paragraph, if all key words of an item
    stand in it, or if its document is judged relevant.
    """
    if not answer.citations:
        return None
    evidenced = [_holds(case, c.quote, c.document) for c in answer.citations]
    return sum(evidenced) / len(evidenced)


def evidence_cited(case: Case, answer: Answer) -> float | None:
    """Share of the case's evidence items whose key words occur in the joined quotes."""
    if not case.evidence:
        return None
    joined = " ".join(citation.quote for citation in answer.citations)
    return sum(all_stand_in(words, joined) for words in case.evidence) / len(case.evidence)


def _holds(case: Case, quote: str, document: str) -> bool:
    if case.relevant:
        return dict(case.relevant).get(document, 0) > 0
    if case.passage:
        return in_paragraph(quote, case.passage)
    return any(all_stand_in(words, quote) for words in case.evidence)
