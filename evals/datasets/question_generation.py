"""Generates questions with the language model, each with its evidence, for a person to review."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from langchain_core.messages import HumanMessage, SystemMessage
from rich.console import Console
from rich.markup import escape

from app.models.base import ChatModel, ModelMissing
from evals.datasets.case import Case
from evals.datasets.case_validation import question_id
from evals.datasets.matching import stands_in
from store.library import Library
from store.results import StoredPassage, StoreError

MIN_PASSAGE_CHARS = 80
MAX_REPLY_TOKENS = 160
MAX_ANSWER_WORDS = 12
MAX_KEY_WORDS = 3
SYSTEM_PROMPT = (
    "You write test questions about a text. Reply with one JSON object and nothing else: "
    '{"question": "...", "answer": "..."}. The question asks for one fact and can be understood '
    "without seeing the text. The answer is copied from the text, at most eight words."
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A case to accept, edit or reject, with the passage that holds its evidence."""

    case: Case
    passage: str


def open_drafts(
    document: str, library: Library, model: ChatModel | None, count: int, seed: int
) -> Iterator[Proposal]:
    """Up to ``count`` proposals on passages of a document, drawn with the seed.

    Raises ``ModelMissing`` if there is no language model.
    """
    if model is None:
        raise ModelMissing("Drafting needs a language model: run footnote pull, or give --model.")
    current = [rev for rev in library.history(document) if rev.current]
    if not current:
        raise StoreError(f"There is no current document “{document}”; see `footnote documents`.")
    passages = library.passages(current[0].id)
    random.Random(seed).shuffle(passages)
    return propose(passages, model, count)


def propose(passages: Sequence[StoredPassage], model: ChatModel, count: int) -> Iterator[Proposal]:
    """Proposals whose answer occurs in their passage; others are dropped and not shown."""
    written = 0
    for stored in passages:
        if written == count:
            return
        text = stored.passage.text
        if len(text) < MIN_PASSAGE_CHARS:
            continue
        messages = [SystemMessage(SYSTEM_PROMPT), HumanMessage(f"Text:\n{text}")]
        reply = "".join(model.stream(messages, max_tokens=MAX_REPLY_TOKENS))
        case = parse(reply, text)
        if case:
            written += 1
            yield Proposal(replace(case, document=stored.document), text)


def parse(reply: str, text: str) -> Case | None:
    """The case of a reply; None if it is not what was asked for or not in the text."""
    match = re.search(r"\{.*?\}", reply, re.DOTALL)
    try:
        row = json.loads(match.group()) if match else {}
    except json.JSONDecodeError:
        return None
    question, answer = row.get("question"), row.get("answer")
    if not isinstance(question, str) or not isinstance(answer, str):
        return None
    question, answer = question.strip(), answer.strip(" .")
    if not question or not answer or len(answer.split()) > MAX_ANSWER_WORDS:
        return None
    if not stands_in(answer, text) or stands_in(answer, question):
        return None
    return Case(
        id=question_id(question),
        question=question,
        answers=((answer,),),
        evidence=((answer, *_key_words(question, text)),),
        kind="fact",
    )


def _key_words(question: str, text: str) -> tuple[str, ...]:
    """The longest words of the question that occur in the text."""
    words = dict.fromkeys(re.findall(r"\w{5,}", question))
    usable = [word for word in words if stands_in(word, text)]
    return tuple(sorted(usable, key=len, reverse=True)[:MAX_KEY_WORDS])


def review(
    proposals: Iterator[Proposal], console: Console, ask: Callable[[str], str] = input
) -> Iterator[Case]:
    """Show each proposal and yield those that the person accepts, as edited."""
    for number, proposal in enumerate(proposals, 1):
        case = proposal.case
        console.print(f"\n[bold]{number}. {escape(case.question)}[/]")
        console.print(f"Answer: {escape(case.answers[0][0])}")
        console.print(f"[dim]{escape(proposal.passage)}[/]")
        choice = ask("(a)ccept, (e)dit, (r)eject, (q)uit: ").strip().lower()[:1]
        if choice == "q":
            return
        if choice == "e":
            case = edited(case, ask)
        if choice in ("a", "e"):
            yield case


def edited(case: Case, ask: Callable[[str], str]) -> Case:
    """The case with what the person writes; an empty line leaves a part as it is."""
    question = ask(f"Question [{case.question}]: ").strip() or case.question
    answer = ask(f"Answers, parted by | [{case.answers[0][0]}]: ").strip()
    group = tuple(a.strip() for a in answer.split("|") if a.strip()) or case.answers[0]
    evidence = ((group[0], *case.evidence[0][1:]),)
    return replace(
        case, id=question_id(question), question=question, answers=(group,), evidence=evidence
    )
