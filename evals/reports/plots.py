"""Small inline SVG plots; colours come from the page, so light and dark both work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT = 460, 260
LEFT, RIGHT, TOP, BOTTOM = 48, 12, 14, 44
ROW_HEIGHT = 30
LABEL_WIDTH = 150
MAX_SERIES = 4
"""How many series the page's style sheet has colours for (classes s0 to s3)."""


@dataclass(frozen=True, slots=True)
class Series:
    """Points ``(x, y)`` in order, under a name."""

    name: str
    points: Sequence[tuple[float, float]]


def line_plot(title: str, x_label: str, y_label: str, series: Sequence[Series]) -> str:
    """Lines over x, between round numbers; y from 0 to 1, or to a round number above it."""
    xs = [x for s in series for x, _ in s.points]
    ys = [y for s in series for _, y in s.points]
    if not xs:
        return ""
    across = ticks(min(xs), max(xs))
    up = ticks(0, max(1.0, *ys))
    low, high, top = across[0], across[-1], up[-1]
    body = [_axes(x_label, y_label, across, up)]
    for at, each in enumerate(series):
        path = " ".join(f"{_x(x, low, high):.1f},{_y(y, top):.1f}" for x, y in each.points)
        body.append(f'<polyline class="line s{at % MAX_SERIES}" points="{path}"/>')
    return _figure(title, _svg(HEIGHT, body), [s.name for s in series])


def interval_plot(title: str, rows: Sequence[tuple[str, float, float, float, int]]) -> str:
    """Rows ``(label, value, low, high, series)`` as dots with intervals, from 0 to 1."""
    if not rows:
        return ""
    height = TOP + ROW_HEIGHT * len(rows) + BOTTOM - 14
    body = []
    for tick in (0, 0.25, 0.5, 0.75, 1):
        x = _wide(tick)
        body.append(f'<line class="grid" x1="{x}" x2="{x}" y1="{TOP}" y2="{height - 30}"/>')
        body.append(f'<text class="tick" x="{x}" y="{height - 14}">{tick:g}</text>')
    for at, (label, value, low, high, series) in enumerate(rows):
        y, colour = TOP + ROW_HEIGHT * (at + 0.5), f"s{series % MAX_SERIES}"
        body += [
            f'<text class="row" x="{LABEL_WIDTH - 8}" y="{y + 4}">{escape(label)}</text>',
            f'<line class="line {colour}" x1="{_wide(low)}" x2="{_wide(high)}" y1="{y}" y2="{y}"/>',
            f'<circle class="dot {colour}" cx="{_wide(value)}" cy="{y}" r="4"/>',
        ]
    return _figure(title, _svg(height, body), [])


def cumulative(values: Sequence[float]) -> list[tuple[float, float]]:
    """The share of values at or below each value; at most 200 points."""
    ordered = sorted(values)
    step = max(1, len(ordered) // 200)
    kept = sorted({*range(0, len(ordered), step), len(ordered) - 1}) if ordered else []
    return [(ordered[at], (at + 1) / len(ordered)) for at in kept]


MIN_RANGE = 1e-9
"""What differs from 0 by less is 0 on an axis."""


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """At most ``most`` round numbers, evenly apart, the first not above ``low`` and the last not
    below ``high`` (but for a billionth of a step): steps of 1, 2 or 5 times a power of ten."""
    if high <= low:
        high = low + (abs(low) if abs(low) > MIN_RANGE else 1)
    size = 10 ** floor(log10((high - low) / most))
    for step in (size * times for times in (1, 2, 5, 10, 20, 50)):
        first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
        if last - first < most:
            break
    return [float(f"{at * step:.12g}") for at in range(first, last + 1)]


def _axes(x_label: str, y_label: str, across: Sequence[float], up: Sequence[float]) -> str:
    parts = []
    for value in up:
        y = _y(value, up[-1])
        parts += [
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>',
            f'<text class="tick end" x="{LEFT - 6}" y="{y + 4:.1f}">{value:g}</text>',
        ]
    parts += [
        f'<text class="tick" x="{_x(value, across[0], across[-1]):.1f}" '
        f'y="{HEIGHT - BOTTOM + 16}">{value:g}</text>'
        for value in across
    ]
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text class="tick" x="{middle}" y="{HEIGHT - 8}">{escape(x_label)}</text>')
    turned = f'transform="rotate(-90 12 {HEIGHT / 2 - 14})"'
    y_text = f'<text class="tick" x="12" y="{HEIGHT / 2 - 14}" {turned}>{escape(y_label)}</text>'
    return "".join([*parts, y_text])


def _x(x: float, low: float, high: float) -> float:
    return LEFT + (x - low) / (high - low) * (WIDTH - LEFT - RIGHT)


def _y(y: float, top: float) -> float:
    return HEIGHT - BOTTOM - y / (top or 1) * (HEIGHT - TOP - BOTTOM)


def _wide(share: float) -> float:
    return round(LABEL_WIDTH + share * (WIDTH - LABEL_WIDTH - RIGHT), 1)


def _svg(height: float, body: Sequence[str]) -> str:
    box = f'viewBox="0 0 {WIDTH} {height:g}"'
    return f'<svg {box} role="img" xmlns="http://www.w3.org/2000/svg">{"".join(body)}</svg>'


def _figure(title: str, svg: str, names: Sequence[str]) -> str:
    keys = "".join(
        f'<span class="key"><i class="s{at % MAX_SERIES}"></i>{escape(name)}</span>'
        for at, name in enumerate(names)
    )
    return f"<figure><figcaption>{escape(title)}</figcaption>{svg}<div>{keys}</div></figure>"
