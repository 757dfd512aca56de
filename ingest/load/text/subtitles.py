"""Subtitles and transcripts (SRT, WebVTT): what is said, by whom, with the time it is said at."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ingest.document import SUBTITLES, BlockKind, Document
from ingest.load.base.builder import Builder
from ingest.load.base.encoding import decode
from ingest.load.base.source import Source, clean

MAX_PARAGRAPH_CHARS = 600
"""A paragraph ends with the caption that ends a sentence, and here if none does."""
MAX_PAUSE_S = 5.0
"""A longer silence begins a paragraph."""
_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})(?:[.,](\d{1,3}))?"
_TIMING = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]+)>")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<\d[\d:.]*>|\{\\[^{}]*\}|</?>")
_DASH = re.compile(r"[-–—]\s*(?=\S)")
_ENDS = re.compile(r"[.!?:。！？؟…][\"'”’)\]]*$")


@dataclass(frozen=True, slots=True)
class Caption:
    """A line of speech and when it is shown, in seconds; ``speaker`` is "" if none is named.

    ``turns`` says that somebody else begins to speak.
    """

    start: float
    end: float
    words: str
    speaker: str = ""
    turns: bool = False


def load(data: bytes, source: Source) -> Document:
    """A subtitle file; a block's page is the second at which it begins, at least 1."""
    decoded = decode(data, source)
    builder = Builder(decoded.assumed)
    captions = list(captions_of(clean(decoded.text)))
    for paragraph in _paragraphs(captions):
        builder.add(BlockKind.PARAGRAPH, paragraph.words, page=max(1, int(paragraph.start)))
    if not builder.blocks:
        raise source.unreadable("no captions with times are in it. Is it a subtitle file?")
    return builder.document(source, SUBTITLES)


def captions_of(text: str) -> Iterator[Caption]:
    """What is said, in order, without tags, numbers and notes.

    A line that a caption repeats from the one before it (captions that roll) is given once.
    """
    start = end = 0.0
    lines = text.split("\n")
    speaker = said_by = last = ""
    inside = False
    for at, line in enumerate(lines):
        timing = _TIMING.match(line)
        if timing:
            times = timing.groups()
            start, end, inside, speaker = _seconds(times[:4]), _seconds(times[4:]), True, ""
            continue
        if not line.strip():
            inside = inside and not _begins_cue(lines, at + 1)
            continue
        if not inside or _begins_cue(lines, at):
            continue
        voice = _VOICE.search(line)
        named = html.unescape(voice.group(1)).strip() if voice else ""
        words = html.unescape(_TAG.sub("", line)).strip()
        dashed = _DASH.match(words)
        words = words[dashed.end() :] if dashed else words
        if words and words != last:
            speaker = named or speaker
            turns = bool(dashed) or (speaker != said_by and bool(speaker))
            said_by = speaker or said_by
            yield Caption(start, end, words, speaker, turns)
        last = words or last


def _begins_cue(lines: list[str], at: int) -> bool:
    """Whether the line is a caption's number or name, or opens a note: no line of speech."""
    if at >= len(lines):
        return True
    following = lines[at + 1] if at + 1 < len(lines) else ""
    first = not at or not lines[at - 1].strip()
    return bool(
        _TIMING.match(lines[at])
        or ((first or lines[at].strip().isdecimal()) and _TIMING.match(following))
        or (first and re.match(r"(?:NOTE|STYLE|REGION)\b", lines[at]))
    )


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = (part or "0" for part in parts)
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction}")


def _paragraphs(captions: list[Caption]) -> Iterator[Caption]:
    """Captions joined to sentences, each with its speaker's name if that changes."""
    run: Caption | None = None
    said_by = ""
    for caption in captions:
        if run and not _goes_on(run, caption):
            yield run
            run = None
        if run:
            run = replace(run, words=f"{run.words} {caption.words}", end=caption.end)
            continue
        named = caption.speaker and caption.speaker != said_by
        said_by = caption.speaker or said_by
        words = f"{caption.speaker}: {caption.words}" if named else caption.words
        run = replace(caption, words=words)
    if run:
        yield run


def _goes_on(run: Caption, caption: Caption) -> bool:
    if caption.turns or caption.speaker != run.speaker or caption.start - run.end > MAX_PAUSE_S:
        return False
    return len(run.words) < MAX_PARAGRAPH_CHARS and not _ENDS.search(run.words)
