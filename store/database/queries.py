"""What several modules select: revisions and passages with their documents."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Label, exists, func, or_, select, true

from store.database.schema import documents, embeddings, meta, passages, revisions

IS_CURRENT = documents.c.current == revisions.c.id
OF_DOCUMENT = revisions.join(documents, documents.c.id == revisions.c.document)
_TWINS = documents.alias("twins")
REVISIONS = select(
    *(
        revisions.c[name]
        for name in (
            *("id", "document", "number", "title", "media_type", "content_hash", "created"),
            *("activated", "metadata", "passages", "characters"),
        )
    ),
    documents.c.name,
    documents.c.source,
    documents.c.collection,
    IS_CURRENT.label("is_current"),
).select_from(OF_DOCUMENT)
BY_NAME = documents.c.name, documents.c.source
PASSAGES = select(
    passages,
    documents.c.name,
    documents.c.id.label("document"),
    documents.c.source,
    documents.c.collection,
    revisions.c.title,
).select_from(passages.join(OF_DOCUMENT, revisions.c.id == passages.c.revision))
THIS_MODEL = embeddings.c.model == (
    select(meta.c.value).where(meta.c.key == "model").scalar_subquery()
)
LAST_VECTOR = select(func.coalesce(func.max(embeddings.c.seq), 0)).where(THIS_MODEL)


def is_called(names: Sequence[str]) -> ColumnElement[bool]:
    """Whether a document has one of these names, ids or sources; "folder/name" is one as well."""
    columns = documents.c.id, documents.c.source, documents.c.name
    folders = [name for name in names if "/" in name]
    within = (documents.c.source.endswith(f"/{name}", autoescape=True) for name in folders)
    return or_(*(column.in_(names) for column in columns), *within)


def has_twin(collections: frozenset[str] | None) -> Label[bool]:
    """Whether a current document from elsewhere has the same name, of these collections (None: of
    all): then both show their folders. Documents that may not be read have no influence."""
    same = _TWINS.c.name == documents.c.name, _TWINS.c.source != documents.c.source
    readable = true() if collections is None else _TWINS.c.collection.in_(sorted(collections))
    return exists().where(*same, _TWINS.c.current.is_not(None), readable).label("has_twin")
