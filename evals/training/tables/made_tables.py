"""Tables of the kinds that offices keep, made with a seed: price lists, staff, branches, stock."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

FIRST = [
    "Ana",
    "Bruno",
    "Clara",
    "Dario",
    "Edda",
    "Farid",
    "Greta",
    "Hugo",
    "Ines",
    "Jonas",
    "Kira",
    "Lars",
    "Mona",
    "Nils",
    "Olga",
]
LAST = [
    "Abel",
    "Brandt",
    "Costa",
    "Dietz",
    "Ekdal",
    "Ferro",
    "Gruber",
    "Holm",
    "Ilves",
    "Jansen",
    "Kranz",
    "Lund",
    "Moser",
]
TOWNS = [
    "Lisbon",
    "Graz",
    "Turku",
    "Bergen",
    "Porto",
    "Ghent",
    "Basel",
    "Malmo",
    "Riga",
    "Cork",
    "Split",
    "Brno",
]
THINGS = [
    "lamp",
    "desk",
    "chair",
    "shelf",
    "stool",
    "bench",
    "mirror",
    "rug",
    "kettle",
    "drill",
    "ladder",
    "hose",
    "pump",
    "saw",
]
SORTS = [
    "small",
    "large",
    "folding",
    "oak",
    "steel",
    "double",
    "light",
    "heavy",
    "classic",
    "round",
]
KINDS = ("product", "person", "place", "yearly")
PRICES = ("Price", "Fee", "Cost")


DATED = (
    "Date", "Granted", "Signed", "Delivered", "Opened", "Issued", "Approved", "Start date", "Due",
)  # fmt: skip
DATE_FORMS = ("%Y-%m-%d", "%d %B %Y", "%B %d, %Y", "%d.%m.%Y", "%d/%m/%Y", "%d %b %Y")


@dataclass(frozen=True, slots=True)
class MadeTable:
    """A key column, a group and a column of dates that may be shown, and measures.

    ``date_form`` writes the dates (as ``strftime``); ``dated`` is their header, "" for none.
    ``names``, ``groups`` and each of ``values`` (one a measure) run over the same rows.
    """

    key: str
    names: tuple[str, ...]
    group: str
    groups: tuple[str, ...]
    grouped: bool
    measures: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]
    dated: str = ""
    dates: tuple[date, ...] = ()
    date_form: str = ""

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """Header and rows as texts."""
        shown = [self.groups] if self.grouped else []
        dates = [tuple(d.strftime(self.date_form) for d in self.dates)] if self.dated else []
        columns = [
            self.names,
            *shown,
            *dates,
            *(tuple(f"{v:g}" for v in row_values) for row_values in self.values),
        ]
        group = [self.group] if self.grouped else []
        header = (self.key, *group, *([self.dated] if self.dated else []), *self.measures)
        return (header, *zip(*columns, strict=True))


@dataclass(frozen=True, slots=True)
class _Kind:
    keys: tuple[str, ...]
    name: Callable[[random.Random], str]
    group: tuple[str, ...]
    groups: tuple[str, ...]
    measures: tuple[str, ...]


_PERSON = _Kind(
    ("Name", "Employee", "Person"),
    lambda chance: f"{chance.choice(FIRST)} {chance.choice(LAST)}",
    ("Department",),
    ("Sales", "Workshop", "Office", "Transport"),
    ("Salary", "Age", "Hours"),
)
_PLACE = _Kind(
    ("Town", "Branch", "Location", "Channel"),
    lambda chance: chance.choice(TOWNS),
    ("Region",),
    ("North", "South", "East", "West"),
    ("Visitors", "Sales", "Capacity", "Cost"),
)
_PRODUCT = _Kind(
    ("Product", "Item", "Article", "Service"),
    lambda chance: f"{chance.choice(SORTS)} {chance.choice(THINGS)}",
    ("Category", "Group", "Type"),
    ("Garden", "Kitchen", "Office", "Sport"),
    ("Price", "Fee", "Stock", "Weight", "Units", "Length"),
)


_CODED = _Kind(
    ("Permit", "Invoice", "Order", "Report", "Contract"),
    lambda chance: f"{chance.choice(('A', 'P', 'R', 'INV', 'T'))}-{chance.randint(1, 400)}",
    ("Holder", "Office", "Status"),
    ("Lund and Co", "North desk", "Harbour", "Mill street"),
    ("Amount", "Cost", "Units"),
)


def made_table(chance: random.Random) -> MadeTable:
    """One table of any kind, with 4 to 24 rows."""
    drawn = chance.choice(KINDS)
    kind = {"person": _PERSON, "place": _PLACE}.get(drawn, _PRODUCT)
    count = chance.randint(4, 11 if kind is _PLACE else 24)
    names = _distinct(chance, kind, count)
    measures = _measures(chance, kind, by_year=drawn == "yearly" or chance.random() < 0.25)
    return MadeTable(
        chance.choice(kind.keys),
        names,
        chance.choice(kind.group),
        tuple(chance.choice(kind.groups) for _ in names),
        chance.random() < 0.7,
        measures,
        tuple(tuple(_value(chance, m) for _ in names) for m in measures),
    )


def dated_table(chance: random.Random) -> MadeTable:
    """One table with a column of dates in any order, and no two of them the same."""
    kind = chance.choice((_CODED, _CODED, _PRODUCT, _PERSON))
    count = chance.randint(4, 16)
    names = _distinct(chance, kind, count)
    days = chance.sample(range(1_400), count)
    measure = chance.choice(kind.measures)
    return MadeTable(
        chance.choice(kind.keys),
        names,
        chance.choice(kind.group),
        tuple(chance.choice(kind.groups) for _ in names),
        chance.random() < 0.6,
        (measure,),
        (tuple(_value(chance, measure) for _ in names),),
        chance.choice(DATED),
        tuple(date(2021, 3, 1) + timedelta(days=day) for day in days),
        chance.choice(DATE_FORMS),
    )


def _distinct(chance: random.Random, kind: _Kind, count: int) -> tuple[str, ...]:
    names_taken: dict[str, None] = {}
    while len(names_taken) < count:
        names_taken[kind.name(chance)] = None
    return tuple(names_taken)


def _measures(chance: random.Random, kind: _Kind, *, by_year: bool) -> tuple[str, ...]:
    drawn: Sequence[str] = chance.sample(kind.measures, 2)
    if not by_year:
        return tuple(drawn)
    return ("2023", "2024") if chance.random() < 0.5 else (f"{drawn[0]} 2023", f"{drawn[0]} 2024")


def _value(chance: random.Random, measure: str) -> float:
    if measure == "Age":
        return chance.randint(19, 66)
    if measure in PRICES:
        return chance.randint(150, 40_000) / 100
    return chance.randint(2, 900)
