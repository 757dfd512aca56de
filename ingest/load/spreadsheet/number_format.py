"""A cell's value as its sheet shows it, by its number format.

Rules: ECMA-376, part 1, section 18.8.31 (numFmts). Colours and conditions are left out; month and
day names are English.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction

# The built-in short date, which each machine shows in its own order.
_SHORT_DATE = "mm-dd-yy"
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|\[\$(?P<currency>[^\]-]*)[^\]]*\]'
    r"|\[(?P<elapsed>h+|m+|s+)\]|(?P<bracket>\[[^\]]*\])|_(?P<space>.)|\*(?P<fill>.)"
    r"|(?P<ampm>AM/PM|A/P)|(?P<exponent>E[+-]0+)|(?P<general>General)|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

Token = tuple[str, str]
"""The kind of a piece of a format (a group of ``_TOKEN``) and its text."""


def format_value(value: object, number_format: str) -> str:
    """The value as the format shows it; "" for None. An unknown format shows the value plain."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, (int, float)):
        return _number(value, number_format)
    if isinstance(value, (datetime, date, time, timedelta)):
        return _moment(value, number_format)
    return str(value)


def _sections(number_format: str) -> list[list[Token]]:
    """The format's tokens, in the parts for positive, negative, zero and text."""
    sections: list[list[Token]] = [[]]
    for match in _TOKEN.finditer(number_format):
        kind = match.lastgroup or "other"
        if kind == "other" and match[kind] == ";":
            sections.append([])
        else:
            sections[-1].append((kind, match[kind]))
    return sections


def plain_number(value: float) -> str:
    """A number as the format "General" shows it: no noise of binary fractions."""
    if isinstance(value, int) or value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.10g}"


def _number(value: float, number_format: str) -> str:
    if not math.isfinite(value):
        return str(value)
    sections = _sections(number_format)
    chosen = sections[0]
    signed = value < 0
    if value < 0 and len(sections) > 1:
        chosen, signed = sections[1], False
    elif value == 0 and len(sections) > 2:
        chosen = sections[2]
    signs = "".join(text for kind, text in chosen if kind == "other")
    if not chosen:
        return ""
    if any(kind == "general" for kind, _ in chosen) or not re.search("[0#?]", signs):
        literal = _literals(chosen)
        has_general = any(kind == "general" for kind, _ in chosen)
        return literal if literal and not has_general else plain_number(value)
    if "/" in signs:
        return _fraction(value, signs)
    text = _digits(abs(Decimal(repr(value))), chosen)
    return " ".join((f"-{text}" if signed else text).split())


def _literals(tokens: Sequence[Token]) -> str:
    return "".join(
        text for kind, text in tokens if kind in ("quoted", "escaped", "currency")
    ).strip()


def _digits(value: Decimal, tokens: Sequence[Token]) -> str:
    """The number in the format's places, with what stands among them."""
    signs = "".join(text if kind == "other" else "\0" for kind, text in tokens)
    whole, _, decimals = signs.partition(".")
    if "." not in signs:
        whole, decimals = signs, ""
    value *= 100 ** signs.count("%")
    if any(kind == "exponent" for kind, _ in tokens):
        places = len(re.findall("[0#?]", decimals))
        return f"{value:.{places}E}"
    tail = re.search(r"[0#?](,+)(?![0#?,])", whole)
    value /= 1000 ** len(tail[1]) if tail else 1
    grouped = re.search("[0#?],+[0#?]", whole) is not None
    after_point = re.findall("[0#?]", decimals)
    try:
        rounded = value.quantize(Decimal(1).scaleb(-len(after_point)), rounding=ROUND_HALF_UP)
    except InvalidOperation:
        return plain_number(float(value))
    before, _, after = f"{rounded:f}".partition(".")
    while after and after_point[len(after) - 1] != "0" and after[-1] == "0":
        after = after[:-1]
    least = whole.count("0")
    before = before.lstrip("0").rjust(least, "0")
    return _placed(tokens, before, after, grouped=grouped)


def _placed(tokens: Sequence[Token], before: str, after: str, *, grouped: bool) -> str:
    """Digits put into the places of the format, from the decimal point to both sides."""
    point = next((i for i, t in enumerate(tokens) if t == ("other", ".")), len(tokens))
    left: list[str] = []
    waiting = f"{int(before or 0):,}".rjust(len(before), "0") if grouped and before else before
    places = sum(1 for kind, text in tokens[:point] if kind == "other" and text in "0#?")
    seen = 0
    for kind, text in reversed(tokens[:point]):
        if kind == "other" and text in "0#?":
            seen += 1
            # The first place takes all digits that are left; grouped ones stand together.
            take = len(waiting) if seen == places or grouped else 1
            left.append(waiting[len(waiting) - take :])
            waiting = waiting[: len(waiting) - take]
        elif kind in ("quoted", "escaped", "currency") or kind == "other" and text != ",":
            left.append(text)
        elif kind == "space":
            left.append(" ")
    right = [f".{after}" if after else ""]
    for kind, text in tokens[point + 1 :]:
        if kind in ("quoted", "escaped", "currency") or kind == "other" and text not in "0#?,":
            right.append(text)
        elif kind == "space":
            right.append(" ")
    return "".join(reversed(left)) + "".join(right)


def _fraction(value: float, signs: str) -> str:
    whole = int(abs(value)) if re.match(r"\s*[#0?]\s", signs) else 0
    most = 10 ** max(1, len(re.findall("[0#?]", signs.partition("/")[2]))) - 1
    part = Fraction(abs(value) - whole).limit_denominator(most)
    sign = "-" if value < 0 else ""
    if not part:
        return f"{sign}{whole}"
    return f"{sign}{f'{whole} ' if whole else ''}{part.numerator}/{part.denominator}"


def _moment(value: datetime | date | time | timedelta, number_format: str) -> str:
    tokens = _runs(_sections(number_format)[0])
    if isinstance(value, timedelta):
        return _elapsed(value, tokens)
    if number_format.lower() in (_SHORT_DATE, "general") or not _has_letters(tokens):
        return _iso(value)
    out: list[str] = []
    half = any(kind == "ampm" for kind, _ in tokens)
    for at, (kind, text) in enumerate(tokens):
        if kind == "other" and text[0] in "ymdhs":
            out.append(_part(value, text, half, _is_minutes(tokens, at)))
        elif kind == "ampm":
            hour = value.hour if isinstance(value, (datetime, time)) else 0
            out.append("PM" if hour >= 12 else "AM")
        elif kind in ("quoted", "escaped", "currency") or kind == "other" and text != "@":
            out.append(text)
        elif kind == "elapsed":
            out.append(_part(value, text.lower(), False, text[0] in "mM"))
    return " ".join("".join(out).split())


def _iso(value: datetime | date | time) -> str:
    if isinstance(value, datetime):
        midnight = value.time() == time(0)
        return value.date().isoformat() if midnight else value.isoformat(" ", "minutes")
    return value.isoformat()


def _runs(tokens: Sequence[Token]) -> list[Token]:
    """Tokens with equal letters put together: ``yyyy`` is one part of a date."""
    runs: list[Token] = []
    for kind, text in tokens:
        letter = text.lower() if kind == "other" else text
        last = runs[-1] if runs else None
        if kind == "other" and letter in "ymdhs" and last and last[0] == "other" and (
            last[1][0] == letter
        ):  # fmt: skip
            runs[-1] = (kind, last[1] + letter)
        else:
            runs.append((kind, letter))
    return runs


def _has_letters(tokens: Sequence[Token]) -> bool:
    return any(kind == "elapsed" or kind == "other" and text[0] in "ymdhs" for kind, text in tokens)


def _is_minutes(tokens: Sequence[Token], at: int) -> bool:
    """Whether an ``m`` stands after hours or before seconds."""
    parts = [
        text[0].lower() if kind in ("other", "elapsed") and text[0].lower() in "ymdhs" else ""
        for kind, text in tokens
    ]
    before = [part for part in parts[:at] if part]
    after = [part for part in parts[at + 1 :] if part]
    return bool(before) and before[-1] == "h" or bool(after) and after[0] == "s"


def _part(value: datetime | date | time, text: str, half: bool, minutes: bool) -> str:
    clock = value if isinstance(value, (datetime, time)) else time(0)
    day = value if isinstance(value, date) else date(1900, 1, 1)
    letter, width = text[0], len(text)
    if letter == "y":
        return f"{day.year:04d}" if width > 2 else f"{day.year % 100:02d}"
    if letter == "d" and width > 2:
        return _DAYS[day.weekday()][: 3 if width == 3 else None]
    if letter == "m" and not minutes and width > 2:
        return _MONTHS[day.month - 1][: {3: 3, 5: 1}.get(width)]
    number = {
        "d": day.day,
        "m": clock.minute if minutes else day.month,
        "h": (clock.hour - 1) % 12 + 1 if half else clock.hour,
        "s": clock.second,
    }[letter]
    return f"{number:02d}" if width > 1 else str(number)


def _elapsed(value: timedelta, tokens: Sequence[Token]) -> str:
    """A duration; its largest part counts on: 30 hours are 30:00."""
    seconds = round(value.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    largest = next((text[0].lower() for kind, text in tokens if kind == "elapsed"), "h")
    if largest == "s":
        return f"{sign}{seconds}"
    minutes, second = divmod(seconds, 60)
    shows_seconds = any(kind in ("other", "elapsed") and text[0] == "s" for kind, text in tokens)
    tail = f":{second:02d}" if shows_seconds or second else ""
    if largest == "m":
        return f"{sign}{minutes}{tail}"
    return f"{sign}{minutes // 60}:{minutes % 60:02d}{tail}"
