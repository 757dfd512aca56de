"""Opens the library that the settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.settings import Settings

if TYPE_CHECKING:
    from store.indexing.ray_cluster import RayCluster
    from store.library import Library


def open_library(settings: Settings, cluster: RayCluster | None = None) -> Library:
    """The library of the data folder, its embedder and its vectors; loads no model. With a
    ``cluster`` the embedding is done there."""
    from store.embedding.open_embedder import open_embedder
    from store.library import Library

    embedder = open_embedder(settings.embedder, settings.embedder_url)
    return Library.open(
        settings.data,
        cluster.embedder(embedder) if cluster else embedder,
        database=settings.database,
        chroma=(settings.chroma, settings.chroma_token) if settings.chroma else None,
    )
