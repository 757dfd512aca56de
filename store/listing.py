"""What a question is asked of, told briefly, at a cost that does not grow with the documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from store.catalogue import REVISIONS, Catalogue
from store.names import current_ids
from store.results import OMISSIONS, Revision
from store.row_mapping import marks, revision

FIRST = 6
"""Documents that are named."""
UNREAD = 20
"""Documents of which it is told what was not read."""
CURRENT = "d.current = r.id"
# As the index `revisions_omitting` says it: the key as JSON writes it.
OMITTING = f"instr(r.metadata, '\"{OMISSIONS}\"') > 0"


@dataclass(frozen=True, slots=True)
class Listing:
    """How many current documents there are, the first by name, and what was not read of some:
    pairs of a document's name and a sentence."""

    count: int = 0
    first: tuple[Revision, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()


def listing(catalogue: Catalogue, documents: Sequence[str] | None) -> Listing:
    """The current documents, or those of these names, ids or sources."""
    only, values = "TRUE", tuple(documents or ())
    if documents is not None:
        held = marks(values)
        only = f"(d.id IN ({held}) OR d.source IN ({held}) OR d.name IN ({held}))"
        values *= 3
    counted = "SELECT count(*) FROM documents d WHERE d.current IS NOT NULL AND "
    with catalogue.reading() as db:
        count = int(db.execute(counted + only, values).fetchone()[0])
        first = db.execute(
            f"{REVISIONS} WHERE {CURRENT} AND {only} ORDER BY d.name, d.source LIMIT {FIRST}",
            values,
        )
        lists = tuple(map(revision, first))
        omitting = db.execute(
            f"{REVISIONS} WHERE {OMITTING} AND {CURRENT} AND {only}"
            f" ORDER BY d.name, d.source LIMIT {UNREAD}",
            values,
        )
        unread = [(r.document, told) for r in map(revision, omitting) for told in r.omissions]
    return Listing(count, lists, tuple(unread))


def asked_of(
    catalogue: Catalogue, question: str, documents: Sequence[str] | None
) -> tuple[str, str] | None:
    """The document that "NAME: question" names, and the question; None where it names none (of
    ``documents``, by name, id or source)."""
    at = question.find(": ")
    while at > 0:
        name, rest = question[:at].strip(), question[at + 2 :].strip()
        if name and rest:
            named = {each for each, _ in catalogue.document_ids(name, current=True)}
            if named and (documents is None or named & set(current_ids(catalogue, documents))):
                return name, rest
        at = question.find(": ", at + 1)
    return None
