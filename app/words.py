"""Words as the answering side compares them: folded, stemmed, weighed by what they carry."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import snowballstemmer

_WORD = re.compile(r"\w+(?:['’]\w+)?")
_STEMMER = snowballstemmer.stemmer("english")

# Words that carry no content of their own: articles, pronouns, auxiliaries, prepositions and the
# question words. A closed class, so a list is the right tool.
STOP_WORDS = frozenset(
    "a about above after again against all also am an and any are aren't as at be because been "
    "before being below between both but by can cannot could did didn't do does doesn't doing "
    "don't down during each few for from further had has have having he her here hers herself him "
    "himself his how i if in into is isn't it it's its itself just me more most my myself no nor "
    "not of off on once only or other our ours ourselves out over own same she should so some such "
    "than that the their theirs them themselves then there these they this those through to too "
    "under until up us very was wasn't we were what when where which while who whom whose why will "
    "with would you your yours yourself yourselves tell say says said please give name list "
    "describe explain many much kind sort type".split()
)


def fold(text: str) -> str:
    """Case, width and diacritics removed (Unicode NFKD), for comparing and never for showing."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()


def words(text: str) -> list[str]:
    """Folded words in order; possessive endings dropped."""
    return [re.sub(r"['’]s$", "", w) for w in _WORD.findall(fold(text))]


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Snowball English stem of a folded word (Porter 2)."""
    return str(_STEMMER.stemWord(word))


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


def coverage(question: str, text: str, rarity: dict[str, float]) -> float:
    """Share (0 to 1) of the question's content, weighted by rarity, that the text takes up.

    ``rarity`` maps folded words to their inverse document frequency; a word that it lacks counts
    as the rarest. A question without content words is covered wholly.
    """
    asked = content_words(question)
    if not asked:
        return 1.0
    rarest = max(rarity.values(), default=1.0)
    weight = {w: max(0.05, rarity.get(w, rarest)) for w in asked}
    among = stems(text)
    met = sum(weight[w] * soft_match(w, among) for w in asked)
    return met / sum(weight.values())
