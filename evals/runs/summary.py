"""All figures of a run from its lines: means, refusals, calibration, latency, curves."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.measures import refusals
from evals.measures.intervals import Estimate, estimate, mean_estimate, percentile

Line = Mapping[str, Any]

LABELS = {
    "accuracy": "Right, all questions",
    "answered_right": "Right, of the answerable",
    "claimed_right": "Claimed and right, of the answerable",
    "false_claims": "Claimed, of those without an answer",
    "refusal_precision": "Refusal precision",
    "refusal_recall": "Refusal recall",
    "refusal_f1": "Refusal F1",
    "false_refusals": "False refusals",
    "auc": "AUC, answerable against not",
    "aurc": "Area under risk-coverage",
    "calibration_error": "Calibration error",
    "direct": "Direct, of the right answers",
    "words": "Words an answer",
    "recall@1": "Evidence recall@1",
    "recall@3": "Evidence recall@3",
    "recall@5": "Evidence recall@5",
    "recall@10": "Evidence recall@10",
    "evidence_read": "Evidence in the passages read",
    "ndcg@10": "nDCG@10",
    "mrr": "MRR",
    "map": "MAP",
    "exact_match": "Exact match",
    "token_f1": "Token F1",
    "span_f1": "Token F1 of the marked words",
    "citation_precision": "Citation precision (ALCE)",
    "citation_recall": "Citation recall (ALCE)",
    "exact_quotes": "Exact quotes",
    "citations_with_evidence": "Citations that hold evidence",
    "evidence_cited": "Evidence cited",
}
MEANINGS = {
    "accuracy": "Of all questions, the share whose answer, or refusal, is as it should be.",
    "answered_right": "Of the questions that the documents answer, the share answered rightly.",
    "claimed_right": "The same, of answers that are claimed: closest passages claim nothing.",
    "false_claims": "Of the questions without an answer, the share that got a claimed one.",
    "refusal_precision": "Of the refusals, the share of questions that really have no answer.",
    "refusal_recall": "Of the questions without an answer, the share that was refused.",
    "refusal_f1": "The two above in one figure, their harmonic mean.",
    "false_refusals": "Of the questions with an answer, the share refused all the same.",
    "auc": "How often a question with an answer is trusted more than one without; 0.5 is chance.",
    "aurc": "The share of wrong answers, averaged over all ways to answer only the surest ones.",
    "calibration_error": "How far the stated probability is from how often answers are right.",
    "direct": "Of the right answers, those whose first words (25 at most) hold what was asked for.",
    "words": "Words that are read before further passages, at the mean.",
    "recall@1": "The passage found first holds the evidence.",
    "recall@3": "One of the first three passages holds it.",
    "recall@5": "One of the first five passages holds it.",
    "recall@10": "One of the first ten passages holds it.",
    "evidence_read": "The passages that the answer was made from hold it.",
    "ndcg@10": "How high the evidence stands among the first ten passages; 1 is at the top.",
    "mrr": "One divided by the place of the first passage with evidence, at the mean.",
    "map": "Precision at each passage with evidence, at the mean.",
    "exact_match": "The answer is one of the expected answers, word for word.",
    "token_f1": "Words that the answer shares with the expected one.",
    "span_f1": "Words that the marked part of the quote shares with the expected answer.",
    "citation_precision": "Of the footnotes, the share that support their sentence.",
    "citation_recall": "Of the sentences, the share that their footnotes support in full.",
    "exact_quotes": "Of the quotes, the share that stand in the source letter for letter.",
    "citations_with_evidence": "Of the footnotes, the share that open at the evidence.",
    "evidence_cited": "Of the evidence, the share that a footnote opens.",
}
"""What each figure says, in plain words."""
LOWER_IS_BETTER = frozenset(
    {"false_refusals", "false_claims", "aurc", "calibration_error", "words"}
)


def summarise(lines: Sequence[Line], timings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """``figures`` and ``kinds`` (estimates by name), ``latency_ms`` (p50 and p95 by stage)."""
    figures = {name: e for name, e in _figures(lines).items() if e.count}
    return {
        "questions": len(lines),
        "figures": {name: _plain(figures[name]) for name in LABELS if name in figures},
        "kinds": {kind: _plain(e) for kind, e in by_kind(lines).items()},
        "verdicts": _verdicts(lines),
        "latency_ms": {
            stage: {"p50": percentile(spent, 50), "p95": percentile(spent, 95), "count": len(spent)}
            for stage in ("search", "first_word", "total")
            if (spent := [t[stage] for t in timings if stage in t])
        },
    }


def values(lines: Sequence[Line], name: str) -> list[float]:
    """A score of every line that has it."""
    return [line["scores"][name] for line in lines if name in line["scores"]]


def by_kind(lines: Sequence[Line]) -> dict[str, Estimate]:
    """Share right by the case's kind, in the order of first appearance."""
    kinds: dict[str, list[float]] = {}
    for line in lines:
        if "correct" in line["scores"]:
            kinds.setdefault(line["case"].get("kind", "other"), []).append(
                line["scores"]["correct"]
            )
    return {kind: mean_estimate(scores) for kind, scores in kinds.items()}


def columns(lines: Sequence[Line]) -> dict[str, NDArray[Any]]:
    """``refused``, ``answerable``, ``right`` (flags) and ``confidence`` of the scored lines.

    ``right`` is for risk and coverage: an answerable question answered as it should be. One that
    was refused counts as wrong if the curve admits it, for what it would have said is not known.
    """
    scored = [line for line in lines if "correct" in line["scores"]]
    answerable = np.array([line["case"].get("answerable", True) for line in scored], dtype=bool)
    correct = np.array([line["scores"]["correct"] for line in scored], dtype=bool)
    return {
        "refused": np.array([line["refused"] for line in scored], dtype=bool),
        "answerable": answerable,
        "right": answerable & correct,
        "confidence": np.array([line["confidence"] for line in scored], dtype=float),
    }


def _figures(lines: Sequence[Line]) -> dict[str, Estimate]:
    table = columns(lines)
    refused, answerable = table["refused"], table["answerable"]
    confidence, right = table["confidence"], table["right"]
    figures = {name: mean_estimate(values(lines, name)) for name in LABELS}
    figures["accuracy"] = mean_estimate(values(lines, "correct"))
    figures["answered_right"] = mean_estimate(right[answerable].astype(float))
    if (~answerable).any():
        for name, measure in REFUSALS.items():
            figures[name] = estimate(measure, refused, answerable)
        figures["auc"] = estimate(refusals.auc, confidence, answerable)
        figures["calibration_error"] = estimate(refusals.calibration_error, confidence, answerable)
        figures["aurc"] = estimate(refusals.area_under_risk_coverage, confidence, right)
    elif len(answerable):
        figures["false_refusals"] = estimate(refusals.false_refusals, refused, answerable)
    return figures


REFUSALS = {
    "refusal_precision": refusals.refusal_precision,
    "refusal_recall": refusals.refusal_recall,
    "refusal_f1": refusals.refusal_f1,
    "false_refusals": refusals.false_refusals,
}


def _verdicts(lines: Sequence[Line]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for line in lines:
        for sentence in line["sentences"]:
            counts[sentence["verdict"]] = counts.get(sentence["verdict"], 0) + 1
    return dict(sorted(counts.items()))


def _plain(estimate: Estimate) -> dict[str, Any]:
    return {k: None if math.isnan(v) else round(v, 6) for k, v in asdict(estimate).items()}
