"""Retrieval measures by ir-measures: recall, nDCG, MRR and MAP.

A *need* is what one judged list is scored for: an item of evidence, which counts as found at the
first passage that holds it; or the judged documents of a BEIR question. A question's score is the
mean over its needs. Every need is passed to ir-measures with its judgement, so a need with no
result scores zero and stays in the mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from evals.datasets.case import Case
from evals.datasets.matching import all_stand_in, normalise

DEPTH = 10
MEASURES = ("recall@1", "recall@3", "recall@5", "recall@10", "ndcg@10", "mrr", "map")
EVIDENCE_QUERY = "evidence"


class RetrievedText(Protocol):
    """What scoring needs of a passage that search found."""

    @property
    def document(self) -> str: ...

    @property
    def text(self) -> str: ...

    @property
    def context(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Need:
    """Judgements (id to grade, 1 or more is relevant) and the ids found, best first."""

    judged: Mapping[str, int]
    found: tuple[str, ...]


def has_evidence(case: Case) -> bool:
    """Whether the case says what search should find."""
    return case.answerable and bool(case.evidence or case.passage or case.relevant)


def needs(case: Case, passages: Sequence[RetrievedText]) -> tuple[Need, ...]:
    """The needs of a case, with what was found for each."""
    if case.relevant:
        documents = tuple(dict.fromkeys(hit.document for hit in passages))
        return (Need(dict(case.relevant), documents),)
    if case.passage:
        return (_need([in_paragraph(hit.text, case.passage) for hit in passages]),)
    shown = [f"{hit.context}\n{hit.text}" for hit in passages]
    return tuple(_need([all_stand_in(words, text) for text in shown]) for words in case.evidence)


def _need(holds: Sequence[bool]) -> Need:
    first = holds.index(True) if True in holds else -1
    names = tuple(
        EVIDENCE_QUERY if rank == first else f"other-{rank}" for rank in range(len(holds))
    )
    return Need({EVIDENCE_QUERY: 1}, names)


def in_paragraph(text: str, paragraph: str) -> bool:
    """Whether a passage is (a part of) the paragraph, or holds it whole."""
    part, whole = normalise(text), normalise(paragraph)
    return bool(part) and bool(whole) and (part in whole or whole in part)


def retrieval_scores(batch: Sequence[Sequence[Need]]) -> list[dict[str, float]]:
    """For each question, given as its needs, the measures of :data:`MEASURES`.

    ``recall@k``: relevant among the first k, as a share of the relevant. ``ndcg@10``: Järvelin and
    Kekäläinen 2002 as trec_eval computes it, linear gains, log2 discount. ``mrr``: 1 / rank of the
    first relevant. ``map``: mean over the relevant of the precision at its rank. All over the ranks
    given, ties impossible (scores fall with the rank). A question with no need scores nothing: {}.
    """
    import ir_measures
    from ir_measures import AP, RR, Qrel, R, ScoredDoc, nDCG

    asked = dict(zip(MEASURES, (R @ 1, R @ 3, R @ 5, R @ 10, nDCG @ 10, RR, AP), strict=True))
    qrels, run = [], []
    for question, question_needs in enumerate(batch):
        for number, need in enumerate(question_needs):
            key = f"{question}/{number}"
            qrels += [Qrel(key, name, grade) for name, grade in need.judged.items()]
            run += [ScoredDoc(key, n, -float(rank)) for rank, n in enumerate(need.found)]
    totals: list[dict[str, float]] = [
        dict.fromkeys(MEASURES, 0.0) if question_needs else {} for question_needs in batch
    ]
    if not qrels:
        return totals
    names = {measure: name for name, measure in asked.items()}
    for scored in ir_measures.iter_calc(list(names), qrels, run):
        question = int(scored.query_id.split("/")[0])
        totals[question][names[scored.measure]] += scored.value / len(batch[question])
    return totals


def evidence_read(wanted: Sequence[Need], read: int) -> float:
    """Share of the relevant among the first ``read`` results, those that the answer was made from:
    recall@k at the run's own k, mean over the needs."""
    shares = []
    for need in wanted:
        relevant = {name for name, grade in need.judged.items() if grade > 0}
        shares.append(len(relevant & set(need.found[:read])) / len(relevant) if relevant else 0.0)
    return sum(shares) / len(shares)
