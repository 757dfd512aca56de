"""What speaks for and against a query: features of question, table and query, by name.

After Pasupat and Liang 2015, "Compositional Semantic Parsing on Semi-Structured Tables": which
words go with which operation is learned from questions with their answers; nothing is listed here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cached_property

from app.language.tokens import words
from app.tables.candidates import QuestionTokens
from app.tables.query import ROW_ORDER, Condition, Operation, Relation, Result, TableQuery
from app.tables.values import Column, Grid, Kind, dates_order_rows

Features = dict[str, float]
_ASKS = ("who", "whom", "when", "where", "which", "what", "how", "name", "is", "are", "did", "does")
_HOW = ("many", "much", "long", "often", "old", "far", "big", "high", "tall")
NEARBY_WORDS = 3
# From this weight on, a word asks for an operation ("oldest" has 0.32, "garden" less than nothing).
SPOKEN_WEIGHT = 0.25


class Featurizer:
    """Features of the queries for one question over one table; what they share is made once."""

    def __init__(
        self,
        question: QuestionTokens,
        grid: Grid,
        named: list[Condition],
        likeness: Sequence[float],
    ) -> None:
        self.asked = question
        self.grid = grid
        self.likeness = likeness
        self.exact = {c.span for c in named if c.relation is Relation.IS}
        self._columns: dict[
            tuple[str, int, frozenset[int], str], tuple[Features, frozenset[int]]
        ] = {}
        self._conditions: dict[Condition, Features] = {}
        self._operations: dict[tuple[str, frozenset[int]], Features] = {}

    @cached_property
    def asks(self) -> str:
        """The word that the question asks with: "who", "how many", …"""
        asked_words = self.asked.words
        for at, word in enumerate(asked_words):
            if word == "how" and at + 1 < len(asked_words) and asked_words[at + 1] in _HOW:
                return f"how {asked_words[at + 1]}"
            if word in _ASKS:
                return word
        return "-"

    @cached_property
    def wanted(self) -> frozenset[int]:
        """The places of the content words right after the asking word: "which *country*"."""
        asked = self.asked
        for at, word in enumerate(asked.words):
            if word in ("which", "what", "name") or word in _HOW and asked.words[at - 1] == "how":
                after = range(at + 1, min(at + 4, len(asked.words)))
                return frozenset(i for i in after if i in asked.content)
        return frozenset()

    @cached_property
    def phrases(self) -> list[tuple[str, int]]:
        """Words and pairs of words of the question, with their places."""
        asked_words = ("^", *self.asked.words)
        return [(w, i) for i, w in enumerate(self.asked.words)] + [
            (f"{a} {b}", i)
            for i, (a, b) in enumerate(zip(asked_words, asked_words[1:], strict=False))
        ]

    def features(self, query: TableQuery, result: Result) -> Features:
        """The features of one query with its result."""
        taken = frozenset(i for c in query.conditions for i in range(*c.span))
        name = operation_name(self.grid, query)
        met = set(taken)
        features = dict(self._of_operation(name, taken))
        features[f"op {name}|conditions {len(query.conditions)}{'or' * query.either}"] = 1.0
        for condition in query.conditions:
            for feature, value in self._of_condition(condition).items():
                features[feature] = features.get(feature, 0.0) + value
        columns = {"out": query.out, "by": query.by, "second": query.second}
        for role, at in columns.items():
            if at is not None and at != ROW_ORDER:
                named, places = self._of_column(role, at, taken, name)
                features.update(named)
                met.update(places)
        self._shape(features, query, name)
        self._coverage(features, met, query)
        self._outcome(features, query, result, name)
        return features

    def matched_places(self, query: TableQuery, known: Mapping[str, float]) -> frozenset[int]:
        """The places of the words that ask for the query's operation, by their weights. A lookup
        has none: what goes with it are names of what is looked up."""
        if query.operation is Operation.VALUES:
            return frozenset()
        name = operation_name(self.grid, query)
        places = enumerate(self.asked.words)
        return frozenset(i for i, w in places if known.get(f"op {name}|{w}", 0.0) >= SPOKEN_WEIGHT)

    def _of_operation(self, name: str, taken: frozenset[int]) -> Features:
        """Which words of the question go with the operation."""
        key = (name, taken)
        if key not in self._operations:
            by_phrase = {
                f"op {name}|{phrase}": 1.0 for phrase, at in self.phrases if at not in taken
            }
            self._operations[key] = {**by_phrase, f"op {name}": 1.0}
        return self._operations[key]

    def _of_condition(self, condition: Condition) -> Features:
        """How the question says a condition."""
        if condition in self._conditions:
            return self._conditions[condition]
        features = self._conditions[condition] = {}
        a, b = condition.span
        relation = condition.relation
        column = self.grid.columns[condition.column]
        _add(features, f"if {relation}")
        _add(features, f"if {relation} {column.kind}")
        _add(features, "if words", (b - a) / 3)
        _add(features, f"if {relation} long {min(b - a, 4)}")
        if condition.column == 0:
            _add(features, "if first column")
        share = self._share(condition.column)
        if share:
            _add(features, f"if {relation} header {'named' if share == 1 else 'partly named'}")
        elif any(self._share(c.index) for c in self.grid.columns if c.kind is column.kind):
            _add(features, f"if {relation} another header named")
        if any(set(condition.stems) & set(c.stems) for c in self.grid.columns):
            _add(features, f"if {relation} words of a header")
        if relation is Relation.HAS and (a, b) in self.exact:
            _add(features, "if has though another is")
        if relation not in (Relation.IS, Relation.HAS):
            for i in range(max(0, a - NEARBY_WORDS), a):
                _add(features, f"if {relation} before|{self.asked.words[i]}")
            for i in range(b, min(len(self.asked.words), b + 2)):
                _add(features, f"if {relation} after|{self.asked.words[i]}")
        return features

    def _share(self, column: int) -> float:
        """The share of a header's words that the question says."""
        header_stems = self.grid.columns[column].stems
        return (
            sum(s in self.asked.stems for s in header_stems) / len(header_stems)
            if header_stems
            else 0.0
        )

    def _of_column(
        self, role: str, at: int, taken: frozenset[int], name: str
    ) -> tuple[Features, frozenset[int]]:
        """How the question names a column that the query uses, and the places where it does."""
        key = (role, at, taken, name)
        if key in self._columns:
            return self._columns[key]
        features: Features = {}
        column = self.grid.columns[at]
        places = frozenset(
            i for i, s in enumerate(self.asked.stems) if s in column.stems and i not in taken
        )
        met_stems = {self.asked.stems[i] for i in places}
        share = len(met_stems) / len(column.stems) if column.stems else 0.0
        features[f"{role} share"] = share
        features[f"{role} {'all' if share == 1 else 'some' if share else 'none'} named"] = 1.0
        features[f"{role} {'all' if share == 1 else 'some' if share else 'none'}|{name}"] = 1.0
        features[f"{role} {column.kind}|{name}"] = 1.0
        if at == 0:
            features[f"{role} first"] = 1.0
            features[f"{role} first|{name}"] = 1.0
        if role != "by" and self.wanted.intersection(places):
            features[f"{role} wanted"] = 1.0
            features[f"{role} wanted|{name}"] = 1.0
        others = [self._left(c, taken) for c in self.grid.columns]
        if met_stems and len(met_stems) >= max(others):
            features[f"{role} best named"] = 1.0
        elif max(others) > len(met_stems):
            features[f"{role} better named"] = 1.0
            features[f"{role} better named|{name}"] = 1.0
        if role in ("out", "by"):
            alike = self.likeness[at]
            features[f"{role} alike"] = alike
            features[f"{role} alike|{'named' if met_stems else ''}"] = alike
            features[f"{role} alike|{name}"] = alike
            if alike >= max(self.likeness):
                features[f"{role} most alike"] = 1.0
                features[f"{role} most alike|{name}"] = 1.0
        if role == "out":
            features[f"out {column.kind}|{self.asks}"] = 1.0
            for s in column.stems:
                features[f"out header {s}|{self.asks}"] = 1.0
        if role == "by":
            for s in column.stems:
                for w in self.asked.words:
                    features[f"by header {s}|{w}"] = 1.0
        self._columns[key] = features, places
        return features, places

    def _left(self, column: Column, taken: frozenset[int]) -> int:
        """How many words of a header the question says outside of its conditions."""
        left_stems = {s for i, s in enumerate(self.asked.stems) if i not in taken}
        return len(left_stems & set(column.stems))

    def _shape(self, features: Features, query: TableQuery, name: str) -> None:
        used = {c.column for c in query.conditions}
        if query.out in used:
            features["out is of a condition"] = 1.0
            features[f"out is of a condition|{name}"] = 1.0
        if query.by is not None and query.by in used:
            features["by is of a condition"] = 1.0
        if query.by is not None and query.by == query.out:
            features["by is out"] = 1.0
        size = len(query.rows)
        features[f"rows {min(size, 3)}|{query.operation}"] = 1.0

    def _coverage(self, features: Features, met: set[int], query: TableQuery) -> None:
        """Content words that the query leaves unused, and whole cells named but unused."""
        content = self.asked.content
        left = content - met
        features["left"] = len(left) / 4
        features["left share"] = len(left) / max(1, len(content))
        for i in left:
            features[f"left|{query.operation}|{self.asked.words[i]}"] = 1.0
        unused = sum(1 for a, b in self.exact if not set(range(a, b)) & met)
        features["cells left"] = float(unused)
        if self.wanted and not self.wanted & met:
            features[f"wanted left|{query.operation}"] = 1.0

    def _outcome(self, features: Features, query: TableQuery, result: Result, name: str) -> None:
        op = query.operation
        if result.number is not None:
            features[f"gives number|{self.asks}"] = 1.0
            if result.number == 0:
                features[f"gives zero|{op}"] = 1.0
            if op is Operation.COUNT:
                features[f"counts {min(int(result.number), 2)}"] = 1.0
            elif result.number == result.number.to_integral_value() and _is_year(result.number):
                features[f"gives a year|{op}"] = 1.0
            return
        features[f"gives {min(len(result.texts), 3)}|{op}"] = 1.0
        asked_text = " ".join(self.asked.words)
        if any(t and " ".join(words(t)) in asked_text for t in result.texts):
            features["gives what was asked with"] = 1.0
            features[f"gives what was asked with|{name}"] = 1.0
            if "or" in self.asked.words:
                features[f"gives one of those asked with|{op}"] = 1.0


def operation_name(grid: Grid, query: TableQuery) -> str:
    """The operation with what it sorts by, as the features name it."""
    if query.by is None or query.operation is Operation.SAME:
        return f"{query.operation}{' across' if query.second is not None else ''}"
    kind = "order" if query.by == ROW_ORDER else grid.columns[query.by].kind
    # "The last permit" asks for the last row, or for the latest date if the rows stand otherwise.
    in_place = kind == Kind.DATE and dates_order_rows(grid)
    return f"{query.operation} {'order' if in_place else kind}"


def _add(features: Features, name: str, value: float = 1.0) -> None:
    features[name] = features.get(name, 0.0) + value


def _is_year(value: Decimal) -> bool:
    return 1000 <= value <= 2100
