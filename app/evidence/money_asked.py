"""A question for a price is answered only by an amount of money.

What a text says of a thing reads like an answer to its price: "A permit is needed for music." In 39
questions of SQuAD on prices that were looked at, all of the answers in money hold an amount.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.evidence.evidence import Evidence
from app.language.money import holds_amount
from app.language.numbers import find_numbers
from app.language.tokens import stems
from app.question.parsed_question import ParsedQuestion
from ingest.document import BlockKind

_ASKS = re.compile(
    r"^(?:and )?how much (?:do|does|did|is|are|was|were|will|would|must|should|can|it)\b"
    r".*\b(?:costs?|pay|charged?|fee|price)\b"
    r"|^(?:and )?what (?:do|does|did|will|would) .*\bcosts?\b"
    r"|^(?:and )?what (?:is|was|are|were) the (?:price|cost|fare)s? (?:of|for)\b"
    r"|^(?:und )?(?:was|wie viel|wieviel) kostet(?:e|en)?\b|^combien coûten?t?\b|^cuánto cuestan?\b"
    r"|^сколько стоит\b"
)
_CHANGE = re.compile(r"\b(?:percent|percentage|increase[ds]?|rise|rose|risen|fall|fell|fallen)\b")
_PRICE_WORDS = stems("cost costs costing price priced prices pay paid charge charged fee fare")


def asks_for_money(question: ParsedQuestion) -> bool:
    """Whether the question asks for a price, by its form."""
    folded = question.text.casefold().strip()
    return _ASKS.search(folded) is not None and _CHANGE.search(folded) is None


def lacks_amount(question: ParsedQuestion, evidence: Sequence[Evidence]) -> bool:
    """Whether a price is asked for and no sentence gives one: an amount of money, a number that is
    said to be a price, or a number in a table's row."""
    if not asks_for_money(question):
        return False
    return not any(map(_gives_amount, evidence))


def _gives_amount(evidence: Evidence) -> bool:
    if holds_amount(evidence.text):
        return True
    here = (b for b in evidence.hit.source.blocks if b.start <= evidence.start < b.end)
    row = any(block.kind is BlockKind.TABLE_ROW for block in here)
    priced = row or bool(_PRICE_WORDS & stems(evidence.text))
    return priced and bool(find_numbers(evidence.text))
