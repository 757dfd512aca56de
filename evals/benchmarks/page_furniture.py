"""Measures the rules for captions and page furniture on web pages with their main text by hand.

``python -m evals.benchmarks.page_furniture FOLDER`` takes a folder with ``ground-truth.json`` (an
object with ``articleBody`` for each page) and ``html/NAME.html.gz``. Precision: of the blocks that
the rules mark, the share that is not in the main text. Recall: of the blocks that are not in the
main text, the share that is marked.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ingest.document import BlockKind
from ingest.errors import UnreadableDocument
from ingest.load import load


def judged(folder: Path) -> Iterator[tuple[BlockKind, bool, str]]:
    """Kind, whether it is in the main text, and words of every block of every page."""
    truth = json.loads((folder / "ground-truth.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as made:
        for name, page in truth.items():
            path = Path(made) / f"{name}.html"
            path.write_bytes(gzip.decompress((folder / "html" / f"{name}.html.gz").read_bytes()))
            try:
                document = load(str(path))
            except UnreadableDocument as error:
                print(error)
                continue
            body = _plain(page["articleBody"])
            for block in document.blocks:
                words = document.text[block.start : block.end]
                if any(map(str.isalnum, words)):
                    yield block.kind, _plain(words) in body, words


def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def main() -> None:
    """Print precision and recall, and what was marked wrongly."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    counts: Counter[tuple[str, bool]] = Counter()
    for kind, content, words in judged(parser.parse_args().folder):
        marked = kind in (BlockKind.CAPTION, BlockKind.BOILERPLATE)
        counts[(kind.value if marked else "text", content)] += 1
        if marked and content:
            print(f"{kind.value} in the main text: {' '.join(words.split())[:100]}")
    outside = sum(n for (_, content), n in counts.items() if not content)
    for kind_name in (BlockKind.CAPTION.value, BlockKind.BOILERPLATE.value):
        right, wrong = counts[(kind_name, False)], counts[(kind_name, True)]
        precision = right / (right + wrong) if right + wrong else float("nan")
        print(f"{kind_name}: {right + wrong} marked, precision {precision:.3f}, ", end="")
        print(f"recall {right / max(1, outside):.3f} of {outside} outside the main text")
    print(f"{sum(counts.values())} blocks")


if __name__ == "__main__":
    main()
