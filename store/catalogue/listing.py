"""What a question is asked of, stated briefly, at a cost that does not grow with the documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, select, true

from store.catalogue.catalogue import Catalogue
from store.database.queries import BY_NAME, IS_CURRENT, REVISIONS, has_twin, is_called
from store.database.row_mapping import revision_of_row
from store.database.schema import OMITTING, documents
from store.results import Revision

MAX_NAMES = 6
"""Documents that are named."""
MAX_UNREAD = 20
"""Documents of which it is reported what was not read."""


@dataclass(frozen=True, slots=True)
class Listing:
    """How many current documents there are, the first by name, and what was not read of some:
    pairs of a document's name and a sentence."""

    count: int = 0
    first: tuple[Revision, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()


def listing(catalogue: Catalogue, names: Sequence[str] | None) -> Listing:
    """The current documents, or those of these names, ids or sources."""
    only = and_(true() if names is None else is_called(names), catalogue.scope.where)
    counted = select(func.count()).select_from(documents)
    listed = REVISIONS.add_columns(has_twin(catalogue.scope.collections))
    listed = listed.where(IS_CURRENT, only).order_by(*BY_NAME)
    with catalogue.database.reading() as db:
        count = int(db.execute(counted.where(documents.c.current.is_not(None), only)).scalar_one())
        lists = tuple(map(revision_of_row, db.execute(listed.limit(MAX_NAMES))))
        omitting = db.execute(listed.where(OMITTING).limit(MAX_UNREAD))
        unread = [
            (r.document, omission)
            for r in map(revision_of_row, omitting)
            for omission in r.omissions
        ]
    return Listing(count, lists, tuple(unread))
