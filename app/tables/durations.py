"""Cells that say how long something took: "2:30", "1:02:10", "2 h 30 min", "2 years 3 months"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from app.tables.units import MONTHS, SECONDS, in_base

CLOCK, LONG_CLOCK, TIME, AGE = "0:00", "0:00:00", "h min s", "years months"
"""Forms of durations, in place of a unit. The number of a CLOCK counts its lower part (minutes or
seconds: the cell does not say which), that of the next two seconds, and that of the last months."""
FORMS = (CLOCK, LONG_CLOCK, TIME, AGE)
_CLOCK = re.compile(r"(?:(\d+):)?(\d+):([0-5]\d(?:\.\d+|,\d{1,2})?)")  # not "1:44,880", a ratio
_PART = re.compile(r"(\d+(?:[.,]\d+)?)\s*([^\W\d_]+)\.?\s*")
_NAMES = {TIME: (("h", 3600), ("min", 60), ("s", 1)), AGE: (("years", 12), ("months", 1))}


def clock_value(text: str) -> tuple[Decimal, str] | None:
    """What "2:30" or "1:02:10" counts, and its form; None for another text."""
    clock = _CLOCK.fullmatch(text.strip())
    if clock is None:
        return None
    hours, minutes, seconds = clock.groups()
    whole = Decimal(int(hours or 0) * 3600 + int(minutes) * 60)
    return whole + Decimal(seconds.replace(",", ".")), LONG_CLOCK if hours else CLOCK


def durations(texts: Sequence[str]) -> tuple[list[Decimal], str] | None:
    """What the cells of a column count, and the one form of them all. None if one of them is no
    duration, or if each is in one and the same unit ("15 min"), which needs no form."""
    clocks = [clock_value(text) for text in texts]
    if all(clocks):
        forms = {clock[1] for clock in clocks if clock}
        return [c[0] for c in clocks if c], LONG_CLOCK if LONG_CLOCK in forms else CLOCK
    spoken = [_spoken(text) for text in texts]
    quantities = {each and each[0] for each in spoken}
    composite = any(each and each[2] > 1 for each in spoken)
    if len(quantities) != 1 or None in quantities or not composite:
        return None
    form = TIME if quantities == {SECONDS} else AGE
    return [each[1] for each in spoken if each], form


def _spoken(text: str) -> tuple[str, Decimal, int] | None:
    """The quantity of "2 h 30 min", how much of its base unit that is, and in how many parts."""
    plain = re.sub(r"\b(?:and|und|et|y|e)\b|[,&]", " ", text).strip()
    parts = _PART.findall(plain)
    if not parts or _PART.sub("", plain).strip():
        return None
    known = [in_base(unit) for _, unit in parts]
    quantity = known[0][0] if known[0] else ""
    if quantity not in (SECONDS, MONTHS) or any(k is None or k[0] != quantity for k in known):
        return None
    factors = [each[1] for each in known if each]
    if factors != sorted(factors, reverse=True) or len(set(factors)) < len(factors):
        return None
    amounts = [Decimal(number.replace(",", ".")) for number, _ in parts]
    return (
        quantity,
        sum((a * f for a, f in zip(amounts, factors, strict=True)), Decimal(0)),
        len(parts),
    )


def base_unit(unit: str, header: str) -> str:
    """What the numbers of a column count: its ``unit``, that of its durations' form, or the one
    that its header names ("Weight (kg)"). "" if nothing says so."""
    if unit in (TIME, LONG_CLOCK):
        return SECONDS
    if unit == AGE:
        return MONTHS
    named = [word for word in re.findall(r"[^\W\d_]+[²³]?", header) if in_base(word)]
    if unit == CLOCK:
        known = filter(None, map(in_base, named))
        upper = next((factor for base, factor in known if base == SECONDS), Decimal(0))
        return {3600: "min", 60: SECONDS}.get(int(upper), "")
    return unit or (named[-1] if named and header.rstrip(" .").endswith((")", "]")) else "")


def write_duration(number: Decimal, form: str) -> str:
    """A number of such a column as its cells are written: "7:30", "7 h 30 min"."""
    sign, rest = ("-" if number < 0 else ""), abs(number)
    if form == CLOCK:
        return sign + _clocked(rest, 60)
    if form == LONG_CLOCK:
        return f"{sign}{int(rest // 3600)}:{_clocked(rest % 3600, 60).rjust(5, '0')}"
    written = []
    for name, size in _NAMES[form]:
        amount = rest // size if size > 1 else round(rest, 1)
        rest -= amount * size
        shown = name.removesuffix("s") if amount == 1 and form == AGE else name
        written += [f"{_plain(amount)} {shown}"] if amount else []
    return sign + (" ".join(written) or f"0 {_NAMES[form][-1][0]}")


def _clocked(number: Decimal, base: int) -> str:
    low = round(number % base, 1)
    high, low = (number // base, low) if low < base else (number // base + 1, Decimal(0))
    whole, _, tenth = _plain(low).partition(".")
    return f"{int(high)}:{whole.rjust(2, '0')}{'.' * bool(tenth)}{tenth}"


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
