"""Evaluates the reader alone on a public set: span F1, exact match, AUC of answerability.

``python -m evals.benchmarks.reader_accuracy FOLDER`` reads each question with its own paragraph;
figures are SQuAD's (best over the accepted answers), on questions that the reader was not trained
on.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from app.evidence.reader import Reader
from evals.measures.correctness import exact_match, token_f1
from evals.training.reader.examples import read_jsonl


def paragraphs(folder: Path, rows: list[dict[str, Any]]) -> list[str]:
    """Each row's own paragraph; an empty line parts a document's paragraphs."""
    names = {row["document"] for row in rows}
    texts = {
        name: (folder / "documents" / name).read_text(encoding="utf-8").strip().split("\n\n")
        for name in names
    }
    return [texts[row["document"]][row["paragraph"]] for row in rows]


def figures(rows: list[dict[str, Any]], texts: list[str], reader: Reader) -> dict[str, float]:
    """F1 and exact match over the answerable, AUC over all."""
    from sklearn.metrics import roc_auc_score

    readings = reader.read_pairs(
        [(row["question"], text) for row, text in zip(rows, texts, strict=True)]
    )
    answerable = [bool(row["answerable"]) for row in rows]
    f1, exact, spans = [], [], []
    for row, text, reading in zip(rows, texts, readings, strict=True):
        span = reading.best(0, len(text))
        spans.append(span.score)
        if row["answerable"]:
            answer_text = text[span.start : span.end]
            f1.append(max(token_f1(answer_text, a) for a in row["answers"]))
            exact.append(max(exact_match(answer_text, a) for a in row["answers"]))
    return {
        "questions": len(rows),
        "f1": float(np.mean(f1)),
        "exact": float(np.mean(exact)),
        "auc": float(roc_auc_score(answerable, [r.answerable for r in readings])),
        "auc_of_span_score": float(roc_auc_score(answerable, spans)),
    }


def main() -> None:
    """The command: evaluate and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder with questions.jsonl and documents/")
    parser.add_argument("--sample", type=int, help="so many questions, evenly spread")
    args = parser.parse_args()
    rows = list(read_jsonl(args.folder / "questions.jsonl"))
    rows = rows[:: max(1, len(rows) // args.sample)] if args.sample else rows
    print(json.dumps(figures(rows, paragraphs(args.folder, rows), Reader()), indent=1))


if __name__ == "__main__":
    main()
