"""Embeddings by a provider that LangChain knows (``openai:…``): texts are sent to it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from store.embedding.embedder import Embedder, EncodeProgress
from store.results import StoreError

if TYPE_CHECKING:
    import numpy as np
    from langchain_core.embeddings import Embeddings
    from numpy.typing import NDArray

TEXT_BATCH_SIZE = 64
WINDOW_TOKENS = 512
"""Tokens that every provider's model takes; longer passages would be no better evidence."""


def is_provider_name(name: str) -> bool:
    """Whether a name is ``provider:model`` and not a folder (``C:\\models`` is one)."""
    return re.match(r"[a-z][a-z0-9_]+:[^\\/]", name) is not None


class ProviderEmbedder(Embedder):
    """A provider's embedding model. Its weights cannot be checked: the name has to be enough."""

    max_tokens = WINDOW_TOKENS

    def __init__(self, name: str, base_url: str | None = None) -> None:
        self.name = name
        self._base_url = base_url
        self.fingerprint = f"{name}@provider/{WINDOW_TOKENS}"

    def __reduce__(self) -> tuple[type[Self], tuple[str, str | None]]:
        """In another process it opens the provider's package again."""
        return type(self), (self.name, self._base_url)

    @cached_property
    def dimensions(self) -> int:  # type: ignore[override]
        """Length of a vector; asks the provider once."""
        return int(self.encode_queries(["size"]).shape[1])

    def count_tokens(self, text: str) -> int:
        """An estimate on the high side: providers count elsewhere."""
        return len(text.encode("utf-8", "replace")) // 3 + 1

    def encode_documents(
        self, texts: Sequence[str], progress: EncodeProgress | None = None
    ) -> NDArray[np.float32]:
        """See ``Embedder``; raises ``StoreError`` if the provider does not answer."""
        import numpy as np

        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        rows: list[list[float]] = []
        for first in range(0, len(texts), TEXT_BATCH_SIZE):
            part = [text or " " for text in texts[first : first + TEXT_BATCH_SIZE]]
            rows += self._ask(self._model.embed_documents, part)
            if progress:
                progress(min(first + TEXT_BATCH_SIZE, len(texts)), len(texts))
        return _unit_length(rows)

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See ``Embedder``; raises ``StoreError`` if the provider does not answer."""
        import numpy as np

        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        return _unit_length([self._ask(self._model.embed_query, text or " ") for text in texts])

    @cached_property
    def _model(self) -> Embeddings:
        from langchain.embeddings import init_embeddings

        options: dict[str, Any] = {"base_url": self._base_url} if self._base_url else {}
        try:
            embeddings = init_embeddings(self.name, **options)
        except ImportError as error:
            raise StoreError(f"{self.name} needs another package: {error}") from error
        except Exception as error:  # the packages' own errors, a missing key above all
            reason = " ".join(str(error).split())[:300]
            raise StoreError(
                f"The embedding model {self.name} cannot be opened: {reason}"
            ) from error
        assert not isinstance(embeddings, str)
        return embeddings

    def _ask(self, call: Any, argument: Any) -> Any:
        from langsmith import tracing_context

        try:
            with tracing_context(enabled=False):
                return call(argument)
        except Exception as error:  # the packages' errors share no base
            reason = " ".join(str(error).split())[:300] or type(error).__name__
            raise StoreError(
                f"The embedding model {self.name} did not answer ({reason}). Try again when it is "
                "there; nothing was changed."
            ) from error


def _unit_length(rows: Sequence[Sequence[float]]) -> NDArray[np.float32]:
    import numpy as np

    vectors: NDArray[np.float32] = np.asarray(rows, dtype=np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors /= np.maximum(lengths, np.finfo(np.float32).tiny)
    return vectors
