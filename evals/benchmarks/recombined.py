"""A library of any size, recombined from the sentences of real text, with vectors to match.

Documents are made from a number alone, so that a run that was cut off goes on where it stopped. A
passage's vector is the mean of the real vectors of the sentences that it was made of, with a little
noise: as near to each other, and as hard to index, as real ones, at no cost of an encoder.
"""

from __future__ import annotations

import random
import re
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from ingest.document import Document
from ingest.language.sentences import sentences
from ingest.load import load_bytes
from ingest.load.base.source import Source
from store.embedding.embedder import Embedder, EncodeProgress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SHORTEST, LONGEST = 50, 260
"""Characters of a sentence that is used."""
SENTENCES = 6
PARAGRAPHS = 100
CHANGED = 3
"""Words of a sentence that are another sentence's: so no sentence is there a thousand times."""
NOISE = 0.02
CACHE_SIZE = 200_000
_WORD = re.compile(r"\w{4,}")


def sentence_pool(text: str, most: int, seed: int = 1) -> list[str]:
    """Up to ``most`` distinct sentences of the text that are neither short nor long."""
    texts = {" ".join(text[a:b].split()) for a, b in sentences(text)}
    fit = sorted(s for s in texts if SHORTEST <= len(s) <= LONGEST and s[:1].isupper())
    return sorted(random.Random(seed).sample(fit, min(most, len(fit))))


class Corpus:
    """Documents recombined from sentences; equal for equal sentences and numbers."""

    def __init__(self, pool: Sequence[str]) -> None:
        self.pool = pool
        self._words = sorted({word for sentence in pool for word in _WORD.findall(sentence)})
        self.origins: OrderedDict[str, int] = OrderedDict()
        """Index in the pool of each sentence made last."""

    def document(self, number: int) -> Document:
        """A Markdown document of ``PARAGRAPHS`` paragraphs, each about a passage long."""
        rng = random.Random(number)
        parts = [f"# {self._sentence(rng)[:60].rstrip(' .,')}"]
        for paragraph in range(PARAGRAPHS):
            if paragraph % 10 == 0:
                parts.append(f"## {self._sentence(rng)[:40].rstrip(' .,')}")
            parts.append(" ".join(self._sentence(rng) for _ in range(SENTENCES)))
        name = f"recombined-{number:06}.md"
        data = ("\n\n".join(parts) + "\n").encode()
        return load_bytes(data, Source(name, f"recombined:{number}"))

    def question(self, number: int, documents: int) -> str:
        """Words of a sentence of one of the documents, as somebody might type them."""
        rng = random.Random(f"question {number}")
        text = self.document(rng.randrange(documents)).text
        start, end = rng.choice(sentences(text)[12:])
        words = text[start:end].rstrip(".").split()
        first = rng.randrange(max(1, len(words) - 8))
        return "What is said about " + " ".join(words[first : first + 8]) + "?"

    def _sentence(self, rng: random.Random) -> str:
        index = rng.randrange(len(self.pool))
        text = self.pool[index]
        words = _WORD.findall(text)
        for word in rng.sample(words, min(CHANGED, len(words))):
            text = text.replace(word, rng.choice(self._words), 1)
        self.origins[text] = index
        while len(self.origins) > CACHE_SIZE:
            self.origins.popitem(last=False)
        return text


class RecombiningEmbedder(Embedder):
    """Stands in for the encoder while recombined documents are ingested; counts are the real."""

    def __init__(
        self,
        real: Embedder,
        corpus: Corpus,
        vectors: NDArray[np.float32],
        real_passages: bool = False,
    ) -> None:
        """``vectors`` are the unit vectors of the pool's sentences, shape (sentences, dims). With
        ``real_passages`` the encoder makes those of passages."""
        self.name, self.fingerprint = real.name, real.fingerprint
        self.max_tokens, self.dimensions = real.max_tokens, real.dimensions
        self._real, self._corpus, self._vectors = real, corpus, vectors
        self._real_passages = real_passages
        self.seconds = 0.0
        """What it has spent itself: no part of what an ingest costs without the encoder."""

    def count_tokens(self, text: str) -> int:
        """See ``Embedder``."""
        return self._real.count_tokens(text)

    def encode_documents(
        self, texts: Sequence[str], progress: EncodeProgress | None = None
    ) -> NDArray[np.float32]:
        """See ``Embedder``."""
        import numpy as np

        began = perf_counter()
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        encoded = [at for at, text in enumerate(texts) if self._is_encoded(text)]
        if encoded:
            vectors[encoded] = self._real.encode_documents([texts[at] for at in encoded])
        for at in set(range(len(texts))).difference(encoded):
            vectors[at] = self._vector(texts[at])
        self.seconds += perf_counter() - began
        if progress:
            progress(len(texts), len(texts))
        return vectors

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See ``Embedder``."""
        return self._real.encode_queries(texts)

    def _is_encoded(self, text: str) -> bool:
        return self._real_passages and text not in self._corpus.origins

    def _vector(self, text: str) -> NDArray[np.float32]:
        import numpy as np

        origins = self._corpus.origins
        if text in origins:
            alone: NDArray[np.float32] = self._vectors[origins[text]]
            return alone
        used = [origins[text[a:b]] for a, b in sentences(text) if text[a:b] in origins]
        rng = np.random.default_rng(len(text) * 1000 + sum(used))
        mean = self._vectors[used].mean(axis=0) if used else self._vectors.mean(axis=0)
        mean = mean + rng.normal(0.0, NOISE, self.dimensions)
        unit: NDArray[np.float32] = (mean / np.linalg.norm(mean)).astype(np.float32)
        return unit


def read_pool(paths: Sequence[Path], most: int) -> list[str]:
    """The sentences of files and folders of plain text."""
    files = [file for path in paths for file in ([path] if path.is_file() else path.rglob("*.txt"))]
    return sentence_pool("\n\n".join(f.read_text(encoding="utf-8") for f in sorted(files)), most)
