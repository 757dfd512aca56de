"""The report: whole, escaped, self-contained, and readable in a real browser, wide and narrow."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.reports import plots
from evals.reports.report import render, write_report
from evals.runs.runs import Run, RunError
from tests.support.made_runs import run_of

MARKUP = '<img src="http://elsewhere.example/x" onerror="alert(1)"><script>alert(2)</script>'


@pytest.fixture
def runs() -> list[Run]:
    rng = np.random.default_rng(1)
    first = run_of(rng.random(60) < 0.8, rng.random(60) < 0.9, "first")
    second = run_of(rng.random(60) < 0.6, rng.random(60) < 0.7, "second")
    hostile: dict[str, Any] = {**second.lines[1]}
    hostile["case"] = {"question": MARKUP, "answers": [["38"]], "evidence": [["tower", "38"]]}
    hostile["answer"], hostile["scores"] = MARKUP, {"correct": 0.0}
    hostile["source"] = {"document": "d.txt", "start": 3, "end": 9, "text": "The tower."}
    return [first, replace(second, lines=(second.lines[0], hostile, *second.lines[2:]))]


def test_the_page_asks_nothing_of_anybody_and_runs_nothing(runs: list[Run]) -> None:
    page = render(runs, ".html")
    assert "<script" not in page
    assert "<img" not in page
    assert not re.search(r'(?:src|href)="', page.replace("src=&#34;", ""))
    assert "url(" not in page
    assert "default-src 'none'" in page
    assert "&lt;script&gt;" in page
    assert "The tower." in page
    assert "tower + 38" in page
    assert page.count("<figure>") == 4


def test_markdown_and_json_say_the_same(runs: list[Run], tmp_path: Path) -> None:
    rows = json.loads(render(runs, ".json"))
    accuracy = rows[0]["figures"]["accuracy"]
    text = render(runs, ".md")
    shown = f"{accuracy['value']:.3f} [{accuracy['low']:.3f}, {accuracy['high']:.3f}]"
    assert shown in text
    assert "`first` → `second`" in text
    widths = {line.count("|") for line in text.splitlines() if line.startswith("| Right")}
    assert widths == {4}
    write_report(runs, tmp_path / "deep" / "report.html")
    assert (tmp_path / "deep" / "report.html").read_text("utf-8").startswith("<!doctype html>")
    with pytest.raises(RunError, match="not one of them"):
        render(runs, ".pdf")
    with pytest.raises(RunError, match="nothing to report"):
        render([replace(runs[0], lines=())], ".md")


def test_plots_are_whole_svg_inside_their_box() -> None:
    line = plots.line_plot("A & B", "x", "y", [plots.Series("<s>", [(0, 0.2), (5, 0.9)])])
    dots = plots.interval_plot("C", [("<kind>", 0.5, 0.4, 0.6, 0), ("b", 1, 1, 1, 1)])
    for figure in (line, dots):
        svg = ElementTree.fromstring(re.search(r"<svg.*</svg>", figure)[0])  # type: ignore[index]
        _, _, width, height = map(float, svg.attrib["viewBox"].split())
        for node in svg.iter():
            for key in ("x", "x1", "x2", "cx"):
                assert 0 <= float(node.attrib.get(key, 0)) <= width
            for key in ("y", "y1", "y2", "cy"):
                assert 0 <= float(node.attrib.get(key, 0)) <= height
    assert "A &amp; B" in line
    assert plots.line_plot("none", "x", "y", []) == plots.interval_plot("none", []) == ""
    assert plots.line_plot("one", "x", "y", [plots.Series("s", [(1, 0.0)])])


def test_cumulative_shares_end_at_one() -> None:
    points = plots.cumulative(list(range(1000)))
    assert len(points) <= 201
    assert points[-1] == (999, 1.0)
    assert points == sorted(points)
    assert plots.cumulative([]) == []


def test_the_page_fits_a_browser_wide_and_narrow(
    runs: list[Run], tmp_path: Path, chromium: Any
) -> None:
    path = tmp_path / "report.html"
    write_report(runs, path)
    asked: list[str] = []
    for width in (1200, 360):
        view = chromium.new_page(viewport={"width": width, "height": 800})
        view.on("request", lambda request: asked.append(request.url))
        view.goto(path.as_uri())
        assert view.evaluate("document.documentElement.scrollWidth") <= width
        view.locator("details").first.click()
        assert all(url.startswith("file:") for url in asked)
        assert view.locator("svg").count() == 4
        view.close()


@given(
    st.floats(-1e6, 1e6, allow_nan=False),
    st.one_of(st.just(0.0), st.floats(1e-3, 1e6, allow_nan=False)),
)
def test_ticks_are_few_round_numbers_around_the_values(low: float, wide: float) -> None:
    made = plots.ticks(low, low + wide)
    assert 2 <= len(made) <= 6
    step = made[1] - made[0]
    nearly = 1e-8 * step  # what nobody sees
    assert made[0] <= low + nearly and made[-1] >= low + wide - nearly
    assert f"{step:.2e}"[:3] in ("1.0", "2.0", "5.0"), step


def test_ticks_of_what_is_plotted() -> None:
    assert plots.ticks(0.00588, 1) == [0, 0.2, 0.4, 0.6, 0.8, 1]
    assert plots.ticks(48.2, 131) == [40, 60, 80, 100, 120, 140]
    assert plots.ticks(1, 10) == [0, 2, 4, 6, 8, 10]
