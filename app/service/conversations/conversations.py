"""Stores conversations: questions, their answers, and the reader's marks.

Threads and processes may share them. ``owner`` is a user's name, "" if nobody signs in.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, insert, or_, select, update

from app.answer import Answer, Turn
from app.formats.json_forms import answer_from_payload
from app.service.storage.app_database import of_answer, open_database
from app.service.storage.app_schema import conversations, exchanges
from store.database.row_mapping import AnyRow, batched
from store.database.schema import position_of

INTERRUPTED_PROBLEM = "Footnote was stopped before it had answered this."
"""The problem of a question until something came of it."""
UNDO_PERIOD = timedelta(hours=1)
NOT_DELETED = conversations.c.deleted.is_(None)
OF_CONVERSATION = exchanges.join(conversations, conversations.c.id == exchanges.c.conversation)


@dataclass(frozen=True, slots=True)
class Conversation:
    """One kept conversation; ``updated`` is an ISO 8601 UTC time."""

    id: str
    name: str
    updated: str


@dataclass(frozen=True, slots=True)
class StoredExchange:
    """A question of a conversation with its answer, or the ``problem`` that kept it from one.

    ``before`` is the answer that a renewed one replaced; ``mark`` is ``right``, ``wrong``,
    ``incomplete`` or "".
    """

    id: str
    conversation: str
    question: str
    answer: Answer | None
    problem: str = ""
    before: Answer | None = None
    mark: str = ""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _answer(text: str | None) -> Answer | None:
    return answer_from_payload(json.loads(text)) if text else None


def _kept(row: AnyRow) -> StoredExchange:
    return StoredExchange(
        id=row.id,
        conversation=row.conversation,
        question=row.question,
        answer=_answer(row.answer),
        problem=row.problem,
        before=_answer(row.before),
        mark=row.mark,
    )


class Conversations:
    """The conversations of a data folder, or of the database at ``url``."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self._database = open_database(folder, url)
        self._forget()

    def close(self) -> None:
        """Closes the database."""
        self._database.close()

    def start(self, owner: str, name: str) -> str:
        """A new conversation's id."""
        fresh = secrets.token_hex(8)
        statement = insert(conversations).values(id=fresh, owner=owner, name=name, updated=_now())
        with self._database.writing() as db:
            db.execute(statement)
        return fresh

    def find(self, owner: str, words: str = "", limit: int = 100) -> list[Conversation]:
        """The owner's conversations, latest first; with ``words``, those that hold them."""
        contains = or_(
            exchanges.c.question.icontains(words, autoescape=True),
            exchanges.c.words.contains(words.casefold(), autoescape=True),
        )
        holds = exists().where(exchanges.c.conversation == conversations.c.id, contains)
        named = conversations.c.name.icontains(words, autoescape=True)
        statement = (
            select(conversations)
            .where(conversations.c.owner == owner, NOT_DELETED, or_(named, holds))
            .order_by(conversations.c.updated.desc())
            .limit(limit)
        )
        with self._database.reading() as db:
            return [Conversation(row.id, row.name, row.updated) for row in db.execute(statement)]

    def owns(self, owner: str, conversation: str) -> bool:
        """Whether this conversation is the owner's."""
        statement = select(conversations.c.id).where(_theirs(owner, conversation), NOT_DELETED)
        with self._database.reading() as db:
            return db.execute(statement).first() is not None

    def name(self, owner: str, conversation: str) -> str:
        """The conversation's name; "" if it is not the owner's."""
        statement = select(conversations.c.name).where(_theirs(owner, conversation))
        with self._database.reading() as db:
            return db.execute(statement).scalar_one_or_none() or ""

    def rename(self, owner: str, conversation: str, name: str) -> None:
        """Give it another name."""
        with self._database.writing() as db:
            db.execute(update(conversations).where(_theirs(owner, conversation)).values(name=name))

    def delete(self, owner: str, conversation: str) -> Conversation | None:
        """Remove it with all that was asked in it; what was removed, None if nothing was.

        For ``UNDO_PERIOD`` it can be brought back; then it is gone for good.
        """
        self._forget()
        one = _theirs(owner, conversation)
        with self._database.writing() as db:
            gone = db.execute(update(conversations).where(one, NOT_DELETED).values(deleted=_now()))
            if not gone.rowcount:
                return None
            name = db.execute(select(conversations.c.name).where(one)).scalar_one()
        return Conversation(conversation, name, _now())

    def undelete(self, owner: str, conversation: str) -> None:
        """Bring a deleted one back."""
        with self._database.writing() as db:
            db.execute(
                update(conversations).where(_theirs(owner, conversation)).values(deleted=None)
            )

    def _forget(self) -> None:
        """Remove for good what was deleted long enough ago."""
        before = (datetime.now(UTC) - UNDO_PERIOD).isoformat(timespec="milliseconds")
        with self._database.writing() as db:
            db.execute(delete(conversations).where(conversations.c.deleted < before))

    def add(
        self, conversation: str, question: str, payload: Mapping[str, Any] | None, problem: str = ""
    ) -> str:
        """Keep a question with its answer's payload, or with what went wrong; its id."""
        fresh = secrets.token_hex(8)
        text = json.dumps(payload, ensure_ascii=False) if payload is not None else None
        statement = insert(exchanges).values(
            id=fresh,
            conversation=conversation,
            question=question,
            answer=text,
            problem=problem,
            created=_now(),
            **of_answer(text),
        )
        touched = update(conversations).where(conversations.c.id == conversation)
        with self._database.writing() as db:
            db.execute(statement)
            db.execute(touched.values(updated=_now()))
        return fresh

    def save_exchange(
        self, exchange: str, payload: Mapping[str, Any] | None, problem: str = ""
    ) -> None:
        """Keep what came of a question that is kept already: its answer's payload, or what went
        wrong."""
        text = json.dumps(payload, ensure_ascii=False) if payload is not None else None
        settled = update(exchanges).where(exchanges.c.id == exchange)
        with self._database.writing() as db:
            db.execute(settled.values(answer=text, problem=problem, **of_answer(text)))

    def renew(self, exchange: str, payload: Mapping[str, Any]) -> None:
        """Replace an answer by a newer one and keep the old one as ``before``."""
        text = json.dumps(payload, ensure_ascii=False)
        renewed = update(exchanges).where(exchanges.c.id == exchange)
        values = {"answer": text, "problem": "", "mark": "", **of_answer(text)}
        with self._database.writing() as db:
            db.execute(renewed.values(before=exchanges.c.answer, **values))

    def mark(self, exchange: str, mark: str) -> None:
        """Set the reader's judgement of an answer; "" takes it back."""
        with self._database.writing() as db:
            db.execute(update(exchanges).where(exchanges.c.id == exchange).values(mark=mark))

    def exchanges(self, conversation: str) -> list[StoredExchange]:
        """What was asked in it, in order."""
        statement = select(exchanges).where(exchanges.c.conversation == conversation)
        with self._database.reading() as db:
            rows = db.execute(statement.order_by(exchanges.c.number)).all()
        return [_kept(row) for row in rows]

    def exchange(self, owner: str, exchange: str) -> StoredExchange | None:
        """One exchange of the owner's, or None."""
        statement = select(exchanges).select_from(OF_CONVERSATION)
        statement = statement.where(
            exchanges.c.id == exchange, conversations.c.owner == owner, NOT_DELETED
        )
        with self._database.reading() as db:
            row = db.execute(statement).first()
        return _kept(row) if row else None

    def answers_of(self, owner: str) -> list[tuple[str, str, str]]:
        """The owner's answers, latest first: exchange, question, and the answer's id."""
        statement = (
            select(exchanges.c.id, exchanges.c.question, exchanges.c.answer_id)
            .select_from(OF_CONVERSATION)
            .where(conversations.c.owner == owner, NOT_DELETED, exchanges.c.answer.is_not(None))
            .order_by(exchanges.c.number.desc())
        )
        with self._database.reading() as db:
            return [(row.id, row.question, row.answer_id) for row in db.execute(statement)]

    def forget_revisions(self, revisions: Sequence[str], notice: str) -> None:
        """Delete the answers that hold words of these revisions; ``notice`` takes their place."""
        gone = {"answer": None, "before": None, "mark": "", "words": "", "answer_id": ""}
        with self._database.writing() as db:
            if db.dialect.name == "sqlite":
                db.exec_driver_sql("PRAGMA secure_delete = ON")
            for part in batched(revisions):
                shown = update(exchanges).where(_holds(exchanges.c.answer, part))
                db.execute(shown.values(problem=notice, **gone))
                shown = update(exchanges).where(_holds(exchanges.c.before, part))
                db.execute(shown.values(before=None))
        self._database.empty_log()


def _theirs(owner: str, conversation: str) -> ColumnElement[bool]:
    return and_(conversations.c.id == conversation, conversations.c.owner == owner)


def _holds(column: ColumnElement[str], revisions: Sequence[str]) -> ColumnElement[bool]:
    return or_(*(position_of(column, revision) > 0 for revision in revisions))


def turns(exchanges: Sequence[StoredExchange], last: int = 6) -> tuple[Turn, ...]:
    """The last exchanges as the history that an ``Answerer`` takes."""
    return tuple(
        Turn(k.answer.standalone or k.question, k.answer.text)
        for k in exchanges[-last:]
        if k.answer
    )
