"""Opens the library that the settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.settings import Settings

if TYPE_CHECKING:
    from store.library import Library


def open_library(settings: Settings) -> Library:
    """The library of the data folder, its embedder and its vectors; loads no model."""
    from store.library import Library
    from store.open_embedder import open_embedder

    return Library.open(
        settings.data,
        open_embedder(settings.embedder, settings.embedder_url),
        database=settings.database,
        chroma=(settings.chroma, settings.chroma_token) if settings.chroma else None,
    )
