"""Escapes untrusted text for HTML: no markup runs, nothing loads, no text order is spoofed.

Document text, file names, questions, model output and conversation names all pass through here on
their way to the browser. Each unsafe character becomes one visible character, so offsets hold.
"""

from __future__ import annotations

import html

from markupsafe import Markup

# Overrides and isolates can make text read in another order than it is stored (CVE-2021-42574).
_BIDI = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)], "\ufffd")
# Unicode has a picture for every C0 control; tabs and line ends stay as they are.
_C0 = {c: chr(0x2400 + c) for c in range(0x20) if chr(c) not in "\t\n\r"}
_C1 = dict.fromkeys(range(0x7F, 0xA0), "\ufffd")
_LONE = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
_VISIBLE = str.maketrans({**_BIDI, **_C0, **_C1, **_LONE})
_TEMPLATE = str.maketrans({"`": "&#96;", "$": "&#36;", "{": "&#123;", "}": "&#125;"})


def show_controls(text: str) -> str:
    """The text with every control character made visible; for components that escape markup."""
    return text.translate(_VISIBLE)


def markup(text: str) -> Markup:
    """The text as HTML, for element content and for quoted attributes."""
    return Markup(html.escape(show_controls(text), quote=True).translate(_TEMPLATE))


def clip(text: str, limit: int) -> str:
    """At most ``limit`` characters of the text on one line, cut at a word if it can be."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    return line[: limit - 1].rsplit(" ", 1)[0].rstrip(",;:") + "…"
