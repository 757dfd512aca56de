"""Small documents for tests, and the keys of their vectors."""

from __future__ import annotations

from sqlalchemy import select

from ingest.document import Block, BlockKind, Document
from store.database.schema import embeddings
from store.library import Library

PARAGRAPHS = (
    "The lighthouse at Skerrow Point was built in 1871 by the engineer Ada Thornbury.",
    "Its lamp burned rapeseed oil until 1902, when paraffin took over.",
    "Three keepers lived there at a time, each on duty for four hours of the night.",
    "The tower is 38 metres high and has 211 steps.",
    "In 1953 a storm broke the gallery, and the repair cost 4,200 pounds.",
    "Since 1988 the light has been automatic; nobody has lived on the rock since.",
)


def vector_keys(library: Library) -> set[str]:
    """The keys of all vectors that today's embedder made."""
    with library._catalogue.database.reading() as db:
        ours = select(embeddings.c.key).where(embeddings.c.model == library._indexer.model)
        return set(db.execute(ours).scalars())


def document_of(
    *paragraphs: str, name: str = "lighthouse.txt", source: str | None = None
) -> Document:
    """A plain document of these paragraphs."""
    text, blocks = "", []
    for paragraph in paragraphs:
        text += "\n\n" if text else ""
        blocks.append(Block(BlockKind.PARAGRAPH, len(text), len(text) + len(paragraph)))
        text += paragraph
    return Document(name, name, text, tuple(blocks), source or f"/documents/{name}")


def long_document(paragraphs: int, name: str = "long.txt", seed: str = "") -> Document:
    """A document whose paragraphs are passages of their own (each fills most of a window)."""
    words = "granite harbour lantern meadow orchard pebble quarry river saddle timber"
    return document_of(
        *(f"{seed} Part {n} is about number {n * n}. " + f"{words} {n}. " * 9 for n in
          range(paragraphs)),
        name=name,
    )  # fmt: skip
