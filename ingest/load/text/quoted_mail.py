"""What a mail says itself and what it quotes: the marks and header lines of earlier messages.

Nothing here knows a language: a quote is lines with ``>``, or what stands below lines such as
``From: …``, ``Sent: …``, ``To: …`` in the words of any mail program.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

MIN_FIELDS = 3
"""Lines of ``name: value`` that head an earlier message, at least."""
MAX_LEAD_LINES = 3
"""Lines that lead in a quote ("On … Ada wrote:"), at most."""
_QUOTE = "self::blockquote or contains(@class, 'gmail_quote') or contains(@class, 'yahoo_quoted')"
_QUOTES = f".//*[{_QUOTE}]"
# Outlook parts the messages by an element; what stands after it is older.
_ANSWERED = ".//*[@id='divRplyFwdMsg' or @id='x_divRplyFwdMsg']"
_MARKS = re.compile(r"\s*(?:>\s?)+")
_FIELD = re.compile(r"\s*[*_]{0,2}[^\W\d_][\w .'-]{0,24}[*_]{0,2}\s?[::][*_]{0,2}\s*\S")
_DATED = re.compile(r"\b(?:19|20)\d\d\b|\b\d{1,2}[:.h]\d{2}\b")
_RULE = re.compile(r"\s*(?:[-_=*]{5,}.*|.*[-_=*]{5,})\s*$")


@dataclass(slots=True)
class MailPart:
    """Lines in a row of one message; ``quoted`` if of an earlier one.

    ``rules`` stand above it, ``head`` says whose and when, ``fields`` are further header lines.
    """

    quoted: bool
    rules: list[str] = field(default_factory=list)
    head: list[str] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The lines as one text, without the marks of quotes."""
        return "\n".join(self.lines)


def mail_parts(text: str) -> list[MailPart]:
    """The parts of a plain mail, in order; together they hold all of its words."""
    parts = [MailPart(quoted=False)]
    lines = text.split("\n")
    at, below_header = 0, False
    while at < len(lines):
        fields = _header_at(lines, at)
        marked = _MARKS.match(lines[at]) is not None
        if fields:
            below_header = True
            parts.append(_headed(parts[-1], [_bare(line) for line in lines[at : at + fields]]))
            at += fields
            continue
        if not below_header and marked != parts[-1].quoted and lines[at].strip():
            parts.append(MailPart(marked, head=_lead(parts[-1]) if marked else []))
        parts[-1].lines.append(_bare(lines[at]))
        at += 1
    return [part for part in parts if part.text.strip() or part.head]


def quoted_elements(tree: Any) -> list[Any]:
    """Takes out of a mail's page, and gives, what holds earlier messages, in order."""
    from lxml.html import Element

    for answered in tree.xpath(_ANSWERED)[:1]:
        older = Element("blockquote")
        answered.addprevious(older)
        older.extend([answered, *older.itersiblings()])
    outermost = [
        quote for quote in tree.xpath(_QUOTES) if not quote.xpath(f"ancestor::*[{_QUOTE}]")
    ]
    for quote in outermost:
        around = quote.getparent()
        if around is None:
            continue
        tail, quote.tail = quote.tail, None
        mark = Element("span")
        mark.tail = tail
        around.replace(quote, mark)
    return outermost


def _bare(line: str) -> str:
    marks = _MARKS.match(line)
    return line[marks.end() :] if marks else line


def _header_at(lines: Sequence[str], at: int) -> int:
    """How many lines of an earlier message's header begin here; 0 if none do."""
    above = _bare(lines[at - 1]) if at else ""
    ruled = _RULE.match(above) is not None
    if not at or (above.strip() and not ruled):
        return 0
    fields: list[str] = []
    while at + len(fields) < len(lines) and _FIELD.match(_bare(lines[at + len(fields)])):
        fields.append(lines[at + len(fields)])
    addressed = sum("@" in line for line in fields)
    sure = ruled or ("@" in "".join(fields[:1]) and (addressed > 1 or len(fields) > MIN_FIELDS))
    return len(fields) if len(fields) >= MIN_FIELDS and sure and _dated(fields) else 0


def _dated(fields: Sequence[str]) -> str:
    """The first line with a date, without that of the sender; "" if there is none."""
    return next((line for line in fields[1:] if _DATED.search(line)), "")


def _headed(before: MailPart, fields: Sequence[str]) -> MailPart:
    """The message below these header lines; a rule above them goes with them."""
    rules = []
    while before.lines and (not before.lines[-1].strip() or _RULE.match(before.lines[-1])):
        rules.append(before.lines.pop())
    head = [fields[0], _dated(fields)]
    return MailPart(True, rules[::-1], head, [line for line in fields if line not in head])


def _lead(before: MailPart) -> list[str]:
    """Takes the line that leads in a quote off the lines before it, if there is one."""
    lines = list(before.lines)
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines or not lines[-1].rstrip().endswith((":", ":")):
        return []
    lead = list(_paragraph_from_end(lines))[::-1]
    if len(lead) > MAX_LEAD_LINES or not re.search(r"\d|@", " ".join(lead)):
        return []
    before.lines = lines[: len(lines) - len(lead)]
    return [" ".join(lead)]


def _paragraph_from_end(lines: Sequence[str]) -> Iterator[str]:
    for line in reversed(lines):
        if not line.strip():
            return
        yield line.strip()
