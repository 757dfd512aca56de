"""BM25 (Robertson and Zaragoza 2009) in FTS5's own formula, over words told apart, folded and
stemmed as FTS5 does it."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain

import snowballstemmer

from store.fulltext.query_terms import Phrase, spaced

K1 = 1.2
B = 0.75
CONTEXT_WEIGHT = 0.6
"""What a word of a passage's context counts; one of its text counts 1."""
CANDIDATE_FACTOR = 4
"""How many times the passages asked for are scored here, and at least ``MIN_CANDIDATES``."""
MIN_CANDIDATES = 200
# Words of the text have the weight A, those of the context B, some places behind the text.
CONTEXT_GAP = 8
MAX_WORD_CHARS = 200
"""Characters of a word that are indexed; PostgreSQL takes 2 kB."""
MAX_POSITION = 16_383
TOKEN_PATTERN = re.compile(r"[^\W_]+")
COMBINING_MARKS = re.compile("[\u0300-\u036f]+")
_LOCAL = threading.local()


Places = dict[int, float]
"""Where a word stands in a passage, and what it counts there."""


def score(words: str, length: int, mean: float, weights: Mapping[Phrase, float]) -> float:
    """The BM25 of a passage (its ``vector`` and how many words it has) for stemmed phrases with
    their idf; ``mean`` is the mean number of words."""
    return _score(lambda stem: _places(words, stem), length, mean, weights)


def score_of_text(
    words_said: str, context: str, mean: float, weights: Mapping[Phrase, float]
) -> float:
    """The same of a passage that no vector is kept of."""
    wanted = {stem for stems in weights for stem in stems}
    by_word: dict[str, Places] = {}
    place = length = 0
    for text, weight in ((words_said, 1.0), (context, CONTEXT_WEIGHT)):
        for word in tokens(spaced(text)):
            place, length = place + 1, length + 1
            if word in wanted:
                by_word.setdefault(word, {})[min(place, MAX_POSITION)] = weight
        place += CONTEXT_GAP
    return _score(lambda stem: by_word.get(stem, {}), length, mean, weights)


def _score(
    places: Callable[[str], Places], length: int, mean: float, weights: Mapping[Phrase, float]
) -> float:
    norm = K1 * (1 - B + B * length / max(1.0, mean))
    total = 0.0
    for stems, idf in weights.items():
        times = _frequency([places(stem) for stem in stems])
        total += idf * times * (K1 + 1) / (times + norm)
    return total


def weighted(rarity: Mapping[Phrase, float]) -> dict[Phrase, float]:
    """The phrases stemmed; one that is asked for twice counts twice, as in FTS5."""
    weights: dict[Phrase, float] = {}
    for phrase, idf in rarity.items():
        if stems := stemmed(phrase):
            weights[stems] = weights.get(stems, 0.0) + idf
    return weights


def best(scores: Mapping[int, float], limit: int) -> list[tuple[int, float]]:
    """``(passage id, BM25)``, best first."""
    return sorted(scores.items(), key=lambda found: (-found[1], found[0]))[:limit]


def stemmed(phrase: Phrase) -> Phrase:
    """The stems of a phrase."""
    return tuple(chain.from_iterable(map(tokens, phrase)))


def vector(text: str, context: str) -> tuple[str, int]:
    """Text and context as PostgreSQL writes a ``tsvector``, and how many words they have."""
    parts: dict[str, list[str]] = {}
    place = length = 0
    for words, weight in ((tokens(spaced(text)), "A"), (tokens(spaced(context)), "B")):
        for word in words:
            place, length = min(place + 1, MAX_POSITION), length + 1
            parts.setdefault(word, []).append(f"{place}{weight}")
        place = min(place + CONTEXT_GAP, MAX_POSITION)
    return " ".join(f"'{word}':{','.join(places)}" for word, places in parts.items()), length


def tokens(text: str) -> Iterator[str]:
    """The words of a text, folded and stemmed."""
    return (_stem(word[:MAX_WORD_CHARS]) for word in TOKEN_PATTERN.findall(_folded(text)))


def _frequency(stems: Sequence[Places]) -> float:
    """How often words stand one after the other, each time by its weight."""
    first, *rest = stems
    return sum(
        weight
        for place, weight in first.items()
        if all(place + after in later for after, later in enumerate(rest, 1))
    )


def _places(words: str, stem: str) -> Places:
    """Where a stem stands, with each place's weight."""
    at = words.find(f"'{stem}':")
    if at < 0:
        return {}
    places = words[at + len(stem) + 3 :].split(" ", 1)[0].split(",")
    return {int(each[:-1]): 1.0 if each[-1] == "A" else CONTEXT_WEIGHT for each in places}


def _folded(text: str) -> str:
    """Lower case, without the accents of Latin, Greek and Cyrillic letters."""
    bare = COMBINING_MARKS.sub("", unicodedata.normalize("NFD", text.lower()))
    return unicodedata.normalize("NFC", bare)


@lru_cache(maxsize=100_000)
def _stem(word: str) -> str:
    if not 3 <= len(word.encode()) <= 64:  # as FTS5 leaves them
        return word
    stemmer = getattr(_LOCAL, "stemmer", None)
    if stemmer is None:  # one for each thread: they keep what they work on
        stemmer = _LOCAL.stemmer = snowballstemmer.stemmer("porter")
    return str(stemmer.stemWord(word))
