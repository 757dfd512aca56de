"""Units of measure that one quantity is written in, so that 500 g are less than 3 kg."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

SECONDS, MONTHS = "s", "month"
_QUANTITIES = {
    "g": {"mg": "0.001", "g": "1", "kg": "1000", "t": "1000000", "oz": "28.349523125"}
    | {"lb": "453.59237", "lbs": "453.59237"},
    "m": {"mm": "0.001", "cm": "0.01", "m": "1", "km": "1000", "in": "0.0254", "ft": "0.3048"}
    | {"yd": "0.9144", "mi": "1609.344"},
    "l": {"ml": "0.001", "cl": "0.01", "dl": "0.1", "l": "1", "hl": "100"},
    SECONDS: {"ms": "0.001"}
    | dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "1")
    | dict.fromkeys(("min", "mins", "minute", "minutes"), "60")
    | dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "3600")
    | dict.fromkeys(("d", "day", "days"), "86400")
    | dict.fromkeys(("week", "weeks"), "604800"),
    MONTHS: dict.fromkeys(("month", "months"), "1")
    | dict.fromkeys(("yr", "yrs", "year", "years"), "12"),
    "W": {"W": "1", "kW": "1000", "MW": "1000000", "GW": "1000000000"},
    "Wh": {"Wh": "1", "kWh": "1000", "MWh": "1000000", "GWh": "1000000000"},
    "B": {"kB": "1000", "KB": "1000", "MB": "1000000", "GB": "1000000000", "TB": "1000000000000"},
    "m²": {"cm²": "0.0001", "m²": "1", "ha": "10000", "km²": "1000000"},
}
"""Units by the base unit of their quantity, and how many of it one is (International System; pound
and yard of 1959)."""
_UNITS = {
    unit: (base, Decimal(factor))
    for base, quantity in _QUANTITIES.items()
    for unit, factor in quantity.items()
}
_LOWER = {unit.lower(): known for unit, known in _UNITS.items() if unit.lower() not in _UNITS}


def in_base(unit: str) -> tuple[str, Decimal] | None:
    """A unit's base unit, and how many of it one is; None if it is not known."""
    return _UNITS.get(unit) or _LOWER.get(unit.lower())


def in_one_unit(units: Sequence[str]) -> tuple[str, list[Decimal]] | None:
    """The unit that most have, and what each must be multiplied by to be in it.

    None if they are of several quantities, or one is not known.
    """
    known = [in_base(unit) for unit in units]
    if not units or len({one and one[0] for one in known}) != 1 or known[0] is None:
        return None
    ((common, _),) = Counter(units).most_common(1)
    return common, [factor for unit in units if (factor := factor_between(unit, common))]


def factor_between(unit: str, other: str) -> Decimal | None:
    """How many of the ``other`` unit one is; None if they do not measure the same."""
    one, two = in_base(unit), in_base(other)
    return one[1] / two[1] if one and two and one[0] == two[0] else None


def of_several_quantities(units: Sequence[str]) -> bool:
    """Whether units that are known measure different things."""
    return len({one[0] for one in map(in_base, units) if one}) > 1
