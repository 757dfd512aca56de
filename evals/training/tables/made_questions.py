"""Questions over made tables, with their answers.

They teach how people ask about price lists, staff, stock and accounts, which encyclopedias hardly
hold.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mean

from evals.training.tables.made_tables import PRICES, MadeTable, dated_table, made_table

Asked = tuple[str, tuple[str, ...]]
"""A question with its answers as texts."""


@dataclass(frozen=True, slots=True)
class _Said:
    """What people say for a measure, besides its name: how they ask, "most …" and "least …"."""

    asks: tuple[str, ...] = ()
    most: tuple[str, ...] = ()
    least: tuple[str, ...] = ()


_SAID = {
    "Price": _Said(("What does {x} cost?", "How much is {x}?", "How much does {x} cost?"),
                   ("most expensive", "dearest"), ("cheapest", "least expensive")),
    "Cost": _Said(("What did {x} cost?", "How much was {x}?", "What does {x} cost?"),
                  ("most expensive",), ("cheapest",)),
    "Fee": _Said(("How much is the fee for {x}?", "What do I pay for {x}?", "What does {x} cost?"),
                 ("most expensive",), ("cheapest",)),
    "Salary": _Said(("What does {x} earn?", "How much does {x} earn?"),
                    ("best paid", "highest paid"), ("worst paid", "lowest paid")),
    "Age": _Said(("How old is {x}?",), ("oldest",), ("youngest",)),
    "Weight": _Said(("How heavy is {x}?", "How much does {x} weigh?"),
                    ("heaviest",), ("lightest",)),
    "Length": _Said(("How long is {x}?",), ("longest",), ("shortest",)),
    "Capacity": _Said(("How many people fit into {x}?",), ("largest", "biggest"), ("smallest",)),
    "Stock": _Said(("How many of {x} are in stock?", "How many {x} are left?")),
    "Units": _Said(("How many units of {x} are there?",)),
    "Visitors": _Said(("How many visitors did {x} have?", "How many people visited {x}?",
                       "How many visitors came to {x}?", "How many visitors came from {x}?"),
                      ("most visited", "busiest"), ("least visited",)),
    "Sales": _Said(("How much did {x} sell?", "What were the sales of {x}?")),
    "Hours": _Said(("How many hours does {x} take?",), ("longest",), ("shortest",)),
}  # fmt: skip


COUNTS = ("visitors", "units", "hours", "stock", "sales")
"""Measures that count: the total number of them is their sum."""


def made(seed: int, tables: int, each: int) -> Iterator[tuple[int, MadeTable, Asked]]:
    """``each`` questions on each of ``tables`` tables, with the number of their table."""
    chance = random.Random(seed)
    for number in range(tables):
        table = made_table(chance)
        asked = [one for one in _Questions(chance, table).all() if one[1]]
        for one in chance.sample(asked, min(each, len(asked))):
            yield number, table, one
    for number in range(tables, tables + tables // 2):
        table = dated_table(chance)
        of_dates = [one for one in DateQuestions(chance, table).all() if one[1]]
        for one in chance.sample(of_dates, min(each, len(of_dates))):
            yield number, table, one


class _Questions:
    """Everything that is asked about one table."""

    def __init__(self, chance: random.Random, table: MadeTable) -> None:
        self.chance, self.table = chance, table
        key = table.key.lower()
        self.things = "entries" if key.endswith("y") else f"{key}s"

    def all(self) -> Iterator[Asked]:
        things, names = self.things, self.table.names
        forms = [f"How many {things} are there?", f"How many {things} are listed?",
                 f"What is the number of {things}?"]  # fmt: skip
        yield self._one(forms), (str(len(names)),)
        for measure, values in zip(self.table.measures, self.table.values, strict=True):
            yield from self._values(measure, values)
            yield from self._extremes(measure, values)
            yield from self._wholes(measure.lower(), values)
            yield from self._bounds(measure, values)
            yield from self._compared(measure.lower(), values)
        if self.table.grouped:
            yield from self._groups()

    def _one(self, forms: Sequence[str]) -> str:
        return self.chance.choice(forms)

    def _values(self, measure: str, values: Sequence[float]) -> Iterator[Asked]:
        base, year = _parts(measure)
        when = f" in {year}" if year else ""
        spoken_name = base.lower() or self._one(("value", "figure", "number"))
        names = self.table.names
        for i in self.chance.sample(range(len(names)), min(4, len(names))):
            x = self._one((names[i], f"the {names[i]}"))
            forms = [f"What is the {spoken_name} of {x}{when}?", f"{spoken_name} of {x}{when}?"]
            asks = _SAID.get(base, _Said()).asks
            forms += [ask.format(x=x).replace("?", f"{when}?") for ask in asks]
            if year:
                forms += [f"What was {x}{when}?", f"What did {x} have{when}?"]
            yield self._one(forms), (f"{values[i]:g}",)

    def _extremes(self, measure: str, values: Sequence[float]) -> Iterator[Asked]:
        measure_name, key = measure.lower(), self.table.key.lower()
        words = _SAID.get(_parts(measure)[0], _Said())
        top, low = max(values), min(values)
        for word, value in (("highest", top), ("lowest", low), ("most", top), ("least", low)):
            yield f"Which {key} has the {word} {measure_name}?", self._where(values, value)
        for word, value in (*((w, top) for w in words.most), *((w, low) for w in words.least)):
            forms = [f"Which {key} is the {word}?", f"What is the {word} {key}?",
                     f"Who is {word}?", f"the {word} {key}?"]  # fmt: skip
            yield self._one(forms), self._where(values, value)
        yield f"What is the highest {measure_name}?", (f"{top:g}",)
        yield f"What is the lowest {measure_name}?", (f"{low:g}",)

    def _where(self, values: Sequence[float], value: float) -> tuple[str, ...]:
        return tuple(n for n, v in zip(self.table.names, values, strict=True) if v == value)

    def _wholes(self, phrase: str, values: Sequence[float]) -> Iterator[Asked]:
        things = self.things
        forms = [f"What is the total {phrase}?", f"What is the sum of {phrase}?",
                 f"What is the {phrase} of all {things} together?",
                 f"How much is the total {phrase} of all {things}?"]  # fmt: skip
        yield self._one(forms), (f"{sum(values)}",)
        if phrase in COUNTS:
            forms = [f"total number of {phrase}?", f"How many {phrase} are there in total?",
                     f"How many {phrase} are there altogether?", f"How many {phrase} in all?",
                     f"What is the overall number of {phrase}?"]  # fmt: skip
            yield self._one(forms), (f"{sum(values)}",)
            yield f"What is the total number of {phrase}?", (f"{sum(values)}",)
        forms = [f"What is the average {phrase}?", f"What is the mean {phrase}?",
                 f"What is the average {phrase} of the {things}?",
                 f"average {phrase}?"]  # fmt: skip
        yield self._one(forms), (f"{mean(values)}",)

    def _bounds(self, measure: str, values: Sequence[float]) -> Iterator[Asked]:
        name, things = measure.lower(), self.things
        bound = int(self.chance.choice(values))
        names = self.table.names
        over = tuple(n for n, v in zip(names, values, strict=True) if v > bound)
        under = tuple(n for n, v in zip(names, values, strict=True) if v < bound)
        more = self._one((f"have a {name} above", f"with a {name} of more than",
                          f"with a {name} above", f"whose {name} is over"))  # fmt: skip
        yield f"How many {things} {more} {bound}?", (str(len(over)),)
        yield f"How many {things} have a {name} below {bound}?", (str(len(under)),)
        if _parts(measure)[0] in PRICES:
            yield f"How many {things} cost more than {bound}?", (str(len(over)),)
            yield f"Which {things} cost less than {bound}?", under
            yield f"Which {things} cost more than {bound}?", over

    def _compared(self, phrase: str, values: Sequence[float]) -> Iterator[Asked]:
        names = self.table.names
        a, b = self.chance.sample(range(len(names)), 2)
        if values[a] != values[b]:
            yield (f"What is the difference in {phrase} between {names[a]} and {names[b]}?",
                   (f"{abs(values[a] - values[b])}",))  # fmt: skip
            best = names[a] if values[a] > values[b] else names[b]
            yield f"Which has the higher {phrase}, {names[a]} or {names[b]}?", (best,)

    def _groups(self) -> Iterator[Asked]:
        table, things, group = self.table, self.things, self.table.group.lower()
        counts = Counter(table.groups)
        for one in counts:
            yield from self._of_group(one)
        top = counts.most_common(2)
        if len(top) < 2 or top[0][1] > top[1][1]:
            forms = [
                f"Which {group} has the most {things}?",
                f"Which {group} is the most frequent?",
            ]
            yield self._one(forms), (top[0][0],)
        yield f"How many different {group}s are there?", (str(len(counts)),)
        i = self.chance.randrange(len(table.names))
        forms = [f"Which {group} is {table.names[i]} in?", f"Where does {table.names[i]} belong?",
                 f"What is the {group} of {table.names[i]}?"]  # fmt: skip
        yield self._one(forms), (table.groups[i],)

    def _of_group(self, one: str) -> Iterator[Asked]:
        table, things, key = self.table, self.things, self.table.key.lower()
        inside = [i for i, g in enumerate(table.groups) if g == one]
        forms = [f"How many {one} {things} are there?", f"How many {things} are in {one}?",
                 f"How many {things} belong to {one}?"]  # fmt: skip
        yield self._one(forms), (str(len(inside)),)
        yield f"Which {things} are in {one}?", tuple(table.names[i] for i in inside)
        for measure, values in zip(table.measures, table.values, strict=True):
            measure_name, mine = measure.lower(), [values[i] for i in inside]
            forms = [f"What is the total {measure_name} of all {one} {things}?",
                     f"What is the sum of {measure_name} for {one}?",
                     f"total {measure_name} in {one}?"]  # fmt: skip
            yield self._one(forms), (f"{sum(mine)}",)
            forms = [f"What is the average {measure_name} of {one} {things}?",
                     f"What is the mean {measure_name} in {one}?"]  # fmt: skip
            yield self._one(forms), (f"{mean(mine)}",)
            best = table.names[inside[mine.index(max(mine))]]
            yield f"Which {one} {key} has the highest {measure_name}?", (best,)
            least = table.names[inside[mine.index(min(mine))]]
            yield f"Which {one} {key} has the lowest {measure_name}?", (least,)


class DateQuestions:
    """What is asked about the dates of one table."""

    def __init__(self, chance: random.Random, table: MadeTable) -> None:
        self.chance, self.table = chance, table
        self.key = table.key.lower()
        self.things = f"{self.key}s"
        # "Granted" is asked for as "was granted", "Due" as "the due date".
        participle = table.dated.endswith("ed")
        self.did = table.dated.lower() if participle else ""

    def all(self) -> Iterator[Asked]:
        """Every question with its answers."""
        yield from self._ends()
        yield from self._periods()
        yield from self._rows()

    def _which(self, rest: str, things: str) -> str:
        """A question for things, by what was done or by the name of the column."""
        column = self.table.dated.lower()
        forms = [f"Which {things} has the {column} {rest}?", f"{things} with the {column} {rest}?"]
        if self.did:
            forms = [f"Which {things} was {self.did} {rest}?", f"which {things} {self.did} {rest}"]
        if column == "date":
            forms = [f"Which {things} is dated {rest}?", f"Which {things} has the date {rest}?"]
        return self.chance.choice(forms)

    def _ends(self) -> Iterator[Asked]:
        names, dates = self.table.names, self.table.dates
        latest, earliest = names[dates.index(max(dates))], names[dates.index(min(dates))]
        key, column = self.key, self.table.dated.lower()
        for name, words in ((latest, ("last", "most recently", "latest")),
                            (earliest, ("first", "earliest"))):  # fmt: skip
            if self.did:
                word = self.chance.choice(words)
                yield f"Which {key} was {self.did} {word}?", (name,)
                yield f"What was the {word} {key} {self.did}?", (name,)
            adjective = self.chance.choice(
                ("latest", "newest", "most recent", "last") if name == latest
                else ("earliest", "first")
            )  # fmt: skip
            yield f"Which is the {adjective} {key}?", (name,)
            yield f"Which {key} has the {adjective} {column}?", (name,)
            yield f"What is the {adjective} {key}?", (name,)

    def _periods(self) -> Iterator[Asked]:
        names, dates = self.table.names, self.table.dates
        pairs = list(zip(names, dates, strict=True))
        some = self.chance.choice(dates)
        day = self.chance.choice((f"{some:%d %B %Y}", f"{some:%B} {some.day}, {some.year}"))
        month = f"{some:%B %Y}"
        in_year = tuple(n for n, d in pairs if d.year == some.year)
        in_month = tuple(n for n, d in pairs if (d.year, d.month) == (some.year, some.month))
        things = self.things
        yield self._which(f"in {some.year}", things).replace(" was ", " were "), in_year
        yield self._which(f"in {month}", things).replace(" was ", " were "), in_month
        yield self._which(f"on {day}", self.key), tuple(n for n, d in pairs if d == some)
        for word, chosen in (
            ("before", tuple(n for n, d in pairs if d < some)),
            ("after", tuple(n for n, d in pairs if d > some)),
        ):
            yield self._which(f"{word} {day}", things).replace(" was ", " were "), chosen
        verb = f"were {self.did}" if self.did else f"have a {self.table.dated.lower()}"
        yield f"How many {things} {verb} in {some.year}?", (str(len(in_year)),)
        yield f"How many {things} {verb} in {month}?", (str(len(in_month)),)

    def _rows(self) -> Iterator[Asked]:
        table = self.table
        for at in self.chance.sample(range(len(table.names)), 2):
            name, day = table.names[at], table.dates[at]
            written = day.strftime(table.date_form)
            if self.did:
                yield f"When was {name} {self.did}?", (written,)
            else:
                yield f"What is the {table.dated.lower()} of {name}?", (written,)
            measure, values = table.measures[0].lower(), table.values[0]
            spoken = f"{day.day} {day:%B %Y}"
            yield f"What was the {measure} on {spoken}?", (f"{values[at]:g}",)
            if table.grouped:
                yield f"What was the {table.group.lower()} on {spoken}?", (table.groups[at],)


def _parts(measure: str) -> tuple[str, str]:
    """A measure's name and its year, each "" if there is none."""
    if measure.isdigit():
        return "", measure
    base, _, year = measure.partition(" ")
    return base, year
