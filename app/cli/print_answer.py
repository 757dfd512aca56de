"""Prints answers and tables in a terminal."""

from __future__ import annotations

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from app.answer import Answer, Citation, Verdict
from app.cli.common import console, printable
from app.formats.answer_text import is_listed, with_bullet
from app.formats.place import page_label
from app.question.rewrite import understood_as

VERDICT_SIGNS = {
    Verdict.QUOTED: ("", ""),
    Verdict.SUPPORTED: ("", ""),
    Verdict.COMPUTED: (" (computed)", "green"),
    Verdict.PARTLY: (" (partly supported)", "yellow"),
    Verdict.UNSUPPORTED: (" (not supported)", "red"),
}


def show_answer(answer: Answer, question: str = "") -> None:
    """The answer, its footnotes, and how it came about."""
    if question:
        console.print(Text(printable(question), style="bold cyan"))
    understood = understood_as(answer.question, answer.standalone)
    if understood:
        console.print(Text(f"Understood as: {printable(understood)}", style="dim"))
    if answer.opening:
        console.print(Text(printable(answer.opening), style="bold"))
    if answer.kind == "closest":
        console.print(Text(printable(answer.reason), style="yellow"))
    if answer.sentences:
        _show_sentences(answer)
    else:
        console.print(Text(printable(answer.reason)))
    _show_footnotes(answer)
    if answer.closest:
        console.print(Text("\nThe closest passages:", style="bold"))
    for closest in answer.closest:
        _show_footnote(closest.citation, closest.lacks)
    if answer.choices:
        console.print(Text("\nSeveral places fit. Which one is meant?", style="bold"))
    for choice in answer.choices:
        console.print(Padding(Text(printable(choice.question)), (0, 0, 0, 4)))
    for note in answer.notes:
        console.print(Text(f"\nNote: {printable(note)}", style="yellow"))
    seconds = answer.timings_ms.get("total", 0.0) / 1000
    how = "in quotes" if answer.model == "none" else f"by {answer.model}"
    console.print(Text(f"\n{how}, {seconds:.1f} s\n", style="dim"))


def _show_sentences(answer: Answer) -> None:
    text = Text()
    for number, sentence in enumerate(answer.first):
        listed = answer.kind == "closest" or is_listed(sentence)
        text.append("" if not number else "\n" if listed else " ")
        mark, style = VERDICT_SIGNS[sentence.verdict]
        text.append(printable(with_bullet(sentence)), style=style)
        text.append("".join(f" [{n}]" for n in sentence.citations), style="bold cyan")
        text.append(mark, style=style)
    console.print(text)
    console.print()


def where(citation: Citation) -> str:
    """Document, page or row, and heading path."""
    parts = [citation.document]
    label = citation.page is not None and page_label(citation.document, citation.page)
    parts += [label] if label else []
    parts += [f"row {citation.row}"] if citation.row is not None else []
    parts += citation.headings
    return printable(" › ".join(parts))


def _show_footnotes(answer: Answer) -> None:
    """Of the sentences that answer, then of further passages."""
    first, rest = answer.footnotes
    for citation in first:
        _show_footnote(citation, repeated=answer.repeats(citation))
    if rest:
        console.print(Text("\nFurther passages:", style="bold"))
    for citation in rest:
        _show_footnote(citation)


def _show_footnote(citation: Citation, lacks: str = "", *, repeated: bool = False) -> None:
    place = Text(f"[{citation.n}] ", style="bold cyan")
    place.append(where(citation), style="dim")
    console.print(place)
    if repeated:
        return  # its words stand in the answer above
    quote = Text(printable(citation.quote))
    if citation.key:
        start, end = (offset - citation.start for offset in citation.key)
        before = len(printable(citation.quote[:start]))
        quote.stylize("bold", before, before + len(printable(citation.quote[start:end])))
    console.print(Padding(quote, (0, 0, 0, 4)))
    if lacks:
        console.print(Padding(Text(f"It lacks: {printable(lacks)}", style="dim"), (0, 0, 0, 4)))


def table(*columns: str) -> Table:
    """A plain table with these headings."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
