"""Resolves what people call documents and revisions to ids, with errors that say what to do."""

from __future__ import annotations

from collections.abc import Sequence

from store.catalogue.catalogue import Catalogue
from store.results import Revision, StoreError


def current_ids(catalogue: Catalogue, names: Sequence[str]) -> list[str]:
    """Ids of the current documents of these names, ids or sources; ``StoreError`` if none."""
    ids_found: list[str] = []
    for name in names:
        ids = catalogue.document_ids(name, current=True)
        if not ids:
            raise StoreError(f"There is no document {name!r}; see `footnote documents`.")
        ids_found += [document_id for document_id, _ in ids]
    return list(dict.fromkeys(ids_found))


def one_document(catalogue: Catalogue, name: str, *, current: bool) -> str:
    """The id of the one document of this name, id or source; ``StoreError`` if none or several."""
    ids = catalogue.document_ids(name, current=current)
    if not ids:
        raise StoreError(f"There is no document {name!r}; see `footnote documents`.")
    if len(ids) > 1:
        sources = [source for _, source in ids]
        # In several collections there may be one of the same source.
        choices = sources if len({*sources}) == len(ids) else [document for document, _ in ids]
        raise StoreError(
            f"{len(ids)} documents are called {name!r}; say which: {', '.join(choices)}."
        )
    return ids[0][0]


def revision_numbered(name: str, revisions: Sequence[Revision], number: int) -> Revision:
    """The revision of this number; ``StoreError`` if the document has none."""
    for revision in revisions:
        if revision.number == number:
            return revision
    raise StoreError(f"{name} has no revision {number}; see `footnote history {name!r}`.")
