"""E-mail messages (EML, MSG): who wrote to whom, when, about what, and the text."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

from ingest.document import BlockKind, Document
from ingest.load.base.archive import damaged
from ingest.load.base.builder import Builder
from ingest.load.base.source import Source
from ingest.load.text.attachments import Attachment, add_attachments
from ingest.load.text.html import main_body, parse
from ingest.load.text.html_flow import Flow
from ingest.load.text.plain_text import text_blocks
from ingest.load.text.quoted_mail import mail_parts, quoted_elements

EML, MSG = "message/rfc822", "application/vnd.ms-outlook"
_HEADERS = ("From", "To", "Cc", "Date", "Subject")
# Properties of MAPI by name: [MS-OXPROPS]. 001F is text in UTF-16, 001E in the sender's code page.
_PROPERTIES = {
    "Subject": "0037", "From": "0C1A", "Address": "0C1F", "To": "0E04", "Cc": "0E03", "Body": "1000"
}  # fmt: skip
_ATTACHED, _ATTACHED_DATA = "3707", "3701"
_ADDRESS = re.compile(r"\w+://\S+")


def load(data: bytes, source: Source) -> Document:
    """A message with the text of its attachments. Raises UnreadableDocument for a damaged one."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        return _outlook(data, source)
    from email import message_from_bytes, policy

    message = message_from_bytes(data, policy=policy.default)
    if not any(message[name] for name in _HEADERS):
        raise source.unreadable("no sender, receiver or subject is in it: it is not an e-mail.")
    builder = Builder()
    headers = {name: str(message[name]) for name in _HEADERS if message[name]}
    _head(builder, headers)
    try:
        plain, page = (message.get_body(preferencelist=(kind,)) for kind in ("plain", "html"))
        words = plain.get_content() if plain is not None else ""
        tree = _parsed(page.get_content(), source) if page is not None else None
        if tree is not None and _is_stub(words, tree):
            _page(builder, tree)
        else:
            _plain(builder, words)
        attached = [_attachment(part) for part in _attached(message)]
    except (LookupError, ValueError, KeyError, AttributeError) as error:
        raise damaged(source, error) from error
    add_attachments(builder, attached, source)
    return _made(builder, source, EML, headers)


def _attached(message: EmailMessage) -> Sequence[Any]:
    return list(message.iter_attachments()) if message.is_multipart() else []


def _head(builder: Builder, headers: dict[str, str]) -> None:
    if headers.get("Subject"):
        builder.add(BlockKind.HEADING, headers["Subject"], 1)
    for name, value in headers.items():
        if name != "Subject":
            builder.add(BlockKind.LIST_ITEM, f"{name}: {value}", 1)


def _plain(builder: Builder, words: str) -> None:
    """The mail's own text, and the messages that it quotes, each under whose and of when it is."""
    parts = mail_parts(words.replace("\r\n", "\n").replace("\r", "\n"))
    last_own = max((n for n, part in enumerate(parts) if not part.quoted), default=-1)
    for number, part in enumerate(parts):
        # A heading would take in the mail's own text below it.
        kind = BlockKind.HEADING if number > last_own else BlockKind.BOILERPLATE
        for line in part.rules:
            builder.add(BlockKind.BOILERPLATE, line)
        builder.add(kind, ", ".join(part.head), 2 if number > last_own else 0)
        for line in part.fields:
            builder.add(BlockKind.BOILERPLATE, line)
        for block in text_blocks(part.text):
            quoted = part.quoted and block.kind is not BlockKind.BOILERPLATE
            words = part.text[block.start : block.end]
            builder.add(BlockKind.QUOTED if quoted else block.kind, words, block.level)


def _parsed(page: str, source: Source) -> Any:
    tree, _ = parse(page.encode("utf-8", "replace"), Source(source.name, source.address))
    return main_body(tree)


def _page(builder: Builder, tree: Any) -> None:
    """The page's own text, then what it quotes of earlier messages."""
    quotes = list(quoted_elements(tree))
    Flow(builder).read(tree)
    own = len(builder.blocks)
    for quote in quotes:
        Flow(builder).read(quote)
    builder.blocks[own:] = [
        block if block.kind is BlockKind.HEADING else replace(block, kind=BlockKind.QUOTED)
        for block in builder.blocks[own:]
    ]


def _is_stub(plain: str, tree: Any) -> bool:
    """Whether the plain part only points to the page: it has not half of the page's words."""
    return 2 * len(_ADDRESS.sub("", plain).split()) < len(tree.text_content().split())


def _attachment(part: Any) -> Attachment:
    """A part of the message as a file; another message as it was sent."""
    name = part.get_filename() or part.get_content_type()
    if part.get_content_type() == EML and part.is_multipart():
        inner = part.get_payload(0)
        return Attachment(part.get_filename() or f"{inner['Subject'] or 'mail'}.eml", bytes(inner))
    return Attachment(name, part.get_payload(decode=True))


def _made(builder: Builder, source: Source, media_type: str, headers: dict[str, str]) -> Document:
    about = {"author": headers.get("From", ""), "published": headers.get("Date", "")}
    return builder.document(source, media_type, headers.get("Subject", ""), about)


def _outlook(data: bytes, source: Source) -> Document:
    """A message as Outlook keeps it, in an OLE file."""
    import olefile

    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            fields = {
                name: _property(ole, f"__substg1.0_{code}") for name, code in _PROPERTIES.items()
            }
            paths = ["/".join(path) for path in ole.listdir()]
            attached = [
                Attachment(
                    _property(ole, path.removesuffix("001F")),
                    _stream(ole, path.replace(f"_{_ATTACHED}001F", f"_{_ATTACHED_DATA}0102")),
                )
                for path in paths
                if path.startswith("__attach") and path.endswith(f"_{_ATTACHED}001F")
            ]
            date = ole.get_metadata().last_saved_time
    except (OSError, ValueError, IndexError, KeyError, TypeError, AttributeError) as error:
        raise damaged(source, error) from error
    sender = " ".join(
        filter(None, (fields["From"], fields["Address"] and f"<{fields['Address']}>"))
    )
    headers = {"From": sender, "To": fields["To"], "Cc": fields["Cc"], "Subject": fields["Subject"]}
    headers["Date"] = date.isoformat(" ", "minutes") if date else ""
    headers = {name: value for name, value in headers.items() if value}
    builder = Builder()
    _head(builder, headers)
    _plain(builder, fields["Body"])
    add_attachments(builder, [one for one in attached if one.name], source)
    return _made(builder, source, MSG, headers)


def _stream(ole: Any, path: str) -> bytes | None:
    return bytes(ole.openstream(path).read()) if ole.exists(path) else None


def _property(ole: Any, path: str) -> str:
    for ending, encoding in (("001F", "utf-16-le"), ("001E", "cp1252")):
        if ole.exists(path + ending):
            data = ole.openstream(path + ending).read()
            return str(data.decode(encoding, "replace").rstrip("\0").strip())
    return ""
