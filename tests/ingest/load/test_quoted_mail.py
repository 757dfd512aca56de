"""What a mail quotes is older text, under whose and of when it is; its own text stays its own."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from app.answering.pipeline import Answerer
from app.evidence.reader import Reader
from app.settings import Settings
from ingest.document import BlockKind, Document
from ingest.load import load_bytes
from ingest.load.base.source import Source
from store.library import Library

ENGLISH = """Fine with me, the boat leaves at half past nine then.

Ada

On Tue, 7 May 2024 at 10:00, Bo Falk <bo@example.org>
wrote:

> The boat leaves at eight.
>
> > Does the boat leave at seven?
"""
GERMAN = """Das Boot legt um halb zehn ab.

Von: Bo Falk <bo@example.org>
Gesendet: Dienstag, 7. Mai 2024 10:00
An: Ada Lund <ada@example.org>
Betreff: Boot

Das Boot legt um acht ab.
"""
FORWARDED = """See below.

---------- Forwarded message ---------
From: Bo Falk
Date: Tue, 7 May 2024 at 10:00
Subject: Boat
To: Ada Lund

The boat leaves at eight.
"""
INTERLEAVED = """> Does the boat leave at seven?

No, at half past nine.

> Who steers it?

Ines does.
"""


def mail(words: str, page: str = "") -> Document:
    message = EmailMessage()
    message["From"], message["Subject"] = "Ada Lund <ada@example.org>", "Boat"
    message["Date"] = "Wed, 8 May 2024 09:00:00 +0200"
    message.set_content(words)
    if page:
        message.add_alternative(page, subtype="html")
    return load_bytes(message.as_bytes(), Source("boat.eml", "/somewhere/boat.eml"))


def of_kind(document: Document, kind: BlockKind) -> list[str]:
    return [document.text[b.start : b.end] for b in document.blocks if b.kind is kind]


@pytest.mark.parametrize(
    ("words", "own", "older", "head"),
    [
        (ENGLISH, "half past nine", "leaves at eight", "On Tue, 7 May 2024 at 10:00, Bo Falk"),
        (GERMAN, "halb zehn", "um acht", "Von: Bo Falk <bo@example.org>, Gesendet: Dienstag, 7."),
        (FORWARDED, "See below", "leaves at eight", "From: Bo Falk, Date: Tue, 7 May 2024"),
    ],
)
def test_an_earlier_message_is_quoted_under_its_sender_and_date(
    words: str, own: str, older: str, head: str
) -> None:
    document = mail(words)
    quoted = of_kind(document, BlockKind.QUOTED)
    assert any(older in text for text in quoted) and not any(own in text for text in quoted)
    assert any(own in text for text in of_kind(document, BlockKind.PARAGRAPH))
    assert any(text.startswith(head) for text in of_kind(document, BlockKind.HEADING))


def test_answers_between_quotes_stay_where_they_are() -> None:
    document = mail(INTERLEAVED)
    assert of_kind(document, BlockKind.PARAGRAPH) == ["No, at half past nine.", "Ines does."]
    assert document.text.endswith("Who steers it?\n\nInes does.")


@pytest.mark.parametrize(
    "words",
    [
        "Place: ada@example.org\nDate: 7 May 2024\nPier: 3\n\nAll is set.\n",
        "All is set.\n\nPlace: Pier 3\nDate: 7 May 2024\nPrice: 12 euros\n",
        "He said: 3 > 2, and 4 >= 4.\n",
    ],
)
def test_a_list_of_labels_is_no_earlier_message(words: str) -> None:
    assert of_kind(mail(words), BlockKind.QUOTED) == []


@pytest.mark.parametrize("words", [ENGLISH, GERMAN, FORWARDED, INTERLEAVED])
def test_no_word_of_a_mail_is_lost(words: str) -> None:
    text = mail(words).text
    assert all(word in text for word in words.replace(">", " ").split())


@pytest.mark.parametrize(
    "quote",
    [
        "<blockquote type='cite'><p>The boat leaves at eight.</p></blockquote>",
        "<div class='gmail_quote'>Bo:<blockquote>The boat leaves at eight.</blockquote></div>",
        "<hr><div id='divRplyFwdMsg'><b>Von:</b> Bo</div><div>The boat leaves at eight.</div>",
    ],
)
def test_a_page_quotes_too(quote: str) -> None:
    document = mail(
        "See the page.\n", f"<p>The boat leaves at half past nine.</p>{quote}<p></p>" * 2
    )
    quoted = "\n".join(of_kind(document, BlockKind.QUOTED))
    assert "leaves at eight" in quoted and "half past nine" not in quoted.split("eight")[0]
    assert "The boat leaves at half past nine." in of_kind(document, BlockKind.PARAGRAPH)


def test_the_newest_message_answers(library: Library, reader: Reader) -> None:
    library.add(mail(ENGLISH.replace("half past nine then", "9:30 now")))
    answerer = Answerer(library, Settings(data=library.folder, model="none"), None, reader)
    answer = answerer.answer("When does the boat leave?")
    assert "9:30" in answer.sentences[0].text
