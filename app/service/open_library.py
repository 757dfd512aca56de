"""Opens the library that the settings name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.settings import Settings, load_settings

if TYPE_CHECKING:
    from store.indexing.ray_cluster import RayCluster
    from store.library import Library


def open_library(settings: Settings | Path | str, cluster: RayCluster | None = None) -> Library:
    """The library that the settings, or the settings of a data folder, name; loads no model.

    With a ``cluster`` the embedding is done there. Raises :class:`~store.results.StoreError` if
    the data folder or its database cannot be used.
    """
    from store.embedding.open_embedder import open_embedder
    from store.library import Library

    if not isinstance(settings, Settings):
        settings = load_settings(data=settings)
    embedder = open_embedder(settings.embedder, settings.embedder_url)
    return Library.open(
        settings.data,
        cluster.embedder(embedder) if cluster else embedder,
        database=settings.database,
        chroma=(settings.chroma, settings.chroma_token) if settings.chroma else None,
    )
