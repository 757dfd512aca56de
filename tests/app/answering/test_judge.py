"""What a chat model is shown, and how it is judged whether that answers."""

from __future__ import annotations

from math import log

import pytest

from app.answering import context
from app.answering.context import prompt_sources
from app.answering.judge import judge
from app.answering.prompt import ANSWER_PROMPT, messages
from app.evidence.evidence import Retrieved, ScoredEvidence
from app.evidence.reader import Reader
from app.evidence.score_evidence import score_evidence
from app.models.base import ChatModel
from app.question.parsed_question import ParsedQuestion
from ingest.load import load_text
from store.library import Library
from tests.support.scripted import scripted

HARBOUR = (
    "The harbour of Lindholm was widened in 1962. The work took fourteen months. "
    "Ann Falk led it, with ninety workers. It cost 3 million crowns, half of it paid by the state."
)
FOG = "A fog horn was added in 1971. It is heard for nine miles. Sven Moberg built it in his yard."


def found(library: Library, reader: Reader, asked: str) -> ScoredEvidence:
    question = ParsedQuestion(asked)
    retrieval = library.retrieve(question.text, question.content_words, documents=None)
    return score_evidence(Retrieved(question, retrieval), reader)


def test_the_best_passage_is_given_whole_and_in_its_order(library: Library, reader: Reader) -> None:
    """What "it" is stands in the sentences before."""
    library.add(load_text(HARBOUR, "harbour.txt"))
    library.add(load_text(FOG, "fog.txt"))
    sources = prompt_sources(found(library, reader, "How long did the work on the harbour take?"))
    of_harbour = [s.text for s in sources if s.evidence.hit.stored.document == "harbour.txt"]
    assert " ".join(of_harbour) == HARBOUR
    for source in sources:
        assert source.evidence.hit.source.text[source.start : source.end] == source.text


def test_the_room_is_kept_and_nothing_stands_twice(
    library: Library, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(6):
        sentences = (f"Ship {n} carried {k} tons of grain to port {n * k}." for k in range(2, 30))
        library.add(load_text(" ".join(sentences), f"{n}.txt"))
    monkeypatch.setattr(context, "MAX_PROMPT_CHARS", 200)
    sources = prompt_sources(found(library, reader, "How many tons did ship 3 carry to port 12?"))
    assert 150 < sum(len(s.text) for s in sources) <= 200
    spans = sorted((s.evidence.hit.stored.revision, s.start, s.end) for s in sources)
    for (one, _, end), (other, start, _) in zip(spans, spans[1:], strict=False):
        assert one != other or end <= start


def test_another_model_is_asked_for_a_yes() -> None:
    model = scripted("", yes=log(3))
    assert judge(model, "Who led it?", ["Ann Falk led it."]) == pytest.approx(log(3))
    assert judge(scripted(""), "Who led it?", ["Ann Falk led it."]) is None


def test_the_local_model_tells_what_is_answered(local_model: ChatModel) -> None:
    sources = [f"{s}." for s in HARBOUR.rstrip(".").split(". ")]
    told = {
        asked: judge(local_model, asked, sources)
        for asked in (
            "Who led the work on the harbour of Lindholm?",
            "How much did the widening of the harbour cost?",
            "Who led the work on the lighthouse of Lindholm?",
            "How much did the harbour's crane cost?",
        )
    }
    odds = [value for value in told.values() if value is not None]
    assert len(odds) == 4
    assert min(odds[:2]) > max(odds[2:]), told


def test_a_draft_reads_nothing_that_the_judgement_has_read(
    local_model: ChatModel, tokens_fed: list[int]
) -> None:
    judge(local_model, "Who led the work?", [HARBOUR])
    assert sum(tokens_fed) > 50
    tokens_fed.clear()
    asked = messages("Who led the work?", [HARBOUR], ANSWER_PROMPT)
    assert "Falk" in "".join(local_model.stream(asked, max_tokens=12))
    assert tokens_fed[0] == 1
