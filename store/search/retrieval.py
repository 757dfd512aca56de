"""What one question needs of the store, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from store.catalogue.listing import Listing
from store.results import Hit


@dataclass(frozen=True, slots=True)
class Retrieval:
    """The passages for one question and all about them, read in one snapshot.

    ``hits`` are the best passages and ``candidates`` all that were compared by their sentences,
    each best first; ``idf`` is that of the words asked for. ``listing`` are the documents that were
    searched, and ``documents`` their ids if they were chosen (None: all). ``vector`` is the
    question's unit vector as float32 bytes, b"" before anything was ingested.
    """

    hits: tuple[Hit, ...] = ()
    candidates: tuple[Hit, ...] = ()
    idf: Mapping[str, float] = field(default_factory=dict)
    listing: Listing = Listing()
    documents: tuple[str, ...] | None = None
    vector: bytes = b""
