"""Differences between revisions, and whether stored answers still hold."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from ingest.document import Block, BlockKind, Document
from store.library import Library
from store.results import AnswerStatus, CitationStatus, Diff, StoreError
from tests.support.documents import PARAGRAPHS, document_of, long_document

pytestmark = pytest.mark.usefixtures("both_databases")

PARTS = [
    long_document(1, seed=f"Chapter {n} tells of {topic}.").text.strip()
    for n, topic in enumerate(("boats", "storms", "keepers", "lamps", "birds", "tides"))
]


@dataclass(frozen=True)
class Cite:
    """A citation as answers carry it."""

    n: int
    revision: str
    start: int
    end: int
    passage_id: str = ""


def kinds(found: Diff) -> list[str]:
    return [change.kind for change in found.changes]


def diff_of(library: Library, before: list[str], after: list[str]) -> Diff:
    library.add(document_of(*before))
    library.add(document_of(*after))
    return library.diff("lighthouse.txt")


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ([PARTS[0].replace("boats", "ships"), *PARTS[1:]], ["changed"]),
        ([*PARTS[:2], long_document(1, seed="All new.").text.strip(), *PARTS[2:]], ["added"]),
        ([*PARTS[:2], *PARTS[3:]], ["removed"]),
        ([*PARTS[1:4], PARTS[0], *PARTS[4:]], ["moved"]),
    ],
    ids=["edited", "added", "removed", "moved"],
)
def test_each_change_is_named(library: Library, after: list[str], expected: list[str]) -> None:
    found = diff_of(library, PARTS, after)
    assert kinds(found) == expected
    assert (found.a.number, found.b.number) == (1, 2)
    assert found.unchanged + len(found.changes) == max(len(PARTS), len(after))


def test_words_side_by_side_are_both_texts(library: Library) -> None:
    found = diff_of(library, PARTS, [PARTS[0].replace("boats", "tall ships"), *PARTS[1:]])
    (change,) = found.changes
    assert change.before and change.after
    assert "".join(run.old for run in change.words) == change.before.passage.text
    assert "".join(run.new for run in change.words) == change.after.passage.text
    differing = [(run.old, run.new) for run in change.words if not run.same]
    assert differing == [("boats", "tall ships")]


def test_any_two_revisions_compare_both_ways(library: Library) -> None:
    diff_of(library, PARTS, PARTS[:-1])
    assert kinds(library.diff("lighthouse.txt", 2, 1)) == ["added"]
    assert kinds(library.diff("lighthouse.txt", 1, 1)) == []
    with pytest.raises(StoreError, match="no revision 3"):
        library.diff("lighthouse.txt", 1, 3)


def cite(library: Library, revision: str, quote: str, n: int = 1) -> Cite:
    start = library.text(revision).index(quote)
    return Cite(n, revision, start, start + len(quote))


def keep(library: Library, *quotes: str) -> str:
    revision = library.documents()[0].id
    cites = [cite(library, revision, quote, n) for n, quote in enumerate(quotes, 1)]
    return library.record_answer({"question": "?", "refused": False}, cites)


def standing(library: Library, answer_id: str) -> tuple[AnswerStatus, CitationStatus]:
    answer = library.stored_answer(answer_id)
    return answer.status, answer.citations[0]


def test_an_answer_is_current_while_its_words_stand(library: Library, sample: Document) -> None:
    library.add(sample)
    kept = keep(library, "38 metres high")
    assert standing(library, kept)[0] == "current"
    library.add(document_of("A new first paragraph.", *PARAGRAPHS))
    status, citation = standing(library, kept)
    assert status == "current"
    assert citation.now is not None
    revision, start, end = citation.now
    assert revision == library.documents()[0].id
    assert library.text(revision)[start:end] == "38 metres high" == citation.quote


def test_exactly_the_affected_answers_go_stale(library: Library, sample: Document) -> None:
    library.add(sample)
    answers = [keep(library, paragraph) for paragraph in PARAGRAPHS]
    changed = [*PARAGRAPHS[:3], PARAGRAPHS[3].replace("211", "212"), PARAGRAPHS[5]]
    library.add(document_of(*changed))
    statuses = [standing(library, answer)[0] for answer in answers]
    assert statuses == ["current", "current", "current", "stale", "stale", "current"]
    assert [a.id for a in library.answers("stale")] == [answers[4], answers[3]]
    library.restore(sample.name, 1)
    assert library.answers("stale") == []


def test_words_elsewhere_are_moved(library: Library, sample: Document) -> None:
    library.add(sample)
    kept = keep(library, "rapeseed oil")
    library.add(document_of(PARAGRAPHS[0], *PARAGRAPHS[2:], PARAGRAPHS[1]))
    status, citation = standing(library, kept)
    assert status == "moved"
    assert citation.now is not None
    assert library.text(citation.now[0])[citation.now[1] : citation.now[2]] == "rapeseed oil"


def test_words_whose_paragraph_changed_are_stale_but_found(
    library: Library, sample: Document
) -> None:
    library.add(sample)
    kept = keep(library, "38 metres high")
    library.add(document_of(*PARAGRAPHS[:3], PARAGRAPHS[3].replace("211", "212"), *PARAGRAPHS[4:]))
    status, citation = standing(library, kept)
    assert status == "stale"
    assert "still stand" in citation.why
    assert citation.now is not None


def interview(question: str) -> Document:
    answer = "Yes, we opened the school in March."
    text = f"{question}\n\n{answer}"
    blocks = (
        Block(BlockKind.QUESTION, 0, len(question)),
        Block(BlockKind.ANSWER, len(question) + 2, len(text)),
    )
    return Document("talk.txt", "Talk", text, blocks, "/documents/talk.txt")


def test_an_answer_to_another_question_is_stale(library: Library) -> None:
    library.add(interview("Did you open the school?"))
    kept = keep(library, "in March")
    library.add(interview("Did you never open the school?"))
    assert standing(library, kept)[0] == "stale"


def table(header: str, *rows: str) -> Document:
    text, blocks = "", []
    for level, line in ((1, header), *((0, row) for row in rows)):
        blocks.append(Block(BlockKind.TABLE_ROW, len(text), len(text) + len(line), level=level))
        text += line + "\n"
    return Document("ports.csv", "Ports", text, tuple(blocks), "/documents/ports.csv")


def test_a_row_under_another_header_is_stale(library: Library) -> None:
    rows = ("Alat | 25", "Aktau | 19")
    library.add(table("Port | tons in 2024", *rows))
    kept = keep(library, "Aktau | 19")
    library.add(table("Port | tons in 2024", "Baku | 3", *rows))
    assert standing(library, kept)[0] == "current"
    library.add(table("Port | tons in 2025", *rows))
    assert standing(library, kept)[0] == "stale"


def test_removed_and_purged(library: Library, sample: Document) -> None:
    library.add(sample)
    kept = keep(library, "38 metres high")
    library.remove(sample.name)
    assert standing(library, kept)[0] == "stale"
    library.remove(sample.name, purge=True)
    assert library.answers() == []
    with pytest.raises(StoreError, match="no stored answer"):
        library.stored_answer(kept)


def test_a_refusal_is_worth_asking_again_when_something_bears_on_it(
    library: Library, sample: Document
) -> None:
    library.add(sample)
    question = "Which bird nests on the cliffs below the tower?"
    refusal = {"question": question, "refused": True}
    kept = library.record_answer(refusal)
    assert library.stored_answer(kept).status == "current"
    library.add(document_of("Bread needs flour, water, salt and time.", name="bread.txt"))
    assert library.stored_answer(kept).status == "current"
    library.add(document_of("Kittiwakes nest on the cliffs below the tower.", name="birds.txt"))
    assert library.stored_answer(kept).status == "worth asking again"
    assert [answer.id for answer in library.answers("worth asking again")] == [kept]


def test_a_citation_into_nothing_is_refused(library: Library) -> None:
    with pytest.raises(StoreError, match="gone"):
        library.record_answer({"question": "?"}, [Cite(1, "no-such-revision", 0, 1)])
    assert library.answers() == []


def test_an_answer_keeps_its_id_and_payload(library: Library) -> None:
    payload = {"id": "abc", "question": "half \ud800?", "refused": False, "extra": {"x": [1]}}
    assert library.record_answer(payload) == "abc"
    assert library.stored_answer("abc").payload["extra"] == {"x": [1]}


def test_a_refusal_by_one_document_is_not_reopened_by_another(
    library: Library, sample: Document
) -> None:
    library.add(sample)
    question = "Which bird nests on the cliffs below the tower?"
    refusal = {"question": question, "refused": True}
    retrieval = library.retrieve(question, ["bird"], documents=[sample.name])
    kept = library.record_answer(refusal, (), retrieval)
    library.add(document_of("Kittiwakes nest on the cliffs below the tower.", name="birds.txt"))
    assert library.stored_answer(kept).status == "current"
    library.add(document_of("Kittiwakes nest on the cliffs.", name=sample.name))
    assert library.stored_answer(kept).status == "worth asking again"
    library.remove(sample.name)
    assert library.stored_answer(kept).status == "current"
