"""Evaluation runs of a served chat: one at a time, in a thread, with progress and cancel."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.settings import SettingsError
from evals.case import QuestionSet
from evals.runs import Run, RunError, run
from evals.systems import Footnote, support_checker
from evals.workspace import Choice, open_library, open_set, open_writer, runs_folder
from ingest.document import FootnoteError

if TYPE_CHECKING:
    from app.models.base import ChatModel
    from app.service.engine import Engine
    from app.settings import Settings
    from store.library import Library

log = logging.getLogger(__name__)


class Cancelled(Exception):
    """The reader cancelled the run; what is scored is kept."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to run. ``questions`` is a set's path or name, ``documents`` those to ask instead of
    the chat's; ``size`` None asks all questions."""

    questions: str
    model: str
    strictness: str
    size: int | None = None
    documents: tuple[str, ...] = ()


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


class Jobs:
    """The one run that a chat makes at a time, whoever wants it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.state = State()
        self.owner = ""
        self._lock = threading.Lock()
        self._cancel = threading.Event()
        self._first: tuple[float, int] | None = None

    def start(self, owner: str, wanted: Wanted) -> None:
        """Begin a run. Raises :class:`RunError` while another is in progress, and what is wrong
        with the set or the settings."""
        # A run that is stopped early then speaks for the whole set.
        questions = open_set(wanted.questions, Choice(wanted.size, shuffled=True))
        settings = chosen_settings(self.engine.settings, wanted)
        with self._lock:
            if self.state.busy:
                raise RunError("A run is in progress; wait for it or cancel it first.")
            self.state, self.owner, self._first = State("opening"), owner, None
            self._cancel.clear()
        arguments = (owner, questions, settings, wanted)
        threading.Thread(target=self._work, args=arguments, name="evaluate", daemon=True).start()

    def cancel(self, owner: str) -> None:
        """Stop the owner's run after the questions that are being asked."""
        with self._lock:
            if self.state.busy and owner == self.owner:
                self._cancel.set()
                self.state = replace(self.state, phase="cancelling")

    def _work(self, owner: str, questions: QuestionSet, settings: Settings, wanted: Wanted) -> None:
        try:
            made = self._made(owner, questions, settings, wanted)
            count = len(made.lines)
            self.state = State("done", count, count, run=made.id)
        except Cancelled:
            self.state = replace(self.state, phase="cancelled")
        except FootnoteError as error:
            self.state = replace(self.state, phase="failed", problem=str(error))
        except Exception:
            log.exception("a run failed")
            self.state = replace(
                self.state, phase="failed", problem="The run failed; the server's log says why."
            )

    def _made(self, owner: str, questions: QuestionSet, settings: Settings, wanted: Wanted) -> Run:
        with ExitStack() as opened:
            asked = self._library(owner, settings, questions, wanted.documents)
            library = opened.enter_context(asked)
            self._tell("Loading the models")
            writer = opened.enter_context(self._writer(settings))
            system = Footnote(library, settings, writer)
            self._tell(f"Asking the first of {len(questions.cases)} questions")
            return run(
                questions, library, system, support_checker(system.reader),
                runs_folder(settings), progress=self._progress,
            )  # fmt: skip

    @contextmanager
    def _library(
        self, owner: str, settings: Settings, questions: QuestionSet, documents: tuple[str, ...]
    ) -> Iterator[Library]:
        """The chat's own library as its owner may read it, or one of the set's documents."""
        if not documents and not questions.documents:
            yield self.engine.library_of(owner)
            return
        with open_library(settings, questions, documents, self._reading) as library:
            yield library

    def _reading(self, done: int, total: int) -> None:
        if self._cancel.is_set():
            raise Cancelled
        self._tell(f"Reading document {done + 1} of {total}")

    def _tell(self, what: str) -> None:
        with self._lock:
            self.state = replace(self.state, what=what)

    @contextmanager
    def _writer(self, settings: Settings) -> Iterator[ChatModel | None]:
        """The chat's own model where it is the one, so that no second copy fills the memory."""
        if settings.model == self.engine.settings.model:
            yield self.engine.answerer.model
            return
        with open_writer(settings) as writer:
            yield writer

    def _progress(self, done: int, total: int) -> None:
        if self._cancel.is_set():
            raise Cancelled
        now = time.monotonic()
        self._first = self._first or (now, done)
        spent, asked = now - self._first[0], done - self._first[1]
        left = spent / asked * (total - done) if asked else None
        with self._lock:
            if not self._cancel.is_set():
                self.state = replace(
                    self.state, phase="running", done=done, total=total, left_s=left
                )


def chosen_settings(base: Settings, wanted: Wanted) -> Settings:
    """The chat's settings with the run's own. Raises ``SettingsError`` for what cannot be."""
    try:
        return replace(base, model=wanted.model, strictness=wanted.strictness)  # type: ignore[arg-type]
    except ValueError as error:
        raise SettingsError(
            "The model must be none, local, auto or PROVIDER:MODEL, for example ollama:llama3.2."
        ) from error
