"""Opens the embedding model that the settings name."""

from __future__ import annotations

from store.embedding.embedder import Embedder
from store.embedding.provider_embedder import ProviderEmbedder, is_provider_name
from store.embedding.sentence_transformer import SentenceTransformerEmbedder


def open_embedder(name: str | None = None, base_url: str | None = None) -> Embedder:
    """The embedding model of this name; loads nothing yet.

    None is the model that comes with Footnote. ``provider:model`` is one that LangChain's
    ``init_embeddings`` knows, at ``base_url`` if that is given. All else is a
    sentence-transformers model on this machine, by name or folder.
    """
    if name and is_provider_name(name):
        return ProviderEmbedder(name, base_url)
    return SentenceTransformerEmbedder(name)
