"""Units of measure that one quantity is written in, so that 500 g are less than 3 kg."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

_QUANTITIES = (
    {"mg": "0.001", "g": "1", "kg": "1000", "t": "1000000", "oz": "28.349523125"}
    | {"lb": "453.59237", "lbs": "453.59237"},
    {"mm": "0.001", "cm": "0.01", "m": "1", "km": "1000", "in": "0.0254", "ft": "0.3048"}
    | {"yd": "0.9144", "mi": "1609.344"},
    {"ml": "0.001", "cl": "0.01", "dl": "0.1", "l": "1", "hl": "100"},
    {"ms": "0.001", "s": "1", "sec": "1", "min": "60", "h": "3600", "hr": "3600", "hrs": "3600"},
    {"W": "1", "kW": "1000", "MW": "1000000", "GW": "1000000000"},
    {"Wh": "1", "kWh": "1000", "MWh": "1000000", "GWh": "1000000000"},
    {"kB": "1000", "KB": "1000", "MB": "1000000", "GB": "1000000000", "TB": "1000000000000"},
    {"cm²": "0.0001", "m²": "1", "ha": "10000", "km²": "1000000"},
)
"""Each quantity's units, by how many of its base unit one is (International System; pound and yard
of 1959)."""
_UNITS = {
    unit: (number, Decimal(factor))
    for number, quantity in enumerate(_QUANTITIES)
    for unit, factor in quantity.items()
}
_LOWER = {unit.lower(): known for unit, known in _UNITS.items() if unit.lower() not in _UNITS}


def _known(unit: str) -> tuple[int, Decimal] | None:
    return _UNITS.get(unit) or _LOWER.get(unit.lower())


def in_one_unit(units: Sequence[str]) -> tuple[str, list[Decimal]] | None:
    """The unit that most have, and what each must be multiplied by to be in it.

    None if they are of several quantities, or one is not known.
    """
    known = [_known(unit) for unit in units]
    if not units or len({one and one[0] for one in known}) != 1 or known[0] is None:
        return None
    ((common, _),) = Counter(units).most_common(1)
    base = _known(common)
    assert base is not None
    return common, [one[1] / base[1] for one in known if one]


def of_several_quantities(units: Sequence[str]) -> bool:
    """Whether units that are known measure different things."""
    return len({one[0] for one in map(_known, units) if one}) > 1
