"""Writes a PDF in fonts of this machine that hold every letter; a process of its own (``pdf.py``).

As a program it reads a title and what is exported as JSON, and writes the file, or says why not.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from app.formats.html_escape import show_controls
from app.service.export.exported import (
    ExportedAnswer,
    ExportedSentence,
    byline,
    paragraphs,
    reads_from_the_right,
)
from ingest.errors import FootnoteError

MARGIN_MM = 22
KEPT_TOGETHER_MM = 32
"""What a question and the first lines below it need."""
BUILT_IN = "times"
"""The one of PDF's own fonts that is used if it holds every letter: nothing is embedded."""
BUILT_IN_LETTERS = "cp1252"
FAMILIES = ("dejavuserif", "notoserif", "liberationserif", "times", "timesnewroman", "georgia",
            "dejavusans", "notosans", "liberationsans", "arial", "segoeui")  # fmt: skip
"""Fonts for reading that hold many scripts, the first found first; any others come after."""
STYLE_NAMES = ("bold", "italic", "oblique", "condensed", "light", "mono", "black", "thin")
MAX_FONTS = 8


class NoFont(FootnoteError):
    """No font of this machine holds the text's letters."""

    exit_code = 2


def written(title: str, items: Sequence[ExportedAnswer]) -> bytes:
    """The ``.pdf`` file. Raises ``NoFont`` if letters of the text are in no font here."""
    from fpdf import FPDF

    title, page = show_controls(title), FPDF(format="A4")
    page.core_fonts_encoding = BUILT_IN_LETTERS
    page.set_margin(MARGIN_MM)
    page.set_auto_page_break(True, MARGIN_MM)
    page.set_title(title)
    page.set_creator("Footnote")
    family = _choose_font(page, "".join(_texts(title, items)))
    page.add_page()
    _line(page, family, title, 18, after=2)
    _line(page, family, byline(items), 9, after=4, grey=90)
    for one in items:
        # A question does not stand alone at the foot of a page.
        if page.will_page_break(KEPT_TOGETHER_MM):
            page.add_page()
        if one.question:
            _line(page, family, one.question, 13, before=4, after=1)
        if one.reason:
            _line(page, family, one.reason, 11)
        for line in paragraphs(one):
            _sentences(page, family, line)
        if one.footnotes:
            page.ln(1)
        for number, text in one.footnotes:
            _line(page, family, f"{number}  {text}", 9, after=0.5, grey=90)
    return bytes(page.output())


def _texts(title: str, items: Sequence[ExportedAnswer]) -> Iterator[str]:
    yield title + byline(items)
    for one in items:
        yield from (one.question, one.reason, *(sentence.text for sentence in one.sentences))
        yield from (text for _, text in one.footnotes)


def _line(
    page: Any, family: str, text: str, size: float, *, before: float = 0, after: float = 2,
    grey: int = 20,
) -> None:  # fmt: skip
    page.ln(before)
    page.set_font(family, size=size)
    page.set_text_color(grey)
    page.multi_cell(0, size * 0.5, show_controls(text), align=_side(text), new_x="LMARGIN",
                    new_y="NEXT")  # fmt: skip
    page.ln(after)


def _sentences(page: Any, family: str, line: Sequence[Any]) -> None:
    """A paragraph, each sentence with its footnotes raised behind it."""
    page.set_text_color(20)
    with page.text_columns(text_align=_side(line[0].text), line_height=1.35) as columns:
        page.set_font(family, size=11)
        for at, sentence in enumerate(line):
            columns.write((" " if at else "") + show_controls(sentence.text))
            page.char_vpos = "SUP"
            columns.write(
                " " + ", ".join(map(str, sentence.footnotes)) if sentence.footnotes else ""
            )
            page.char_vpos = "LINE"
    page.ln(2)


def _side(text: str) -> str:
    return "R" if reads_from_the_right(text) else "L"


def _choose_font(page: Any, text: str) -> str:
    """Give the page fonts that hold every letter; the name of the first."""
    letters = {c for c in show_controls(text) if not c.isspace()}
    try:
        "".join(letters).encode(BUILT_IN_LETTERS)
        return BUILT_IN
    except UnicodeEncodeError:
        chosen = fonts_for(letters, font_files())
    names = []
    for path in chosen:
        page.add_font(path.stem, fname=path)
        names.append(path.stem)
    page.set_fallback_fonts(names[1:])
    page.set_text_shaping(True)
    return names[0]


def fonts_for(letters: Iterable[str], files: Iterable[Path]) -> list[Path]:
    """The fewest files, taken in order, that together hold all letters. Raises ``NoFont``."""
    missing = {ord(c) for c in letters}
    chosen: list[Path] = []
    for path in files:
        covered = missing & _letters_of(path)
        # The first is what all is set in; others only help out.
        if covered:
            chosen.append(path)
            missing -= covered
        if not missing or len(chosen) == MAX_FONTS:
            break
    if missing:
        some = " ".join(sorted(map(chr, missing))[:8])
        raise NoFont(
            f"No TrueType font on this machine holds these letters: {some}. Export as HTML, open "
            "it in a browser, and print it as a PDF."
        )
    return chosen


@cache
def _letters_of(path: Path) -> frozenset[int]:
    from fontTools.ttLib import TTFont, TTLibError

    try:
        with TTFont(path, lazy=True, fontNumber=0) as font:
            # Outlines in PostScript's form cannot be embedded.
            return frozenset(font.getBestCmap() or ()) if "glyf" in font else frozenset()
    except (TTLibError, OSError):
        return frozenset()


@cache
def font_files() -> tuple[Path, ...]:
    """The TrueType fonts of this machine (the first of a collection), those for reading first."""
    paths = [
        p for folder in _folders() if folder.is_dir() for p in folder.rglob("*.[tT][tT][fFcC]")
    ]
    return tuple(sorted(paths, key=_preference))


def _preference(path: Path) -> tuple[int, int, str]:
    name = path.stem.lower().replace("-", "").replace(" ", "")
    plain = name.removesuffix("regular")
    family = next((at for at, known in enumerate(FAMILIES) if plain == known), len(FAMILIES))
    return any(style in name for style in STYLE_NAMES), family, name


def _folders() -> list[Path]:
    home = Path.home()
    if sys.platform == "win32":
        windows, own = os.environ.get("WINDIR", r"C:\Windows"), os.environ.get("LOCALAPPDATA", "")
        return [Path(windows) / "Fonts", Path(own) / "Microsoft" / "Windows" / "Fonts"]
    if sys.platform == "darwin":
        return [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library" / "Fonts"]
    shared = [Path("/usr/share/fonts"), Path("/usr/local/share/fonts")]
    return [*shared, home / ".local" / "share" / "fonts", home / ".fonts"]


def _read(request: dict[str, Any]) -> tuple[str, list[ExportedAnswer]]:
    items = [
        ExportedAnswer(
            one["question"],
            tuple(
                ExportedSentence(s["text"], tuple(s["footnotes"]), s["starts"])
                for s in one["sentences"]
            ),
            tuple((number, text) for number, text in one["footnotes"]),
            one["reason"],
            tuple(one["documents"]),
        )
        for one in request["items"]
    ]
    return request["title"], items


def main() -> None:
    """The program."""
    try:
        pdf = written(*_read(json.load(sys.stdin.buffer)))
    except NoFont as error:
        sys.stderr.write(str(error))
        sys.exit(NoFont.exit_code)
    sys.stdout.buffer.write(pdf)


if __name__ == "__main__":
    main()
