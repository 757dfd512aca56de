"""What a question is asked of: counted and named by index, and named in the question itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from store.catalogue.listing import MAX_NAMES
from store.library import Library
from tests.support.documents import document_of

pytestmark = pytest.mark.usefixtures("both_databases")

NAMES = [f"{name}.txt" for name in "abcdefghi"]


def filled(library: Library) -> None:
    for name in reversed(NAMES):
        document = document_of(f"What {name} says.", name=name, source=f"/somewhere/{name}")
        omitted = ("One picture was not read.",) if name == "h.txt" else ()
        library.add(replace(document, omissions=omitted))


def test_the_documents_are_counted_and_the_first_named(library: Library) -> None:
    assert library.listing().count == 0
    filled(library)
    listed = library.listing()
    assert listed.count == len(NAMES)
    assert [each.document for each in listed.first] == NAMES[:MAX_NAMES]
    assert listed.unread == (("h.txt", "One picture was not read."),)
    library.remove("a.txt")
    assert library.listing().first[0].document == "b.txt"
    assert library.listing().count == len(NAMES) - 1


def test_names_ids_and_sources_restrict(library: Library) -> None:
    filled(library)
    chosen = library.documents()[2].document_id
    listed = library.listing(["b.txt", "/somewhere/h.txt", chosen, "unknown"])
    assert [each.document for each in listed.first] == ["b.txt", "c.txt", "h.txt"]
    assert listed.count == 3
    assert len(listed.unread) == 1
    assert library.listing(["b.txt"]).unread == ()
    assert library.listing([]).count == 0


def test_a_document_is_known_by_name_among_others(library: Library) -> None:
    filled(library)
    assert library.has_document("b.txt") and library.has_document("b.txt", ["b.txt", "c.txt"])
    assert not library.has_document("b.txt", ["c.txt"])
    assert not library.has_document("what is it")
    library.remove("b.txt")
    assert not library.has_document("b.txt")


@pytest.mark.parametrize("both_databases", ["sqlite"], indirect=True)
def test_no_question_reads_the_whole_list_of_documents(library: Library) -> None:
    filled(library)
    with library._catalogue.database.reading() as db:
        for query in (
            "SELECT id FROM documents WHERE (id = 'x' OR source = 'x' OR name = 'x')",
            "SELECT r.id FROM revisions r JOIN documents d ON d.id = r.document"
            " WHERE d.current = r.id AND TRUE ORDER BY d.name, d.source LIMIT 6",
        ):
            plan = [row.detail for row in db.execute(text(f"EXPLAIN QUERY PLAN {query}"))]
            assert not [step for step in plan if "TEMP B-TREE" in step]
            assert not [step for step in plan if step.startswith("SCAN") and "INDEX" not in step]
