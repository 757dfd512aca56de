"""Compares the wording of a sentence with its source's, for what the reader misses.

A small network overlooks a word that turns the meaning: a unit, a "may", an "all", a swap of
who and whom. The checks are measured in evals/FIGURES.md ("Verdicts"). The word lists are English;
in other languages only units and neighbours are compared.
"""

from __future__ import annotations

import re

from app.language.numbers import find_numbers
from app.language.tokens import STOP_WORDS, fold, soft_match, stem, stems, words

_HEDGES = """
may might could perhaps possibly probably likely maybe if unless would
denied denies deny claimed claims claim alleged allegedly reportedly doubted doubts
believe believes believed expect expects expected plan plans planned hope hopes hoped
wrong false untrue incorrect mistaken mistakenly disproved disproven refuted disputed
"""
HEDGE_WORDS = frozenset(_HEDGES.split())
STRONG_WORDS = frozenset({"all", "every", "each", "always", "never", "none", "only", "most"})
_SIGNS = {"%": " percent ", "€": " euro ", "$": " dollar ", "£": " pound ", "¥": " yen "}
NAME_WORDS = 3
_AROUND_NAMES = "\"'“”‘’«»()[],.;:!?"
_POSSESSIVE = re.compile(r"['’]s$")
# Content words this near to each other, in this order, are neighbours.
NEIGHBOUR_DISTANCE = 2
_NUMBERING = re.compile(r"^\W*(?:\d{1,3}(?:\.\d{1,3})*[.)]?|\(?[a-z]\))\s+")


def dropped_hedge(sentence: str, source: str) -> bool:
    """Whether the source says with a reservation ("may", "if", "denied") what the sentence says
    without any."""
    return bool(_hedges(source)) and not _hedges(sentence)


def _hedges(text: str) -> frozenset[str]:
    # The month is no reservation.
    return HEDGE_WORDS & set(words(re.sub(r"\bMay\b", " ", text)))


def stronger_claim(sentence: str, source: str) -> bool:
    """Whether the sentence says "all", "never" or "only" if the source does not."""
    return bool((STRONG_WORDS & set(words(sentence))) - set(words(source)))


def changed_unit(sentence: str, source: str) -> bool:
    """Whether a number of the sentence counts something that the source does not speak of."""
    among = stems(spell_out_units(source))
    claimed = words(spell_out_units(sentence))
    return any(
        _is_amount(number) and not find_numbers(unit) and unit not in STOP_WORDS
        and soft_match(unit, among) == 0
        for number, unit in zip(claimed, claimed[1:], strict=False)
    )  # fmt: skip


def _is_amount(word: str) -> bool:
    """Whether the word is a number and no code: 3 and "three", but not "E3"."""
    return bool(find_numbers(word)) and (word[:1].isdigit() or word.isalpha())


def spell_out_units(text: str) -> str:
    """The text with the signs of units as words: "40 €" as "40 euro"."""
    return re.sub("|".join(map(re.escape, _SIGNS)), lambda m: _SIGNS[m[0]], text)


def shared_neighbours(sentence: str, source: str) -> float:
    """Share (0 to 1) of the sentence's neighbouring content words that are neighbours in the
    source, in the same order. Of "Anna hired Bert" and "Bert hired Anna" it is 0.
    """
    claimed, among = (_content(text) for text in (sentence, source))
    if len(claimed) < 2:
        return 1.0
    near = {
        (word, other)
        for at, word in enumerate(among)
        for other in among[at + 1 : at + 1 + NEIGHBOUR_DISTANCE]
    }
    pairs = list(zip(claimed, claimed[1:], strict=False))
    return sum(pair in near for pair in pairs) / len(pairs)


def has_swapped(sentence: str, source: str) -> bool:
    """Whether two words around a third stand the other way round in the source, and nowhere as in
    the sentence: "Bert hired Anna" if Anna hired Bert, "the envoy of B to A" for that of A to B.
    """
    among = _content(source)
    near = {
        (one, middle, other)
        for at, one in enumerate(among)
        for then, middle in enumerate(among[at + 1 : at + 1 + NEIGHBOUR_DISTANCE], at + 1)
        for other in among[then + 1 : then + 1 + NEIGHBOUR_DISTANCE]
    }
    claimed = _content(sentence)
    triples = zip(claimed, claimed[1:], claimed[2:], strict=False)
    return any(
        a != b and (b, middle, a) in near and (a, middle, b) not in near for a, middle, b in triples
    )


def has_exchanged_name(sentence: str, source: str) -> bool:
    """Whether the sentence has a name of three words or more that differs in one of them from a
    name of the source which it leaves out: "Tarn Harvest Fair" if the source has "Skell Harvest
    Fair". Names of two words are left out: they may be two people of one family.
    """
    claimed, among = _long_names(sentence), _long_names(source)
    left_out = [name for name in among if name not in claimed]
    return any(
        len(name) == len(other)
        and sum(soft_match(a, {b}) == 0 for a, b in zip(name, other, strict=True)) == 1
        for name in claimed
        for other in left_out
    )


def _long_names(text: str) -> list[tuple[str, ...]]:
    """Runs of ``NAME_WORDS`` capitalised words and more, as stems, without what only opens a
    sentence ("The")."""
    runs: list[list[str]] = [[]]
    for token in text.split():
        word = _POSSESSIVE.sub("", token.strip(_AROUND_NAMES))
        if word[:1].isupper() and (runs[-1] or fold(word) not in STOP_WORDS):
            runs[-1].append(stem(fold(word)))
        elif runs[-1]:
            runs.append([])
        if runs[-1] and set(token[-2:]) & set(",.;:!?"):
            runs.append([])  # the end of a clause ends a name
    return [tuple(run) for run in runs if len(run) >= NAME_WORDS]


def is_restated(sentence: str, source: str, headings: str, neighbours: float) -> bool:
    """Whether the sentence is one sentence of the source with words left out.

    Its content words stand there in this order, ``neighbours`` (a share) of them next to the same
    word. If nothing is left out, words of the headings may be put in: "The cleaning agreement
    starts on 1 April" is "The agreement starts on 1 April and runs for three years" under
    "Cleaning"; "The cleaning starts on 1 April" is not.
    """
    among, above = _content(_NUMBERING.sub("", source)), set(_content(headings))
    at, kept, near, put_in = -1, 0, 0, False
    for word in _content(sentence):
        if word not in among[at + 1 :]:
            if word not in above:
                return False
            put_in = True
            continue
        place = among.index(word, at + 1)
        if put_in and place > at + 1:
            return False
        near += kept > 0 and place - at <= NEIGHBOUR_DISTANCE
        at, kept, put_in = place, kept + 1, False
    return kept > 1 and not put_in and near >= neighbours * (kept - 1)


def _content(text: str) -> list[str]:
    """Stems of the content words in order; numbers as values: "3" and "three" are the same."""
    return [
        "".join(f"{n:g}" for n in find_numbers(word)) or stem(word)
        for word in words(text)
        if word not in STOP_WORDS
    ]
