"""How bytes become text: by their mark, as UTF-8, or by evidence, which is reported."""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass

from ingest.load.base.source import Source, clean

SAMPLE_BYTES = 256 * 1024
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
# A short Western text looks like anything to a statistic: so few foreign bytes prove nothing.
FEW_FOREIGN_BYTES = 40
_FOREIGN = re.compile(rb"[\x80-\xff]")
_MULTI_BYTE = ("big5", "cp932", "cp949", "cp950", "euc", "gb", "hz", "iso2022", "johab", "shift")
# What stands next to letters in Western European text: its punctuation, signs and fractions.
_WESTERN = frozenset("€‚„…‹‘’“”•–—›™¡£¥§©ª«®°±²³´µ¶·º»¼½¾¿×÷\u00a0\u00ad")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text with lines ended by ``\\n`` and without NULs; ``assumed`` says what was assumed."""

    text: str
    assumed: tuple[str, ...] = ()


def decode(data: bytes, source: Source) -> Decoded:
    """The text in ``data``.

    A byte order mark decides, then UTF-8, then the server's charset, then Windows-1252 for short
    text that it makes Western, then charset-normalizer's guess. Raises UnreadableDocument for
    binary data, naming the encodings that were tried.
    """
    mended = _nearly_utf8(data)
    if mended is not None:
        broken = mended.count("\ufffd")
        note = f"{broken:,} damaged character{'s are' if broken > 1 else ' is'} shown as \ufffd."
        return Decoded(clean(mended), (note,))
    tried: list[str] = []
    for encoding, known in _candidates(data, source):
        if encoding in tried:
            continue
        tried.append(encoding)
        try:
            text = data.decode(encoding)
        except (UnicodeError, LookupError):
            continue
        if not _looks_binary(text):
            return Decoded(clean(text), () if known else (_told(encoding),))
    raise source.unreadable(
        f"this is not text in an encoding that Footnote knows (tried "
        f"{', '.join(tried) or 'none'}). Save it as UTF-8 text, or give the original PDF, "
        "Word, web or spreadsheet file."
    )


def _told(encoding: str) -> str:
    name = codecs.lookup(encoding).name.replace("cp125", "Windows-125")
    return f"The file does not say how its characters are encoded; {name} was assumed."


def _candidates(data: bytes, source: Source) -> list[tuple[str, bool]]:
    """Encodings to try, each with whether the file or its server says so."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return [(encoding, True)]
    half = _half_nul(data)
    if half:
        return [(half, False)]
    encodings = [("utf-8", True)]
    if source.charset:
        encodings.append((source.charset.lower(), True))
    if not _is_utf8(data):
        encodings.extend((guess, False) for guess in _guesses(data))
    return encodings


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _nearly_utf8(data: bytes) -> str | None:
    """UTF-8 with a few broken characters (a cut, a flipped bit), which are shown as U+FFFD."""
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    if not broken or _half_nul(data) or data.startswith(tuple(mark for mark, _ in _BOMS[1:])):
        return None
    sound = sum(1 for character in text if character > "\x7f") - broken
    return text if sound >= 4 * broken and not _looks_binary(text) else None


def _half_nul(data: bytes) -> str | None:
    """UTF-16 without a mark: in European text every second byte is NUL."""
    sample = data[:4096]
    if len(sample) < 8 or len(data) % 2:
        return None
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if odd > len(sample) * 0.3 and even < len(sample) * 0.05:
        return "utf-16-le"
    if even > len(sample) * 0.3 and odd < len(sample) * 0.05:
        return "utf-16-be"
    return None


def _guesses(data: bytes) -> list[str]:
    from charset_normalizer import from_bytes

    # The sample starts where the bytes stop being plain ASCII: there the encodings differ.
    first = next((m.start() for m in re.finditer(rb"[\x80-\xff]", data)), 0)
    begin = max(0, first - 4096)
    matches = from_bytes(data[begin : begin + SAMPLE_BYTES])
    best = matches.best()
    guesses = [best.encoding, *(match.encoding for match in list(matches)[:5])] if best else []
    foreign = len(_FOREIGN.findall(data))
    # In East Asian text hardly anything but foreign bytes stands.
    doubtful = best is None or best.encoding.startswith(_MULTI_BYTE) and foreign * 3 < len(data)
    western = (foreign < FEW_FOREIGN_BYTES or doubtful) and _is_western(data)
    return ["cp1252", *guesses] if western else guesses


def _is_western(data: bytes) -> bool:
    """Whether the bytes make sense as Windows-1252: accented letters among others, and signs."""
    try:
        text = data[:SAMPLE_BYTES].decode("cp1252")
    except UnicodeDecodeError:
        return False
    foreign = [c for c in text if c > "\x7f"]
    letters = all(unicodedata.category(c)[0] == "L" or c in _WESTERN for c in foreign)
    return letters and not re.search(r"[^\W\x00-\x7f]{3}", text)


def _looks_binary(text: str) -> bool:
    sample = text[:SAMPLE_BYTES]
    controls = len(_CONTROLS.findall(sample))
    return controls > max(8, len(sample) // 100)
