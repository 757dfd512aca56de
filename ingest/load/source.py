"""The input of every loader: a name, an address, and how bytes are decoded to text."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from ingest.document import NO_METADATA, UnreadableDocument

SAMPLE_BYTES = 256 * 1024
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LINE_ENDS = re.compile("\r\n?|[\x85\u2028\u2029\v\f]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Source:
    """A document's name, its address (absolute path or URL) and what was said about its type.

    ``media_type`` and ``charset`` are as an HTTP server named them, empty where nobody did.
    """

    name: str
    address: str
    media_type: str = ""
    charset: str = ""
    metadata: Mapping[str, str] = field(default_factory=lambda: NO_METADATA)

    @property
    def extension(self) -> str:
        """The lower-case ending of the name (else of the address) with its dot, or nothing."""
        address = self.address.split("?")[0].split("#")[0]
        return (PurePosixPath(self.name).suffix or PurePosixPath(address).suffix).lower()

    def unreadable(self, why: str) -> UnreadableDocument:
        """The error that names this document; ``why`` says what is wrong and what would help."""
        return UnreadableDocument(f"{self.name}: {why}")


def decode(data: bytes, source: Source) -> str:
    """The text in ``data`` with lines ended by ``\\n`` and without NULs.

    A byte order mark decides, then UTF-8, then the server's charset, then charset-normalizer's
    guess. Raises UnreadableDocument for binary data, naming the encodings that were tried.
    """
    tried: list[str] = []
    mended = _nearly_utf8(data)
    if mended is not None:
        return clean(mended)
    for encoding in _candidates(data, source):
        if encoding in tried:
            continue
        tried.append(encoding)
        try:
            text = data.decode(encoding)
        except (UnicodeError, LookupError):
            continue
        if not _looks_binary(text):
            return clean(text)
    raise source.unreadable(
        f"this is not text in an encoding that we know (tried {', '.join(tried) or 'none'}). "
        "Save it as UTF-8 text, or give the original PDF, Word, web or spreadsheet file."
    )


def clean(text: str) -> str:
    """``text`` with every line end as ``\\n``, without NULs and byte order marks at its start."""
    return _LINE_ENDS.sub("\n", text.removeprefix("\ufeff")).replace("\0", "")


def _candidates(data: bytes, source: Source) -> list[str]:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return [encoding]
    encodings = ["utf-8"]
    half = _half_nul(data)
    if half:
        return [half]
    if source.charset:
        encodings.append(source.charset.lower())
    if not _is_utf8(data):
        encodings.extend(_guesses(data))
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
    if best is None:
        return []
    return [best.encoding, *(match.encoding for match in list(matches)[:5])]


def _looks_binary(text: str) -> bool:
    sample = text[:SAMPLE_BYTES]
    controls = len(_CONTROLS.findall(sample))
    return controls > max(8, len(sample) // 100)
