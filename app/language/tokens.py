"""Tokenises, folds and stems words, and measures how much of a question a text covers."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache

import snowballstemmer

from ingest.language.stopwords import STOP_WORDS as SEARCH_STOP_WORDS

# Chinese and Japanese set no spaces: each of their characters is a word.
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+(?:['’][^\W{_UNSPACED}]+)?")
# Snowball keeps the word that it works on in the stemmer: each thread has its own.
_LOCAL = threading.local()

# Besides the words too common to search for, those in which a question wraps what it asks.
_ASKING = """
aren't cannot couldn't didn't doesn't don't few hasn't haven't herself himself isn't itself many
much myself ours ourselves say said says same such tell theirs themselves very wasn't weren't won't
yours yourself please give name list describe explain kind sort type
"""
STOP_WORDS = SEARCH_STOP_WORDS | frozenset(_ASKING.split())


def fold(text: str) -> str:
    """Case, width and diacritics removed (Unicode NFKD), for comparing and never for showing."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()


def words(text: str) -> list[str]:
    """Folded words in order; possessive endings dropped, apostrophes as in type ("doesn't")."""
    return [re.sub(r"'s$", "", w.replace("’", "'")) for w in _WORD.findall(fold(text))]


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Snowball English stem of a folded word (Porter 2)."""
    stemmer = getattr(_LOCAL, "stemmer", None)
    if stemmer is None:
        stemmer = _LOCAL.stemmer = snowballstemmer.stemmer("english")
    return str(stemmer.stemWord(word))


def content_words(text: str) -> list[str]:
    """Folded words without the closed class, in order, each once."""
    return list(dict.fromkeys(w for w in words(text) if w not in STOP_WORDS))


def stems(text: str) -> set[str]:
    """Stems of all words of a text."""
    return {stem(w) for w in words(text)}


def soft_match(word: str, among: set[str]) -> float:
    """How well a folded word is met by a set of stems: 1 the stem itself, 0.7 a near form, 0 none.

    A near form shares at least five letters at the start and three fifths of the longer word
    ("visited"/"visitors", "Azerbaijan"/"Azerbaijani").
    """
    root = stem(word)
    if root in among:
        return 1.0
    for other in among:
        shared = 0
        for a, b in zip(root, other, strict=False):
            if a != b:
                break
            shared += 1
        if shared >= 5 and shared >= 0.6 * max(len(root), len(other)):
            return 0.7
    return 0.0


def coverage(asked: Sequence[str], text: str, rarity: Mapping[str, float]) -> float:
    """Share (0 to 1) of a question's content words, weighted by rarity, that the text takes up.

    ``rarity`` maps folded words to their inverse document frequency; a word that it lacks counts
    as the rarest. A question without content words is covered wholly.
    """
    if not asked:
        return 1.0
    rarest = max(rarity.values(), default=1.0)
    weight = {w: max(0.05, rarity.get(w, rarest)) for w in asked}
    among = stems(text)
    met = sum(weight[w] * soft_match(w, among) for w in asked)
    return met / sum(weight.values())
