"""Makes a question set of what the reader's training holds out, to measure the whole pipeline on.

``python -m evals.training.reader.held_out_set --training DIR --wikipedia-32 DIR --out FOLDER``: the
questions that people wrote so that the passage does not answer them, and as many answered ones;
each passage is a document. Then ``footnote eval FOLDER --model none``.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from evals.datasets.case import Case
from evals.datasets.importers import Imported, write_folder
from evals.training.reader.examples import Example, by_people, is_held_out, load_examples


def held_out_set(examples: Sequence[Example]) -> Imported:
    """Held-out questions by people, and evenly drawn answered ones; documents named by number."""
    held_out = [e for e in examples if e.support is None and is_held_out(e)]
    unanswered = [e for e in held_out if by_people(e)]
    answered = [e for e in held_out if e.answerable]
    step = max(1, len(answered) // max(1, len(unanswered)))
    chosen = [*unanswered, *answered[::step][: len(unanswered)]]
    texts = list(dict.fromkeys(e.second for e in chosen))
    names = {text: f"passage-{n:04d}.txt" for n, text in enumerate(texts, 1)}
    cases = tuple(_case(n, e, names[e.second]) for n, e in enumerate(chosen, 1))
    return Imported(cases, {name: text for text, name in names.items()})


def _case(number: int, example: Example, document: str) -> Case:
    answer = example.second[example.start : example.end] if example.answerable else ""
    return Case(
        id=f"held-out-{number:04d}",
        question=example.first,
        answers=((answer,),) if answer else (),
        answerable=bool(example.answerable),
        kind=example.source,
        document=document,
    )


def main() -> None:
    """The command: write the set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--training", type=Path, required=True, help="folder of reader.jsonl.gz …")
    parser.add_argument(
        "--wikipedia-32", type=Path, required=True, help="folder of the question set"
    )
    parser.add_argument("--out", type=Path, required=True, help="the folder to make")
    args = parser.parse_args()
    examples = held_out_set(load_examples(args.training, args.wikipedia_32))
    write_folder(examples, args.out)
    print(f"{len(examples.cases)} questions, {len(examples.documents)} documents: {args.out}")


if __name__ == "__main__":
    main()
