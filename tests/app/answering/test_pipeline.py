"""From a question to a verified answer, over real parts; scripted models force the rare paths."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.answer import Answer, EvidenceFound, Finished, Turn, Verdict, Word
from app.answering.pipeline import MAX_QUESTION_CHARS, Answerer, QuestionError
from app.evidence.reader import Reader
from app.formats.json_forms import answer_payload
from app.models.base import ChatModel
from app.models.thinking import THINKING_TOKENS
from app.settings import Settings, load_settings
from ingest.document import Document
from ingest.load import load_text
from store.library import Library
from tests.support.scripted import scripted

LISTED = """# The harbour plan

The council of Port Ada voted on 12 March 2021 to rebuild the harbour.

The plan has four parts:

- a new breakwater of 300 metres
- a fish market
- a tram line to the station
- homes for 90 families

Mayor Ines Calder said the work would cost 48 million crowns.
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(data=tmp_path, model="none")


@pytest.fixture
def plan(library: Library) -> Library:
    library.add(load_text(LISTED, "harbour.md"))
    return library


def asked(
    library: Library, settings: Settings, reader: Reader, question: str,
    model: ChatModel | None = None,
) -> Answer:  # fmt: skip
    return Answerer(library, settings, model, reader).answer(question)


def assert_sliced(answer: Answer, library: Library) -> None:
    for c in [*answer.citations, *(c.citation for c in answer.closest)]:
        assert library.text(c.revision)[c.start : c.end] == c.quote
        assert c.key is None or c.start <= c.key[0] < c.key[1] <= c.end


def test_quotes_are_slices_and_marked(
    library: Library, settings: Settings, reader: Reader, sample: Document
) -> None:
    library.add(sample)
    answer = asked(library, settings, reader, "Who built the lighthouse at Skerrow Point?")
    assert "Ada Thornbury" in answer.text
    assert {s.verdict for s in answer.sentences} == {Verdict.QUOTED}
    assert answer.citations
    assert all(s.citations for s in answer.sentences)
    first = answer.citations[0]
    assert first.key is not None
    assert "Thornbury" in library.text(first.revision)[slice(*first.key)]
    assert_sliced(answer, library)


def test_a_list_is_quoted_whole(plan: Library, settings: Settings, reader: Reader) -> None:
    answer = asked(plan, settings, reader, "What are the parts of the harbour plan?")
    for item in ("breakwater", "fish market", "tram line", "90 families"):
        assert item in answer.text
    assert_sliced(answer, plan)


def test_what_no_document_says_is_refused_with_the_closest(
    plan: Library, settings: Settings, reader: Reader
) -> None:
    answer = asked(plan, settings, reader, "Which orchestra played at the opera house in Vienna?")
    assert answer.refused
    assert not answer.sentences
    assert answer.closest
    assert "orchestra" in " ".join(c.lacks for c in answer.closest)
    assert_sliced(answer, plan)


def test_an_empty_library_says_so(library: Library, settings: Settings, reader: Reader) -> None:
    answer = asked(library, settings, reader, "Who built the lighthouse?")
    assert answer.refused
    assert "No document" in answer.reason


@pytest.mark.parametrize("question", ["", "   \n", "?!", "x" * (MAX_QUESTION_CHARS + 1)])
def test_nothing_or_far_too_much_is_refused_before_searching(
    question: str, library: Library, settings: Settings, reader: Reader
) -> None:
    with pytest.raises(QuestionError):
        asked(library, settings, reader, question)


def test_a_batch_answers_as_one_by_one(plan: Library, settings: Settings, reader: Reader) -> None:
    questions = ["Who is the mayor of Port Ada?", "What will the work cost?", "Who won the cup?"]
    answerer = Answerer(plan, settings, None, reader)
    together = list(answerer.answer_many((q, None) for q in questions))
    alone = [answerer.answer(q) for q in questions]
    assert [a.text for a in together] == [a.text for a in alone]
    assert [a.citations for a in together] == [a.citations for a in alone]


def test_evidence_comes_before_the_answer(
    plan: Library, settings: Settings, reader: Reader
) -> None:
    events = list(Answerer(plan, settings, None, reader).stream("What will the work cost?"))
    assert isinstance(events[0], EvidenceFound)
    assert events[0].citations
    assert isinstance(events[-1], Finished)


def test_a_follow_up_is_understood(plan: Library, settings: Settings, reader: Reader) -> None:
    history = [Turn("Who is the mayor of Port Ada?", "Ines Calder.")]
    answer = Answerer(plan, settings, None, reader).answer(
        "What did she say about the cost?", history=history
    )
    assert "48 million" in answer.text
    assert answer.standalone == "What did Ines Calder say about the cost?"
    assert answer.question == "What did she say about the cost?"


@pytest.mark.parametrize(
    "replies",
    [
        ("<think>48 or 84 million? [1].</think>\n\nIt would cost 48 million crowns [1].",),
        ("48 or 84? Crowns [1].</think>It would cost 48 million crowns [1].",),
        (
            "<think>48 or 84 million? I am not through",
            "<think>Still 84?</think>It would cost 48 million crowns [1].",
        ),
    ],
    ids=["whole", "only its end", "cut off, and asked for more"],
)
def test_what_a_model_thinks_aloud_is_neither_shown_nor_judged(
    replies: tuple[str, ...], plan: Library, settings: Settings, reader: Reader
) -> None:
    model = scripted(*replies)
    draft, answer = "", None
    for event in Answerer(plan, settings, model, reader).stream("What will the work cost?"):
        if isinstance(event, Word):
            draft = event.text if event.restart else draft + event.text
            assert "84" not in draft or replies[0].startswith("48"), draft
        if isinstance(event, Finished):
            answer = event.answer
    assert draft.strip() == "It would cost 48 million crowns [1]."
    assert answer is not None and not answer.refused
    assert "48 million crowns" in answer.text
    assert "84" not in answer.text + " ".join(answer.notes)
    asked_for = [heard["max_tokens"] for heard in model.chat.heard]
    assert asked_for[-1] == (THINKING_TOKENS if len(replies) > 1 else asked_for[0])


def test_a_model_that_fails_gives_quotes_and_the_reason(
    plan: Library, settings: Settings, reader: Reader
) -> None:
    answer = asked(
        plan,
        settings,
        reader,
        "What will the work cost?",
        scripted("", yes=3.0, fails=TimeoutError("too slow")),
    )
    assert "48 million" in answer.text
    assert any("too slow" in note for note in answer.notes)


def test_a_draft_that_is_judged_hopeless_is_not_written(
    plan: Library, settings: Settings, reader: Reader
) -> None:
    model = scripted("Tarn won it [1].", yes=-20.0)
    events = list(Answerer(plan, settings, model, reader).stream("Who won the cup?"))
    assert not [e for e in events if isinstance(e, Word)]
    assert model.chat.heard == []


def test_a_draft_that_failed_is_not_spoken_of(
    plan: Library, settings: Settings, reader: Reader
) -> None:
    invented = "Mayor Ines Calder said the work would cost 75 million crowns [1]."
    for reply in (invented, "Not stated."):
        model = scripted(reply, yes=3.0)
        answer = asked(plan, settings, reader, "What would the work cost?", model)
        assert answer.text == "Mayor Ines Calder said the work would cost 48 million crowns."
        assert answer.notes == ()


def test_an_invented_number_beside_what_holds_is_dropped_with_a_note(
    plan: Library, settings: Settings, reader: Reader
) -> None:
    reply = "The work would cost 48 million crowns [1]. It would take 75 years [1]."
    answer = asked(plan, settings, reader, "What would the work cost?", scripted(reply, yes=3.0))
    assert "75" not in answer.text
    assert any("75" in note and "dropped" in note for note in answer.notes)


def test_what_the_model_doubts_is_shown_as_closest_if_quotes_would_claim_it(
    plan: Library, settings: Settings, reader: Reader
) -> None:
    """And refused if quotes by themselves would not claim it either."""
    asks = "What would the work cost?"
    claimed = asked(plan, settings, reader, asks)
    assert claimed.kind == "answer"
    doubted = asked(plan, settings, reader, asks, scripted("Not stated.", yes=-1.0))
    assert (doubted.kind, doubted.text, doubted.headline) == ("closest", claimed.text, "")
    assert doubted.model == "scripted" and doubted.answerable < claimed.answerable
    assert_sliced(doubted, plan)
    far = "Who won the football cup in 1999?"
    assert asked(plan, settings, reader, far, scripted("Not stated.", yes=-1.0)).refused


@pytest.mark.parametrize(("yes", "kind"), [(3.4, "closest"), (6.0, "answer")])
def test_what_the_model_does_not_state_is_claimed_if_it_is_likelier_than_not(
    library: Library, settings: Settings, reader: Reader, yes: float, kind: str
) -> None:
    museum = "The doll museum in Hartwell opened in 1998 and has been open every day since."
    library.add(load_text(museum, "museum.txt"))
    question = "What caused the doll museum in Hartwell to burn down in 2011?"
    model = scripted("Not stated.", yes=yes)
    model.name = "local"  # what it says of itself counts by the fit of the local model
    answer = asked(library, settings, reader, question, model)
    assert (answer.kind, answer.answerable >= 0.5) == (kind, kind == "answer")
    assert answer.text == museum


def test_a_model_that_only_judges_shows_no_word_of_its_own(
    plan: Library, settings: Settings, reader: Reader
) -> None:
    judging = replace(settings, replies="quotes")
    said = "In all, 48 million crowns would be the cost of the work [1]."
    for reply, yes, kind in ((said, 3.0, "answer"), ("Not stated.", -1.0, "closest")):
        answerer = Answerer(plan, judging, scripted(reply, yes=yes), reader)
        events = list(answerer.stream("What would the work cost?"))
        assert not [e for e in events if isinstance(e, Word)]
        assert isinstance(events[-1], Finished)
        answer = events[-1].answer
        assert answer.kind == kind
        assert [s.verdict for s in answer.sentences] == [Verdict.QUOTED]
        assert answer.text == "Mayor Ines Calder said the work would cost 48 million crowns."


def test_words_that_cannot_be_verified_give_way_to_the_sources_own(
    plan: Library, settings: Settings, reader: Reader
) -> None:
    reply = "The rebuilding work will never cost more than 48 million crowns [1]."
    answer = asked(plan, settings, reader, "What would the work cost?", scripted(reply, yes=3.0))
    assert answer.text == "Mayor Ines Calder said the work would cost 48 million crowns."
    assert [s.verdict for s in answer.sentences] == [Verdict.QUOTED]
    assert answer.notes == ()
    assert_sliced(answer, plan)


@pytest.mark.parametrize(("taught", "yes"), [(True, 3.0), (True, -0.6), (False, 3.0)])
def test_a_model_that_was_taught_to_judges_its_sentences_instead_of_the_reader(
    plan: Library, settings: Settings, reader: Reader, taught: bool, yes: float
) -> None:
    own = "48 million crowns is the sum that the work would cost"
    model = scripted(f"{own} [1].", yes=yes, judges_support=taught)
    answer = asked(plan, settings, reader, "What would the work cost?", model)
    supported = [s.text for s in answer.sentences if s.verdict is Verdict.SUPPORTED]
    assert supported == ([f"{own}."] if taught and yes > 0 else [])
    assert_sliced(answer, plan)

    sure = "The cost of the work would be 48 million crowns, Mayor Ines Calder said"
    model = scripted(f"{sure} [1].", yes=yes, judges_support=taught)
    answer = asked(plan, settings, reader, "What would the work cost?", model)
    supported = [s.text for s in answer.sentences if s.verdict is Verdict.SUPPORTED]
    assert supported == ([] if taught and yes < 0 else [f"{sure}."])
    wrong = scripted(f"{sure.replace('48', '84')} [1].", yes=9.0, judges_support=True)
    assert "84" not in asked(plan, settings, reader, "What would the work cost?", wrong).text


def test_a_number_that_was_not_offered_is_reported_and_no_link(
    plan: Library, settings: Settings, reader: Reader
) -> None:
    reply = "Mayor Ines Calder said that the work would cost 48 million crowns [44]."
    answer = asked(plan, settings, reader, "What would the work cost?", scripted(reply, yes=3.0))
    assert any("[44]" in note for note in answer.notes)
    assert [s.citations for s in answer.sentences] == [(1,)]
    assert "48 million" in answer.citations[0].quote
    assert_sliced(answer, plan)


def test_a_fragment_is_shown_as_the_sentence_that_holds_it(
    plan: Library, settings: Settings, reader: Reader
) -> None:
    answer = asked(
        plan, settings, reader, "What would the work cost?", scripted("48 million", yes=3.0)
    )
    assert answer.text == "Mayor Ines Calder said the work would cost 48 million crowns."
    key = answer.citations[0].key
    assert key is not None
    assert plan.text(answer.citations[0].revision)[slice(*key)] == "48 million"


def test_markup_and_nonsense_of_a_model_never_become_citations(
    plan: Library, settings: Settings, reader: Reader
) -> None:
    reply = "[1][2][3]\n\n<script>alert(1)</script> [[[ \x00 ]]] \u202e [999]"
    answer = asked(plan, settings, reader, "What would the work cost?", scripted(reply, yes=3.0))
    assert "alert" not in answer.text
    assert_sliced(answer, plan)


def test_the_payload_says_all_of_it(plan: Library, settings: Settings, reader: Reader) -> None:
    payload = answer_payload(asked(plan, settings, reader, "What would the work cost?"))
    assert payload["sentences"][0]["verdict"] == "quoted"
    assert payload["citations"][0]["quote"] in LISTED
    assert {"search", "first_word", "total"} <= payload["timings_ms"].keys()


def test_a_stored_answer_has_an_id(plan: Library, settings: Settings, reader: Reader) -> None:
    answerer = Answerer(plan, settings, None, reader)
    answer = answerer.answer("What would the work cost?", store=True)
    assert plan.stored_answer(answer.id).question == "What would the work cost?"


def test_the_local_model_answers_and_refuses(
    plan: Library, settings: Settings, reader: Reader, local_model: ChatModel
) -> None:
    told = asked(plan, settings, reader, "How much would the work cost?", local_model)
    assert "48 million" in told.text
    assert told.model == "local"
    assert_sliced(told, plan)
    refused = asked(plan, settings, reader, "Who won the football cup in 1999?", local_model)
    assert refused.refused


BRIDGE = """An inscription [1] says that the bridge of Orrin was built in 1480, which is wrong.

The town's accounts name its builder: Mathis Kolb built the bridge in 1533.
"""
BRIDGE_QUESTION = "Who built the bridge of Orrin, and in which year?"


@pytest.mark.parametrize(
    "draft",
    [
        "An inscription [1] says that the bridge of Orrin was built in 1480, which is wrong.",
        "The bridge of Orrin was built in 1480. [1]",
        "Mathis Kolb built the bridge. [2]",
        "Mathis Kolb",
        "Not stated.",
    ],
)
def test_half_an_answer_is_completed_by_what_the_reader_finds(
    library: Library, settings: Settings, reader: Reader, draft: str
) -> None:
    library.add(load_text(BRIDGE, "orrin.txt"))
    answer = asked(library, settings, reader, BRIDGE_QUESTION, scripted(draft, yes=6.0))
    assert "Mathis Kolb" in answer.text and "1533" in answer.text
    # No sentence loses a mark of its own, or the clause that takes it back.
    assert all("1480" not in s.text or "which is wrong" in s.text for s in answer.sentences)
    assert all("inscription" not in s.text or "[1]" in s.text for s in answer.sentences)
    assert_sliced(answer, library)
