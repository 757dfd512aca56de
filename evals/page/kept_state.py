"""How far the evaluation run of a served chat is, in the database: every process shows it, and any
may cancel it."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from app.service.storage.app_database import open_database
from app.service.storage.app_schema import evaluation
from evals.runs.runs import RunError
from store.database import counters

DEAD_AFTER_S = 10.0
"""How long the process of a run may say nothing until the run counts as ended."""
ENDED_PROBLEM = (
    "The process that made this run was stopped. Run the set again: what is scored already is not "
    "asked again."
)


@dataclass(frozen=True, slots=True)
class State:
    """How far a run is. ``phase`` is ``idle``, ``opening``, ``running``, ``cancelling``,
    ``cancelled``, ``failed`` or ``done``; ``left_s`` is the estimated rest in seconds, ``what``
    what is being done before the first question."""

    phase: str = "idle"
    done: int = 0
    total: int = 0
    left_s: float | None = None
    problem: str = ""
    run: str = ""
    what: str = "Opening the documents"

    @property
    def busy(self) -> bool:
        """Whether a run is in progress."""
        return self.phase in ("opening", "running", "cancelling")


class KeptState:
    """The one run at a time of a data folder, or of the database at ``url``, and whose it is.

    Methods may be called from any thread; those that tell of a run, by the process that makes it.
    """

    def __init__(self, folder: Path, url: str = "") -> None:
        self._database = open_database(folder, url)
        self._process = secrets.token_hex(8)

    def now(self) -> tuple[str, State]:
        """Whose the latest run is, and how far it is."""
        with self._database.reading() as db:
            row = db.execute(select(evaluation)).first()
        if row is None:
            return "", State()
        state = State(**json.loads(row.state))
        if state.busy and row.beat < time.time() - DEAD_AFTER_S:
            state = replace(state, phase="failed", problem=ENDED_PROBLEM)
        if row.cancel and state.busy:
            state = replace(state, phase="cancelling")
        return row.owner, state

    def begin(self, owner: str) -> None:
        """Claim the run for a user. Raises :class:`RunError` while another is in progress."""
        row: dict[str, Any] = {
            "owner": owner, "state": _text(State("opening")), "cancel": 0,
            "process": self._process, "beat": time.time(),
        }  # fmt: skip
        with self._database.writing() as db:
            _, state = self.now()
            if state.busy:
                raise RunError("A run is in progress; wait for it or cancel it first.")
            statement = counters.dialect_insert(db, evaluation).values(id=1, **row)
            db.execute(statement.on_conflict_do_update(index_elements=["id"], set_=row))

    def set_progress(self, **changes: Any) -> None:
        """What has become of the run."""
        with self._database.writing() as db:
            row = db.execute(select(evaluation).where(self._ours)).first()
            if row is not None:
                text = _text(replace(State(**json.loads(row.state)), **changes))
                db.execute(update(evaluation).values(state=text, beat=time.time()))

    def beat(self) -> bool:
        """Say that the run goes on; whether it is still wanted."""
        with self._database.writing() as db:
            # Also once it is cancelled: the questions being asked may take long on a busy machine.
            db.execute(update(evaluation).where(self._ours).values(beat=time.time()))
            statement = select(evaluation.c.id).where(self._ours, evaluation.c.cancel == 0)
            return db.execute(statement).first() is not None

    def cancel(self, owner: str) -> None:
        """The owner no longer wants the run."""
        theirs = evaluation.c.owner == owner
        with self._database.writing() as db:
            db.execute(update(evaluation).where(theirs).values(cancel=1))

    @property
    def _ours(self) -> Any:
        return evaluation.c.process == self._process


def _text(state: State) -> str:
    return json.dumps(asdict(state), ensure_ascii=False)
