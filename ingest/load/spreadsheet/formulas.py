"""Computes simple formulas of sheets that were saved without their values.

Arithmetic, comparisons, references and the most used functions; anything else is not computed. The
formula is parsed by openpyxl's tokenizer and never run as code.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Value = float | str | bool | None
MAX_CELLS = 100_000
MAX_DEPTH = 200
_REFERENCE = re.compile(
    r"(?:'(?P<quoted>(?:[^']|'')+)'!|(?P<sheet>[\w.]+)!)?"
    r"\$?(?P<column>[A-Z]{1,3})\$?(?P<row>\d{1,7})"
    r"(?::\$?(?P<last_column>[A-Z]{1,3})\$?(?P<last_row>\d{1,7}))?$"
)
_BINARY: Mapping[str, tuple[int, Callable[[Any, Any], Any]]] = {
    "^": (5, operator.pow),
    "*": (4, operator.mul),
    "/": (4, operator.truediv),
    "+": (3, operator.add),
    "-": (3, operator.sub),
    "=": (1, operator.eq),
    "<>": (1, operator.ne),
    "<": (1, operator.lt),
    ">": (1, operator.gt),
    "<=": (1, operator.le),
    ">=": (1, operator.ge),
}
_CONCAT = "&"


class NotComputed(Exception):
    """A formula holds what is not computed here, refers to itself, or has no value."""


Cells = Mapping[tuple[str, int, int], Value]
"""Values and formulas (text that begins with ``=``) by sheet, row and column, counted from 1."""


class Formulas:
    """Computes the formulas of one book; each cell once."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self._done: dict[tuple[str, int, int], Value] = {}
        self._open: set[tuple[str, int, int]] = set()

    def value(self, sheet: str, row: int, column: int) -> Value:
        """The value of a cell. Raises NotComputed."""
        place = (sheet, row, column)
        cell = self._cells.get(place)
        if not isinstance(cell, str) or not cell.startswith("="):
            return cell
        if place not in self._done:
            if place in self._open or len(self._open) > MAX_DEPTH:
                raise NotComputed("a formula refers to itself")
            self._open.add(place)
            try:
                self._done[place] = _Parser(self, sheet, cell).value()
            except (ZeroDivisionError, OverflowError, TypeError, ValueError) as error:
                raise NotComputed(str(error)) from error
            finally:
                self._open.discard(place)
        return self._done[place]

    def area(self, reference: str, sheet: str) -> list[Value]:
        """The values of a reference such as ``B2`` or ``Sheet1!A1:B3``. Raises NotComputed."""
        from openpyxl.utils import column_index_from_string as index

        match = _REFERENCE.match(reference)
        if match is None:
            raise NotComputed(f"the name {reference}")
        sheet = (match["quoted"] or match["sheet"] or sheet).replace("''", "'")
        first, top = index(match["column"]), int(match["row"])
        last = index(match["last_column"]) if match["last_column"] else first
        bottom = int(match["last_row"] or top)
        if (last - first + 1) * (bottom - top + 1) > MAX_CELLS:
            raise NotComputed("a very large area")
        return [
            self.value(sheet, row, column)
            for row in range(top, bottom + 1)
            for column in range(first, last + 1)
        ]


class _Parser:
    """One formula, by precedence climbing over openpyxl's tokens."""

    def __init__(self, book: Formulas, sheet: str, formula: str) -> None:
        from openpyxl.formula import Tokenizer

        self._book, self._sheet = book, sheet
        self._tokens = [t for t in Tokenizer(formula).items if t.type != "WHITE-SPACE"]
        self._at = 0

    def value(self) -> Value:
        value_here = self._single(self._expression(0))
        if self._at < len(self._tokens):
            raise NotComputed("a formula of another kind")
        return value_here

    def _peek(self) -> Any:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _next(self) -> Any:
        token = self._peek()
        if token is None:
            raise NotComputed("a formula that ends too early")
        self._at += 1
        return token

    def _expression(self, least: int) -> Any:
        left = self._operand()
        while (token := self._peek()) is not None:
            if token.type == "OPERATOR-POSTFIX":
                self._next()
                left = _number(self._single(left)) / 100
                continue
            strength = 2 if token.value == _CONCAT else _BINARY.get(token.value, (-1,))[0]
            if token.type != "OPERATOR-INFIX" or strength < max(least, 1):
                break
            self._next()
            left = self._combined(token.value, left, self._expression(strength + 1))
        return left

    def _combined(self, sign: str, left: Any, right: Any) -> Value:
        a, b = self._single(left), self._single(right)
        if sign == _CONCAT:
            return _text(a) + _text(b)
        strength, apply = _BINARY[sign]
        if strength == 1:
            same = isinstance(a, str) == isinstance(b, str)
            return bool(apply(a, b) if same else apply(_text(a), _text(b)))
        return float(apply(_number(a), _number(b)))

    def _operand(self) -> Any:
        token = self._next()
        if token.type == "OPERATOR-PREFIX":
            inside = _number(self._single(self._expression(5)))
            return -inside if token.value == "-" else inside
        if token.type == "PAREN" and token.subtype == "OPEN":
            inside = self._expression(0)
            self._next()
            return inside
        if token.type == "FUNC" and token.subtype == "OPEN":
            return self._function(token.value.rstrip("(").upper().removeprefix("_XLFN."))
        if token.type == "OPERAND":
            return self._literal(token)
        raise NotComputed("a formula of another kind")

    def _literal(self, token: Any) -> Any:
        if token.subtype == "NUMBER":
            return float(token.value)
        if token.subtype == "TEXT":
            return token.value[1:-1].replace('""', '"')
        if token.subtype == "LOGICAL":
            return token.value == "TRUE"
        if token.subtype == "RANGE":
            return self._book.area(token.value, self._sheet)
        raise NotComputed(token.value)

    def _function(self, name: str) -> Value:
        arguments: list[Any] = []
        while (token := self._peek()) is not None:
            if token.type == "FUNC" and token.subtype == "CLOSE":
                self._next()
                break
            if token.type == "SEP":
                self._next()
                continue
            arguments.append(self._expression(0))
        if name == "IF":
            chosen = 1 if self._single(arguments[0]) else 2
            return self._single(arguments[chosen]) if chosen < len(arguments) else False
        if name not in _FUNCTIONS:
            raise NotComputed(f"the function {name}")
        return _FUNCTIONS[name](arguments)

    def _single(self, value: Any) -> Value:
        if isinstance(value, list):
            if len(value) != 1:
                raise NotComputed("an area instead of one value")
            return self._single(value[0])
        return value  # type: ignore[no-any-return]


def _number(value: Value) -> float:
    if value is None:
        return 0.0
    return float(value)


def _text(value: Value) -> str:
    if value is None:
        return ""
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _numbers(arguments: list[Any]) -> list[float]:
    """All numbers among the arguments; text and empty cells of areas do not count."""
    return [float(v) for v in _flat(arguments) if isinstance(v, (int, float))]


def _flat(values: list[Any]) -> Iterator[Value]:
    for value in values:
        if isinstance(value, list):
            yield from _flat(value)
        else:
            yield value


def _mean(arguments: list[Any]) -> float:
    numbers = _numbers(arguments)
    return sum(numbers) / len(numbers)


def _product(arguments: list[Any]) -> float:
    product = 1.0
    for number in _numbers(arguments):
        product *= number
    return product


def _round(arguments: list[Any]) -> float:
    value, places = [*_numbers(arguments), 0.0][:2]
    # Excel rounds halves away from zero.
    scale = 10.0 ** int(places)
    return float(int(abs(value) * scale + 0.5 + 1e-9) / scale) * (1 if value >= 0 else -1)


_FUNCTIONS: Mapping[str, Callable[[list[Any]], Value]] = {
    "SUM": lambda a: float(sum(_numbers(a))),
    "AVERAGE": _mean,
    "MIN": lambda a: min(_numbers(a), default=0.0),
    "MAX": lambda a: max(_numbers(a), default=0.0),
    "COUNT": lambda a: float(len(_numbers(a))),
    "COUNTA": lambda a: float(sum(v is not None for v in _flat(a))),
    "PRODUCT": _product,
    "ROUND": _round,
    "ABS": lambda a: abs(_numbers(a)[0]),
    "CONCATENATE": lambda a: "".join(_text(v) for v in _flat(a)),
}
