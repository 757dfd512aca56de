"""Scores one case: its outcome as one line of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.answer import Answer
from app.formats.json_forms import answer_payload
from evals.datasets.case import Case
from evals.measures.citation_quality import (
    Supports,
    answer_claims,
    citation_scores,
    citations_with_evidence,
    evidence_cited,
    exact_quotes,
)
from evals.measures.correctness import best_over_golds, is_correct, is_direct, words_shown
from evals.measures.retrieval import evidence_read, has_evidence, needs, retrieval_scores
from evals.runs.systems import FoundPassage, SystemAnswer

SCORE_DIGITS = 6
ANSWER_FIELDS = ("answer", "refused", "sentences", "reason", "notes", "standalone")


def score_batch(
    cases: Sequence[Case],
    outcomes: Sequence[SystemAnswer],
    supports: Supports,
    text_of: Callable[[str], str],
) -> list[dict[str, Any]]:
    """Lines of a run, one a case, without anything that differs between two equal runs."""
    wanted = [
        needs(case, outcome.found) if has_evidence(case) else ()
        for case, outcome in zip(cases, outcomes, strict=True)
    ]
    lines = []
    for case, outcome, asked, scores in zip(
        cases, outcomes, wanted, retrieval_scores(wanted), strict=True
    ):
        if asked:
            scores["evidence_read"] = evidence_read(asked, outcome.read)
        scores.update(answer_scores(case, outcome.answer, supports, text_of))
        lines.append(_line(case, outcome, scores))
    return lines


def answer_scores(
    case: Case, answer: Answer, supports: Supports, text_of: Callable[[str], str]
) -> dict[str, float]:
    """Scores of the answer; one that is not defined for this case is left out."""
    scores: dict[str, float | None] = {}
    if case.answers or not case.answerable:
        scores["correct"] = is_correct(case, answer.text, answer.refused)
        if scores["correct"] and case.answerable and len(case.answers) == 1:
            scores["direct"] = is_direct(case, answer)
        reply = "" if answer.refused else answer.text
        golds = [a for group in case.answers for a in group] if len(case.answers) == 1 else []
        if golds or not case.answerable:
            scores["exact_match"], scores["token_f1"] = best_over_golds(reply, golds)
            scores["span_f1"] = best_over_golds(key_span(answer), golds)[1]
        name = "claimed_right" if case.answerable else "false_claims"
        right = scores["correct"] if case.answerable else 1.0
        scores[name] = right if answer.kind == "answer" else 0.0
    if answer.kind in ("answer", "closest"):
        scores["words"] = float(words_shown(answer))
        scores["citation_precision"], scores["citation_recall"] = citation_scores(
            answer_claims(answer), supports
        )
        texts = {c.revision: text_of(c.revision) for c in answer.citations}
        scores["exact_quotes"] = exact_quotes(answer, texts)
        if has_evidence(case):
            scores["citations_with_evidence"] = citations_with_evidence(case, answer)
            scores["evidence_cited"] = evidence_cited(case, answer)
    return {name: value for name, value in scores.items() if value is not None}


def key_span(answer: Answer) -> str:
    """The marked words of the first citation that has some: the short answer."""
    for citation in answer.citations:
        if citation.key and not answer.refused:
            start, end = (at - citation.start for at in citation.key)
            return citation.quote[start:end]
    return "" if answer.refused else answer.text


def _line(case: Case, outcome: SystemAnswer, scores: Mapping[str, float]) -> dict[str, Any]:
    payload = answer_payload(outcome.answer)
    return {
        "id": case.id,
        "case": {key: value for key, value in case.as_row().items() if key != "id"},
        **{key: payload[key] for key in ANSWER_FIELDS},
        "kind": payload["kind"],
        "citations": payload["citations"],
        "confidence": round(outcome.answer.answerable, SCORE_DIGITS),
        "found": [_place(passage) for passage in outcome.found],
        "source": _place(outcome.found[0], text=True) if outcome.found else None,
        "scores": {name: round(value, SCORE_DIGITS) for name, value in scores.items()},
    }


def _place(passage: FoundPassage, text: bool = False) -> dict[str, Any]:
    place = {"document": passage.document, "start": passage.start, "end": passage.end}
    return {**place, "text": passage.text} if text else place
