"""``footnote ask``: one question, or a file of questions."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.common import (
    AsJson,
    Data,
    InCollection,
    Model,
    Only,
    Replies,
    Risk,
    Strictness,
    UsageError,
    error_console,
    opened_answerer,
    printable,
    settings_for,
)

if TYPE_CHECKING:
    from app.answering.pipeline import Answerer
    from app.question.batch_input import BatchQuestion


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("ask")(ask)


def ask(
    question: Annotated[str | None, typer.Argument(help="What to ask.")] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", help='Lines of {"id", "question"} or {"id", "turns"}, - for stdin.'),
    ] = None,
    as_json: AsJson = False,
    model: Model = None,
    document: Only = None,
    collection: InCollection = None,
    strictness: Strictness = None,
    risk: Risk = None,
    replies: Replies = None,
    data: Data = None,
) -> None:
    """Ask a question, and get the answer with its footnotes.

    [dim]footnote ask "How many people came?"
    footnote ask "How many people came?" --document report.pdf --model none
    footnote ask "What was decided?" --collection minutes
    footnote ask "How many people came?" --model none --risk 0.15
    footnote ask "How many people came?" --model local --replies quotes
    footnote ask --file questions.jsonl --json > answers.jsonl[/dim]
    """
    if (question is None) == (file is None):
        raise UsageError('Give a question, footnote ask "…", or a file of them with --file.')
    settings = settings_for(data, model=model, strictness=strictness, risk=risk, replies=replies)
    if file is not None:
        lines = _read(file)
        with opened_answerer(settings, collection) as answerer:
            failed = _ask_all(answerer, lines, document, as_json=as_json)
        if failed:
            raise typer.Exit(2)
        return
    assert question is not None
    from app.answering.pipeline import check_question

    check_question(question)
    with opened_answerer(settings, collection) as answerer:
        _ask_one(answerer, question, document, as_json=as_json)


def _ask_one(
    answerer: Answerer, question: str, documents: Sequence[str] | None, *, as_json: bool
) -> None:
    from app.formats.json_forms import answer_payload

    with error_console.status("Loading the models, then reading…"):
        answer = answerer.answer(question, documents=documents, store=True)
    if as_json:
        _print_json(answer_payload(answer), indent=2)
    else:
        from app.cli.print_answer import show_answer

        show_answer(answer)


def _read(file: Path) -> list[str]:
    try:
        if str(file) == "-":
            return sys.stdin.read().splitlines()
        return file.read_text(encoding="utf-8-sig").split("\n")
    except FileNotFoundError as error:
        raise UsageError(f"There is no file {file}.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read as UTF-8 text: {error}.") from error


def _ask_all(
    answerer: Answerer, lines: Sequence[str], documents: Sequence[str] | None, *, as_json: bool
) -> bool:
    """One line out for each line in, in order; whether any was bad."""
    from app.question.batch_input import parse_line
    from ingest.errors import FootnoteError

    answerer.library.embedder.encode_queries(["ready"])  # so that loading counts for no question
    answerer.reader.read_pairs([("Ready?", "Ready.")])
    failed = False
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        identity: Any = None
        try:
            question = parse_line(line)
            identity = question.id
            _answer_line(answerer, question, documents, as_json=as_json)
        except FootnoteError as error:
            failed = True
            error_console.print(f"[red]line {number}:[/red] {printable(str(error), markup=True)}")
            if as_json:
                _print_json({"id": identity, "line": number, "error": str(error)})
    return failed


def _answer_line(
    answerer: Answerer, question: BatchQuestion, documents: Sequence[str] | None, *, as_json: bool
) -> None:
    from app.cli.print_answer import show_answer
    from app.formats.json_forms import answer_payload

    answer = answerer.answer(
        question.question, documents=documents or question.documents, history=question.history
    )
    if not as_json:
        show_answer(answer, question=question.question)
        return
    _print_json(answer_payload(answer) | {"id": question.id})


def _print_json(value: Any, indent: int | None = None) -> None:
    """JSON as UTF-8, whatever the terminal's encoding; lone surrogates as escapes."""
    text = json.dumps(value, ensure_ascii=False, indent=indent) + "\n"
    try:
        data = text.encode()
    except UnicodeEncodeError:
        data = (json.dumps(value, indent=indent) + "\n").encode()
    sys.stdout.buffer.write(data)
    sys.stdout.flush()
