"""The input of every loader: a name, an address, and what was said about its type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal

from ingest.document import NO_METADATA
from ingest.errors import UnreadableDocument

_LINE_ENDS = re.compile("\r\n?|[\x85\u2028\u2029\v\f]")


@dataclass(frozen=True, slots=True)
class Source:
    """A document's name, its address (absolute path or URL) and what was said about its type.

    ``media_type`` and ``charset`` are as an HTTP server named them, empty if nobody did.
    ``ocr`` says what to do with pictures of text: leave them (``off``), raise NeedsRecognition
    (``ask``), or recognise it (``on``).
    """

    name: str
    address: str
    media_type: str = ""
    charset: str = ""
    metadata: Mapping[str, str] = field(default_factory=lambda: NO_METADATA)
    ocr: Literal["off", "ask", "on"] = "off"

    @property
    def extension(self) -> str:
        """The lower-case ending of the name (else of the address) with its dot, or nothing."""
        address = self.address.split("?")[0].split("#")[0]
        return (PurePosixPath(self.name).suffix or PurePosixPath(address).suffix).lower()

    def unreadable(self, why: str) -> UnreadableDocument:
        """The error that names this document; ``why`` says what is wrong and what would help."""
        return UnreadableDocument(f"{self.name}: {why}")


def clean(text: str) -> str:
    """``text`` with every line end as ``\\n``, without NULs and byte order marks at its start."""
    return _LINE_ENDS.sub("\n", text.removeprefix("\ufeff")).replace("\0", "")
