"""Evaluation runs made of given scores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from evals.runs.runs import Run


def lines_of(correct: np.ndarray, recall: np.ndarray) -> tuple[dict[str, Any], ...]:
    """Lines of a run with these scores; every third question is not answerable."""
    return tuple(
        {
            "id": str(at),
            "case": {"question": f"Question {at}?", "answerable": at % 3 > 0},
            "answer": "yes" if right else "no",
            "refused": bool(right) and at % 3 == 0,
            "sentences": [],
            "citations": [],
            "confidence": 0.5,
            "scores": {"correct": float(right), "recall@3": float(found)},
        }
        for at, (right, found) in enumerate(zip(correct, recall, strict=True))
    )


def run_of(correct: np.ndarray, recall: np.ndarray, name: str = "a") -> Run:
    lines = lines_of(correct, recall)
    system = {"system": name, "model": "none"}
    manifest = {"id": name, "set": "s", "questions": len(lines), "system": system}
    timings = tuple({"id": line["id"], "total": 5.0} for line in lines)
    return Run(Path(name), manifest, lines, timings)
