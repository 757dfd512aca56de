"""Splits questions into the phrases that the full text is searched for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from ingest.language.stopwords import STOP_WORDS

Phrase = tuple[str, ...]
"""Words that stand one after the other; mostly one."""
Every = tuple[Phrase, ...]
"""Phrases that are all to be there."""
Rarity = Callable[[Sequence[Phrase]], dict[Phrase, float]]
"""Gives the idf of phrases."""
WORD_PATTERN = re.compile(r"\w+", re.UNICODE)
# Scripts written without spaces: every character is indexed as a word, and a run asked as phrases.
UNSPACED_PATTERN = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0002fa1f]"
)
MAX_TERMS = 48


def spaced(text: str) -> str:
    """``text`` with the characters of unspaced scripts set apart."""
    return UNSPACED_PATTERN.sub(r" \g<0> ", text)


def terms(question: str) -> list[Phrase]:
    """The phrases that a question is searched by, stop words left out.

    Stop words are kept if nothing else was asked. Any text is safe: only letters, digits and
    underscores are in them, and there are at most ``MAX_TERMS``.
    """
    return list(dict.fromkeys(phrases(informative_terms(question))))[:MAX_TERMS]


def informative_terms(question: str) -> list[str]:
    """The distinct words of a question, in lower case, without the stop words (if others remain),
    at most ``MAX_TERMS``."""
    words = dict.fromkeys(
        word.lower()
        for word in WORD_PATTERN.findall(question.replace("'s", " ").replace("’s", " "))
    )
    return ([word for word in words if word not in STOP_WORDS] or list(words))[:MAX_TERMS]


def phrases(words: Iterable[str]) -> Iterator[Phrase]:
    """Each word as a phrase; a run of an unspaced script as all its pairs of characters."""
    for word in words:
        if not UNSPACED_PATTERN.search(word):
            yield (word,)
            continue
        characters = spaced(word).split()
        pairs: list[Phrase] = list(zip(characters, characters[1:], strict=False))
        yield from pairs or [(characters[0],)]
