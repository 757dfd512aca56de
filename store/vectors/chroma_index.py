"""One Chroma collection of the catalogue's vectors; the only import of Chroma.

The collection's metadata say how far it follows the catalogue, so that every process that uses it
knows, wherever Chroma runs: in this process on a folder, or as a server.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from store.vectors.brute_force import VectorSource, VectorState

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VECTOR_BATCH_SIZE = 256
COLLECTION_NAME = "passages"
MAX_IN_LOG = 1000 + VECTOR_BATCH_SIZE
"""Vectors that Chroma may still have in its log alone (its ``sync_threshold``, and a batch)."""
FOLDER_FILE = "follows.json"
"""The file that names the folder of Chroma's that is in use."""


class Damaged(Exception):
    """The collection does not hold what it should."""


@dataclass(frozen=True, slots=True)
class Follows:
    """How far a collection follows the catalogue: the last ``seq`` that it took, how often unused
    vectors were collected, and how many vectors it held then, at the least."""

    model: str
    seq: int = 0
    collections: int = 0
    held: int = 0


class ChromaIndex:
    """A collection and how far it follows. Use it from one thread at a time."""

    def __init__(self, client: Any, name: str, state: VectorState) -> None:
        self._client = client
        self._items: Any = client.get_or_create_collection(
            name, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
        )
        fresh = Follows(state.model, 0, state.collections)
        self.follows = _read(self._items.metadata) or fresh

    @classmethod
    def in_folder(cls, folder: Path, state: VectorState) -> ChromaIndex:
        """The collection in a folder that no other process uses."""
        import chromadb
        from chromadb.config import Settings

        indexed = any(folder.rglob("*.bin"))  # before Chroma makes new ones
        client: Any = chromadb.PersistentClient(
            path=str(folder), settings=Settings(anonymized_telemetry=False)
        )
        index = cls(client, COLLECTION_NAME, state)
        count = index._items.count()
        if count < max(index.follows.held, min(index.follows.seq, 1)):
            client.close()
            raise Damaged(f"only {count} vectors are left")
        if count > MAX_IN_LOG and not indexed:
            client.close()
            raise Damaged("the files of its index are gone")
        return index

    @classmethod
    def on_server(cls, address: str, token: str, name: str, state: VectorState) -> ChromaIndex:
        """The collection of that name on a Chroma server."""
        import chromadb
        from chromadb.config import Settings

        parts = urlsplit(address)
        client = chromadb.HttpClient(
            host=parts.hostname or "localhost",
            port=parts.port or (443 if parts.scheme == "https" else 80),
            ssl=parts.scheme == "https",
            headers={"Authorization": f"Bearer {token}"} if token else {},
            settings=Settings(anonymized_telemetry=False),
        )
        return cls(client, name, state)

    def fits(self, state: VectorState) -> bool:
        """Whether today's embedder made its vectors."""
        return self.follows.model == state.model

    def up_to_date(self, state: VectorState) -> bool:
        """Whether it holds all that the catalogue holds, as far as is known here."""
        follows = self.follows
        return follows.seq >= state.last and follows.collections == state.collections

    def refresh(self) -> None:
        """Looks how far others have brought it."""
        self._items = self._client.get_collection(self._items.name, embedding_function=None)
        self.follows = _read(self._items.metadata) or self.follows

    def sync(self, source: VectorSource, limit: int) -> bool:
        """Takes in up to ``limit`` vectors and drops collected ones; False when there is none."""
        import numpy as np

        state = source.vector_state()
        follows = self.follows
        if state.collections != follows.collections:
            self._drop_unknown(source)
            count = self._items.count()
            self._note(Follows(follows.model, follows.seq, state.collections, count))
        rows = source.vectors_after(self.follows.seq, limit) if state.last > follows.seq else []
        if not rows:
            return False
        vectors = np.stack([np.frombuffer(blob, dtype=np.float32) for _, _, blob in rows])
        self._items.upsert(ids=[key for _, key, _ in rows], embeddings=vectors)
        self._note(Follows(follows.model, rows[-1][0], state.collections, self.follows.held))
        return True

    def record_count(self) -> None:
        """Notes how many vectors it holds, once it has taken in what there was."""
        follows = self.follows
        if (count := self._items.count()) != follows.held:
            self._note(Follows(follows.model, follows.seq, follows.collections, count))

    def nearest(self, vector: NDArray[np.float32], n: int) -> list[tuple[str, float]]:
        """``(key, cosine)`` of about the ``n`` nearest, nearest first: the index is approximate."""
        if self.follows.seq == 0:
            return []
        result = self._items.query(
            query_embeddings=vector[None, :], n_results=n, include=["distances"]
        )
        keys, distances = result["ids"][0], (result["distances"] or [[]])[0]
        # A few may be missed; if most are, the index's files are not what they were.
        if 2 * len(keys) < min(n, self.follows.held):
            raise Damaged(f"it finds {len(keys)} neighbours of {n}")
        return [(key, 1.0 - float(distance)) for key, distance in zip(keys, distances, strict=True)]

    def delete(self) -> None:
        """Deletes the collection."""
        self._client.delete_collection(self._items.name)

    def close(self) -> None:
        """Lets go of the folder or the connection."""
        self._client.close()

    def _drop_unknown(self, source: VectorSource) -> None:
        """Deletes what the catalogue no longer has, page by page."""
        offset = 0
        while keys := self._items.get(include=[], limit=VECTOR_BATCH_SIZE, offset=offset)["ids"]:
            gone = source.unknown_vectors(keys)
            if gone:
                self._items.delete(ids=sorted(gone))
            offset += len(keys) - len(gone)

    def _note(self, follows: Follows) -> None:
        self._items.modify(metadata=asdict(follows))
        self.follows = follows


def _read(metadata: Any) -> Follows | None:
    if not metadata or "seq" not in metadata:
        return None
    try:
        return Follows(
            str(metadata["model"]),
            int(metadata["seq"]),
            int(metadata["collections"]),
            int(metadata.get("held", 0)),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Damaged(f"unreadable metadata: {error}") from error


def folder_of(root: Path) -> str:
    """The name of the folder that ``root``'s note names."""
    try:
        return str(json.loads((root / FOLDER_FILE).read_text(encoding="utf-8"))["folder"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Damaged(f"unreadable note: {error}") from error


def failures() -> tuple[type[Exception], ...]:
    """What Chroma, its folder and its server may raise."""
    import httpx
    from chromadb.errors import ChromaError

    return (Damaged, ChromaError, OSError, httpx.HTTPError, ValueError)
