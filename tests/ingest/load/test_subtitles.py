"""Subtitles are speech: whole sentences, who says them, and when."""

from __future__ import annotations

import pytest

from ingest.document import Document
from ingest.errors import UnreadableDocument
from ingest.load import load_bytes
from ingest.load.base.source import Source

FILM = """1
00:00:58,000 --> 00:01:01,500
<i>The miller kept</i> nine hives

2
00:01:01,600 --> 00:01:04,000
behind the weir &amp; sold the honey in town.

3
00:01:04,100 --> 00:01:06,000
- Who buys it now?
- Nobody.

4
01:15:10,250 --> 01:15:12,000
{\\an8}The weir broke in 1962.
"""
TALK = """WEBVTT - the weir

STYLE
::cue { color: red }

NOTE
made by hand

intro
00:05.000 --> 00:07.000 align:start
<v.loud Ines Prado>The gate is opened

00:07.000 --> 00:09.000
<v Ines Prado>at <c.big>seven</c> each morning.</v>

00:09.000 --> 00:10.000
<v Otto>And in <00:09.500>winter?
"""
ROLLING = """WEBVTT

00:00:01.000 --> 00:00:03.000
so today we go

00:00:03.000 --> 00:00:05.000
so today we go
up to the weir

00:00:05.000 --> 00:00:07.000
up to the weir
and count the eels
"""


def read(text: str, name: str) -> Document:
    return load_bytes(text.encode(), Source(name, f"/somewhere/{name}"))


def said(document: Document) -> list[tuple[int | None, str]]:
    return [(b.page, document.text[b.start : b.end]) for b in document.blocks]


def test_sentences_over_several_captions_are_whole_and_have_their_time() -> None:
    assert said(read(FILM, "film.srt")) == [
        (58, "The miller kept nine hives behind the weir & sold the honey in town."),
        (64, "Who buys it now?"),
        (64, "Nobody."),
        (4510, "The weir broke in 1962."),
    ]


def test_a_speaker_is_named_when_they_begin() -> None:
    assert said(read(TALK, "talk.vtt")) == [
        (5, "Ines Prado: The gate is opened at seven each morning."),
        (9, "Otto: And in winter?"),
    ]


def test_captions_that_roll_are_read_once() -> None:
    (only,) = said(read(ROLLING, "walk.vtt"))
    assert only == (1, "so today we go up to the weir and count the eels")


def test_windows_lines_and_missing_empty_lines_are_read() -> None:
    tight = (
        "1\r\n00:00:01,000 --> 00:00:02,000\r\nThe eels went\r\n"
        "2\r\n00:00:02,000 --> 00:00:03,000\r\nup the ladder.\r\n"
    )
    assert said(read(tight, "tight.srt")) == [(1, "The eels went up the ladder.")]


def test_long_speech_without_punctuation_is_parted() -> None:
    cues = "".join(
        f"{n}\n00:{n // 60:02}:{n % 60:02},000 --> 00:{n // 60:02}:{n % 60:02},900\n"
        f"and then we counted crate number {n} of the eels\n\n"
        for n in range(200)
    )
    parts = said(read(cues, "long.srt"))
    assert len(parts) > 10 and max(len(words) for _, words in parts) < 700
    assert all(f"number {n} of" in " ".join(w for _, w in parts) for n in range(200))


def test_a_file_without_times_says_so() -> None:
    with pytest.raises(UnreadableDocument, match="no captions with times"):
        read("Only some words.\n", "empty.srt")
