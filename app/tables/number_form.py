"""Which sign parts the decimals of a table's numbers, and their value by it.

``1.204`` is 1204 where decimals have commas, and a little more than one where they have dots. What
a number by itself does not say, the others of its column say, else those of its table, else those
of its file; if none does, it has no value, and nothing is computed from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

NUMBER = re.compile(r"[-+−]?\d[\d.,'’\u00a0\u202f]*")
DOT, COMMA, OPEN, MIXED = ".", ",", "", "mixed"
"""A form: which sign parts decimals; OPEN if nothing shows it, MIXED if the numbers disagree."""
_SPACES = re.compile(r"[\s'’\u00a0\u202f]")
_OTHER = {DOT: COMMA, COMMA: DOT}


def form_of(texts: Iterable[str]) -> str:
    """The form of numbers that stand together."""
    shown = {form for text in texts for form in map(_shown, NUMBER.findall(text)) if form}
    return shown.pop() if len(shown) == 1 else MIXED if shown else OPEN


def decimal_value(written: str, form: str) -> Decimal | None:
    """The value of digits in a form; None if it is open and the digits do not settle it."""
    plain = _SPACES.sub("", written.replace("−", "-")).rstrip(".,")
    form = _shown(plain) if form in (OPEN, MIXED) or _shown(plain) else form
    if not form and "." in plain:
        return None
    # Alone, a comma before three digits sets off thousands: decimals have seldom three places.
    form = form or DOT
    plain = plain.replace(_OTHER[form], "").replace(form, ".")
    head, *tail = plain.split(".")
    return Decimal(head + (f".{tail[0]}" if tail else ""))


def _shown(written: str) -> str:
    """The form that a number shows by itself; OPEN for ``1.204``, ``1,204`` and whole numbers."""
    plain = _SPACES.sub("", written).rstrip(".,").lstrip("-+−")
    signs = [c for c in plain if c in ".,"]
    if not signs:
        return OPEN
    last = signs[-1]
    if len(set(signs)) == 2:
        return last
    if len(signs) > 1:
        return _OTHER[last]
    before, after = plain.split(last)
    thousands = len(after) == 3 and 1 <= len(before) <= 3 and not before.startswith("0")
    return OPEN if thousands else last
