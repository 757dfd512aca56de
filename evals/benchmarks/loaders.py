"""How much of a document's text the loaders read, in which order, and how long it takes.

``python -m evals.benchmarks.loaders FOLDER…`` takes folders of ``sources`` next to ``groundtruth``
(``NAME.md`` is the expected text of ``NAME``). *Recall* is the share of the expected words that
were read, *precision* the share of the read words that were expected (each word as often as it
occurs), *order* the share of the words in common that stand in the same order (of the longest
common subsequence, by difflib). Markdown's marks do not count. ``--with mammoth`` measures another
library on the same documents (``evals.benchmarks.loader_alternatives``).
"""

from __future__ import annotations

import argparse
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from statistics import mean

from app.language.tokens import fold
from evals.benchmarks.loader_alternatives import ALTERNATIVES, Alternative
from ingest.errors import UnreadableDocument
from ingest.load import load

_MARKS = re.compile(r"<!--.*?-->|!?\[([^\]]*)\]\([^)]*\)|<[^>]+>|[#*_`|>~-]{1,}", re.DOTALL)
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Measured:
    """One document's figures, each 0 to 1, and the seconds that loading took."""

    name: str
    recall: float
    precision: float
    order: float
    seconds: float


def compare(read: str, expected: str) -> tuple[float, float, float]:
    """Recall, precision and order of the words that were read."""
    ours, theirs = _words(read), _words(expected)
    common = sum((Counter(ours) & Counter(theirs)).values())
    if not ours or not theirs:
        return float(not theirs), float(not ours), 1.0
    matched = SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks()
    in_order = sum(block.size for block in matched)
    return common / len(theirs), common / len(ours), in_order / common if common else 0.0


def _words(text: str) -> list[str]:
    return _WORD.findall(fold(_MARKS.sub(r" \1 ", text)))


def pairs(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Each source with its expected text."""
    for source in sorted((folder / "sources").iterdir()):
        expected = folder / "groundtruth" / f"{source.name}.md"
        if not expected.exists():
            expected = folder / "groundtruth" / f"{source.stem}.md"
        if expected.exists():
            yield source, expected


def measure(source: Path, expected: Path, read: Callable[[Path], str]) -> Measured:
    """Read a document and compare it; one that cannot be read has nothing right."""
    began = time.perf_counter()
    try:
        text = read(source)
    except UnreadableDocument:
        text = ""
    seconds = time.perf_counter() - began
    return Measured(source.name, *compare(text, expected.read_text(encoding="utf-8")), seconds)


def print_table(title: str, rows: Sequence[Measured]) -> None:
    """The mean of each figure, and the documents that fall short."""
    columns = ("recall", "precision", "order", "seconds")
    means = "  ".join(f"{c} {mean(getattr(r, c) for r in rows):.3f}" for c in columns)
    print(f"{title}: {len(rows)} documents  {means}")
    for row in sorted(rows, key=lambda r: r.recall):
        if row.recall < 0.95 or row.order < 0.9:
            print(f"    {row.name[:48]:48} recall {row.recall:.2f} order {row.order:.2f}")


def _loaded(path: Path) -> str:
    return load(path).text


def _tolerant(other: Alternative) -> Callable[[Path], str]:
    """Another library's reader; whatever it raises is reported and reads as nothing."""

    def read(path: Path) -> str:
        try:
            return other.read(path)
        except Exception as error:
            print(f"    {path.name[:48]:48} not read: {error!r:.80}")
            return ""

    return read


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--with", dest="other", choices=ALTERNATIVES, help="another library")
    args = parser.parse_args()
    other = ALTERNATIVES[args.other] if args.other else None
    read = _tolerant(other) if other else _loaded
    for folder in args.folders:
        known = [(s, e) for s, e in pairs(folder) if other is None or s.suffix in other.suffixes]
        rows = [measure(source, expected, read) for source, expected in known]
        if rows:
            print_table(folder.name, rows)


if __name__ == "__main__":
    main()
