"""Text recognition in pictures, offline: RapidOCR (the models of PaddleOCR on onnxruntime)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from statistics import mean
from typing import TYPE_CHECKING, Any

from ingest.load.ocr.letters import LineSureness, with_letters, word_sureness
from ingest.load.ocr.spaces import is_english, with_spaces
from ingest.load.page.line import Line
from ingest.load.page.words import Box
from ingest.scan import ScannedLine, ScannedPage

if TYPE_CHECKING:
    from PIL.Image import Image

# Less than this for a whole page: it lies on its side or stands on its head.
UPRIGHT_SCORE = 0.85
# Lines that are less sure than this are noise.
MIN_SCORE = 0.5
# Words with a letter that is less sure may be wrong: on 5,760 words of pages that were blurred,
# shrunk and covered with noise, 0.76 of such words were wrong, and 0.04 of the right ones are such.
SURE_LETTER = 0.7
TURNS_DEGREES = (0, 180, 90, 270)
MAX_SIDE_PIXELS = 3_000
MAX_RECOGNISED = 300
"""Pictures of a document that are recognised."""

Found = tuple[Box, str, LineSureness]
"""A line as the engine finds it."""


def after_each() -> None:
    """Called after each picture; a process that reports how far it is puts its own here."""


class NeedsRecognition(Exception):
    """A document holds ``pages`` pictures of text, and recognition was not yet allowed."""

    def __init__(self, pages: int) -> None:
        super().__init__(pages)
        self.pages = pages


@dataclass(frozen=True, slots=True)
class Recognised:
    """The lines of one picture, and how sure they are: 0 to 1, the mean over its words of the least
    sure letter in each.

    ``turn`` is how far the picture was turned for it, in degrees counter-clockwise; ``unsure`` are
    the words that may be wrong, each once.
    """

    lines: tuple[Line, ...]
    confidence: float
    turn: int
    unsure: tuple[str, ...] = ()

    def scanned(self, number: int) -> ScannedPage:
        """The lines as a document keeps them, on page ``number``."""
        lines = (ScannedLine(x.words, x.left, x.top, x.right, x.bottom) for x in self.lines)
        return ScannedPage(number, self.turn, tuple(lines))


def recognise(image: Image, page: int, scale: float = 1.0) -> Recognised:
    """The lines in a picture; ``scale`` is how many pixels a point has.

    A picture that lies on its side or stands on its head is turned: of the four ways the one whose
    lines are surest.
    """
    best: list[Found] = []
    size, way = image.size, 0
    for turn in TURNS_DEGREES:
        turned = image.rotate(turn, expand=True) if turn else image
        lines_read = _found(turned, page)
        if _uprightness(lines_read) > _uprightness(best):
            best, size, way = lines_read, turned.size, turn
        if _uprightness(best) >= UPRIGHT_SCORE:
            break
    paper = (size[0] / scale, size[1] / scale)
    english = is_english(" ".join(words for _, words, _ in best))
    spaced = [with_spaces(words) if english else words for _, words, _ in best]
    lines = tuple(
        _line(box, words, scale, paper) for (box, _, _), words in zip(best, spaced, strict=True)
    )
    sure = [
        each
        for (_, read, line), words in zip(best, spaced, strict=True)
        for each in word_sureness(read, line.letters, words)
    ]
    after_each()
    unsure = dict.fromkeys(word for word, least in sure if least < SURE_LETTER)
    confidence = mean(least for _, least in sure) if sure else 0.0
    return Recognised(lines, confidence, way, tuple(unsure))


def _found(image: Image, page: int) -> list[Found]:
    import numpy as np

    shrink = min(1.0, MAX_SIDE_PIXELS / max(image.size))
    if shrink < 1.0:
        image = image.resize((round(image.width * shrink), round(image.height * shrink)))
    rows, _ = _engine()(np.asarray(image.convert("RGB")), use_cls=False)
    lines_read = []
    for corners, words, sure in rows or []:
        xs, ys = [x / shrink for x, _ in corners], [y / shrink for _, y in corners]
        if float(sure) >= MIN_SCORE and words.strip():
            lines_read.append((Box(page, min(xs), min(ys), max(xs), max(ys)), words, sure))
    return lines_read


@cache
def _engine() -> Any:
    from rapidocr_onnxruntime import RapidOCR

    engine = RapidOCR(intra_op_num_threads=2, inter_op_num_threads=1)
    reading = engine.text_rec.postprocess_op
    reading.decode = with_letters(reading.decode)
    return engine


def _sureness(lines_read: Sequence[Found]) -> float:
    return mean(sure for _, _, sure in lines_read) if lines_read else 0.0


def _uprightness(lines_read: Sequence[Found]) -> float:
    """How sure the lines are; much less if they run from top to bottom."""
    return _sureness(lines_read) - (0.5 if _stands(lines_read) else 0.0)


def _stands(lines_read: Sequence[Found]) -> bool:
    """Whether most of the longer lines are higher than wide: the picture lies on its side."""
    longer = [box for box, words, _ in lines_read if len(words) > 3]
    high = sum(box.bottom - box.top > box.right - box.left for box in longer)
    return high * 2 > len(longer)


def _line(box: Box, words: str, scale: float, paper: tuple[float, float]) -> Line:
    placed = Box(box.page, box.left / scale, box.top / scale, box.right / scale, box.bottom / scale)
    # The box of a line is about as high as its letters with what hangs below them.
    return Line.around(words, [placed], 0.8 * (placed.bottom - placed.top), False, paper)
