"""Stores conversations: questions, their answers, and the reader's marks.

An SQLite file of its own beside the catalogue; threads and processes may share it. ``owner`` is a
user's name, "" where nobody signs in.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.answer import Answer, Turn
from app.json_forms import answer_from_payload
from app.service.sqlite_file import SqliteFile

FILE = "conversations.sqlite3"
SCHEMA = """
pragma journal_mode=wal;
pragma user_version=1;
create table if not exists conversation (
    id text primary key, owner text not null, name text not null, updated text not null
);
create index if not exists conversation_owner on conversation (owner, updated);
create table if not exists exchange (
    id text primary key,
    conversation text not null references conversation on delete cascade,
    question text not null, answer text, problem text not null default '',
    before text, mark text not null default '', created text not null
);
create table if not exists deleted (
    conversation text primary key references conversation on delete cascade, at text not null
);
create index if not exists exchange_conversation on exchange (conversation);
"""
UNDO_FOR = timedelta(hours=1)
KEPT = "c.id not in (select conversation from deleted)"


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


def _kept(row: sqlite3.Row) -> StoredExchange:
    return StoredExchange(
        id=row["id"],
        conversation=row["conversation"],
        question=row["question"],
        answer=_answer(row["answer"]),
        problem=row["problem"],
        before=_answer(row["before"]),
        mark=row["mark"],
    )


class Conversations:
    """The store of conversations in a data folder."""

    def __init__(self, folder: Path) -> None:
        self._file = SqliteFile(folder / FILE, SCHEMA)
        self._forget()

    def start(self, owner: str, name: str) -> str:
        """A new conversation's id."""
        fresh = secrets.token_hex(8)
        with self._file.transaction() as db:
            db.execute("insert into conversation values (?, ?, ?, ?)", (fresh, owner, name, _now()))
        return fresh

    def find(self, owner: str, words: str = "", limit: int = 100) -> list[Conversation]:
        """The owner's conversations, latest first; with ``words``, those that hold them."""
        like = f"%{words.replace('!', '!!').replace('%', '!%').replace('_', '!_')}%"
        with self._file.transaction() as db:
            rows = db.execute(
                f"select id, name, updated from conversation c where owner = ? and {KEPT} and "
                "(name like ? escape '!' or exists (select 1 from exchange where conversation "
                "= c.id and (question like ? escape '!' or json_extract(answer, '$.answer') "
                "like ? escape '!'))) "
                "order by updated desc limit ?",
                (owner, like, like, like, limit),
            ).fetchall()
        return [Conversation(r["id"], r["name"], r["updated"]) for r in rows]

    def owns(self, owner: str, conversation: str) -> bool:
        """Whether this conversation is the owner's."""
        with self._file.transaction() as db:
            row = db.execute(
                f"select 1 from conversation c where id = ? and owner = ? and {KEPT}",
                (conversation, owner),
            ).fetchone()
        return row is not None

    def name(self, owner: str, conversation: str) -> str:
        """The conversation's name; "" where it is not the owner's."""
        with self._file.transaction() as db:
            row = db.execute(
                "select name from conversation where id = ? and owner = ?", (conversation, owner)
            ).fetchone()
        return row["name"] if row else ""

    def rename(self, owner: str, conversation: str, name: str) -> None:
        """Give it another name."""
        with self._file.transaction() as db:
            db.execute(
                "update conversation set name = ? where id = ? and owner = ?",
                (name, conversation, owner),
            )

    def delete(self, owner: str, conversation: str) -> Conversation | None:
        """Remove it with all that was asked in it; what was removed, None where nothing was.

        For ``UNDO_FOR`` it can be brought back; then it is gone for good.
        """
        self._forget()
        if not self.owns(owner, conversation):
            return None
        with self._file.transaction() as db:
            db.execute("insert or ignore into deleted values (?, ?)", (conversation, _now()))
        return Conversation(conversation, self.name(owner, conversation), _now())

    def undelete(self, owner: str, conversation: str) -> None:
        """Bring a deleted one back."""
        with self._file.transaction() as db:
            db.execute(
                "delete from deleted where conversation in "
                "(select id from conversation where id = ? and owner = ?)",
                (conversation, owner),
            )

    def _forget(self) -> None:
        """Remove for good what was deleted long enough ago."""
        before = (datetime.now(UTC) - UNDO_FOR).isoformat(timespec="milliseconds")
        with self._file.transaction() as db:
            db.execute(
                "delete from conversation where id in "
                "(select conversation from deleted where at < ?)",
                (before,),
            )

    def add(
        self, conversation: str, question: str, payload: Mapping[str, Any] | None, problem: str = ""
    ) -> str:
        """Keep a question with its answer's payload, or with what went wrong; its id."""
        fresh = secrets.token_hex(8)
        text = json.dumps(payload, ensure_ascii=False) if payload is not None else None
        with self._file.transaction() as db:
            db.execute(
                "insert into exchange (id, conversation, question, answer, problem, created) "
                "values (?, ?, ?, ?, ?, ?)",
                (fresh, conversation, question, text, problem, _now()),
            )
            db.execute("update conversation set updated = ? where id = ?", (_now(), conversation))
        return fresh

    def renew(self, exchange: str, payload: Mapping[str, Any]) -> None:
        """Replace an answer by a newer one and keep the old one as ``before``."""
        text = json.dumps(payload, ensure_ascii=False)
        with self._file.transaction() as db:
            db.execute(
                "update exchange set before = answer, answer = ?, problem = '', mark = '' "
                "where id = ?",
                (text, exchange),
            )

    def mark(self, exchange: str, mark: str) -> None:
        """Set the reader's judgement of an answer; "" takes it back."""
        with self._file.transaction() as db:
            db.execute("update exchange set mark = ? where id = ?", (mark, exchange))

    def exchanges(self, conversation: str) -> list[StoredExchange]:
        """What was asked in it, in order."""
        with self._file.transaction() as db:
            rows = db.execute(
                "select * from exchange where conversation = ? order by rowid", (conversation,)
            ).fetchall()
        return [_kept(row) for row in rows]

    def exchange(self, owner: str, exchange: str) -> StoredExchange | None:
        """One exchange of the owner's, or None."""
        with self._file.transaction() as db:
            row = db.execute(
                "select x.* from exchange x join conversation c on c.id = x.conversation "
                f"where x.id = ? and c.owner = ? and {KEPT}",
                (exchange, owner),
            ).fetchone()
        return _kept(row) if row else None

    def answers_of(self, owner: str) -> list[tuple[str, str, str]]:
        """The owner's answers, latest first: exchange, question, and the answer's id."""
        with self._file.transaction() as db:
            rows = db.execute(
                "select x.id, x.question, json_extract(x.answer, '$.id') as answer from exchange x "
                f"join conversation c on c.id = x.conversation where c.owner = ? and {KEPT} and "
                "x.answer is not null order by x.rowid desc",
                (owner,),
            ).fetchall()
        return [(r["id"], r["question"], r["answer"] or "") for r in rows]

    def forget_revisions(self, revisions: Sequence[str], told: str) -> None:
        """Delete the answers that hold words of these revisions; ``told`` takes their place."""
        holds = "exists (select 1 from json_each(?) r where instr({}, r.value))"
        named = json.dumps(list(revisions))
        with self._file.transaction() as db:
            db.execute("pragma secure_delete=on")
            db.execute(
                "update exchange set answer = null, before = null, mark = '', problem = ? "
                f"where answer is not null and {holds.format('answer')}",
                (told, named),
            )
            db.execute(
                f"update exchange set before = null where {holds.format('before')}", (named,)
            )


def turns(kept: Sequence[StoredExchange], last: int = 6) -> tuple[Turn, ...]:
    """The last exchanges as the history that an ``Answerer`` takes."""
    return tuple(
        Turn(k.answer.standalone or k.question, k.answer.text) for k in kept[-last:] if k.answer
    )
