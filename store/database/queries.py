"""What several modules select: revisions and passages with their documents."""

from __future__ import annotations

from sqlalchemy import func, select

from store.database.schema import documents, embeddings, meta, passages, revisions

IS_CURRENT = documents.c.current == revisions.c.id
OF_DOCUMENT = revisions.join(documents, documents.c.id == revisions.c.document)
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
    documents.c.collection,
    revisions.c.title,
).select_from(passages.join(OF_DOCUMENT, revisions.c.id == passages.c.revision))
THIS_MODEL = embeddings.c.model == (
    select(meta.c.value).where(meta.c.key == "model").scalar_subquery()
)
LAST_VECTOR = select(func.coalesce(func.max(embeddings.c.seq), 0)).where(THIS_MODEL)
