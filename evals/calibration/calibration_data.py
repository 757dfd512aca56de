"""Data of the calibration: cases with their evidence, and what a language model says of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.answering.context import prompt_sources
from app.answering.generate import MAX_TOKENS
from app.answering.judge import judge
from app.answering.prompt import ANSWER_PROMPT, messages, states_answer
from app.evidence.answerability import DENIED_PROBABILITY, is_denied, model_features
from app.evidence.evidence import Retrieved, ScoredEvidence
from app.evidence.reader import Reader
from app.evidence.score_evidence import score_readings
from app.models.base import ChatModel
from app.question.parsed_question import ParsedQuestion
from evals.datasets.case import Case
from evals.datasets.question_sets import load_set
from evals.runs.runs import Progress
from ingest.load import expand, load
from store.embedding.sentence_transformer import SentenceTransformerEmbedder
from store.library import Library

PAIR_BATCH_SIZE = 32


@dataclass(frozen=True)
class JudgedCase:
    """A case with what was found for it; ``group`` are the documents that it is asked of."""

    case: Case
    group: str
    found: ScoredEvidence


def judged_cases(library: Library, cases: Iterable[Case], reader: Reader) -> list[JudgedCase]:
    """Search and read for every case, in batches; a case without a document is asked of all."""
    revisions = library.documents()
    names = tuple(r.document for r in revisions)
    out: list[JudgedCase] = []
    pending = iter(cases)
    while batch := list(islice(pending, PAIR_BATCH_SIZE)):
        retrieved = [_retrieve(library, case) for case in batch]
        pairs = [(r.question.text, h.stored.passage.text) for r in retrieved for h in r.hits]
        readings = iter(reader.read_pairs(pairs))
        for case, one in zip(batch, retrieved, strict=True):
            result = score_readings(one, list(islice(readings, len(one.hits))), reader)
            out.append(JudgedCase(case, case.document or " ".join(names), result))
        print(f"\r{len(out)} questions read", end="", flush=True)
    print()
    return out


def _retrieve(library: Library, case: Case) -> Retrieved:
    question = ParsedQuestion(case.question)
    documents = [case.document] if case.document else None
    words = question.content_words
    return Retrieved(question, library.retrieve(question.text, words, documents=documents))


@dataclass(frozen=True, slots=True)
class ModelJudgement:
    """What a language model made of a question: its log-odds of "yes", and its reply."""

    yes: float
    reply: str

    def features(self, judged: JudgedCase) -> tuple[float, ...]:
        """As ``answerability.MODEL_FEATURE_NAMES`` names them; quotes count by the shipped fit."""
        return model_features(judged.found, (self.yes, states_answer(self.reply)))

    @property
    def denies(self) -> bool:
        """Whether it says twice that the question is not answered."""
        return is_denied((self.yes, states_answer(self.reply)))


def cap_denied(chance: NDArray[np.float64], denied: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Probabilities where what the model denies twice counts as it does in an answer."""
    return np.where(denied, np.minimum(chance, DENIED_PROBABILITY), chance)


def ask_model(
    judged: Sequence[JudgedCase],
    model: ChatModel,
    cache: Path,
    progress: Progress,
) -> dict[str, ModelJudgement]:
    """What the model says of each case, by the case's id.

    It is kept in ``cache``, a JSON line a case, as it goes, and asked again if the evidence is
    another. A model that gives no log-probabilities counts as undecided.
    """
    known: dict[str, Any] = {}
    if cache.exists():
        rows = map(json.loads, cache.read_text(encoding="utf-8").splitlines())
        known = {row["id"]: row for row in rows}
    with cache.open("a", encoding="utf-8") as lines:
        for n, j in enumerate(judged, 1):
            texts = [s.text for s in prompt_sources(j.found)]
            if known.get(j.case.id, {}).get("sources") != texts:
                yes = judge(model, j.found.question.text, texts)
                answer = messages(j.found.question.text, texts, ANSWER_PROMPT)
                reply = "".join(model.stream(answer, max_tokens=MAX_TOKENS))
                known[j.case.id] = {"id": j.case.id, "yes": yes, "reply": reply, "sources": texts}
                lines.write(json.dumps(known[j.case.id]) + "\n")
                lines.flush()
            progress(n, len(judged))
    asked = (known[j.case.id] for j in judged)
    return {row["id"]: ModelJudgement(row["yes"] or 0.0, row["reply"]) for row in asked}


def sample(judged: Sequence[JudgedCase], n: int, seed: int) -> list[JudgedCase]:
    """Half answerable, half not, drawn by the seed."""
    rng = np.random.default_rng(seed)
    out: list[JudgedCase] = []
    for kind in (True, False):
        some = [j for j in judged if j.case.answerable is kind]
        out += [some[i] for i in rng.permutation(len(some))[: n // 2]]
    return out


def off_topic(cases: Sequence[Case]) -> list[Case]:
    """Every sixth question asked of another document, which does not answer it.

    Near misses alone would teach that words in common say nothing.
    """
    names = list(dict.fromkeys(c.document for c in cases if c.document))
    if len(names) < 2:
        return []
    other = dict(zip(names, [*names[1:], names[0]], strict=True))
    return [
        replace(c, id=f"{c.id}@other", document=other[c.document], answerable=False, answers=())
        for c in cases[::6]
        if c.document
    ]


def read_sets(
    sets: Sequence[str], documents: Sequence[Path], folder: Path, most: int
) -> list[tuple[Library, list[JudgedCase]]]:
    """Each set over its own documents (or, for a set without, over ``documents``).

    At most ``most`` questions of each, drawn by a fixed seed.
    """
    out, reader = [], Reader()
    for i, name in enumerate(sets):
        questions = load_set(name)
        library = Library.open(folder / str(i), SentenceTransformerEmbedder())
        sources = [questions.documents] if questions.documents else documents
        for source in expand([str(s) for s in sources]):
            library.add(load(source))
        alone = [c for c in questions.cases if not c.turns]
        drawn = np.random.default_rng(7).permutation(len(alone))[:most]
        alone = [alone[i] for i in sorted(drawn.tolist())]
        cases = [replace(c, id=f"{questions.name}/{c.id}") for c in alone]
        cases += off_topic(cases)
        out.append((library, judged_cases(library, cases, reader)))
    return out
