"""Evaluation runs of a served chat: one at a time, in a thread, with progress and cancel."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.service.storage.shared_files import shared_files
from app.settings import SettingsError
from evals.datasets.case import QuestionSet
from evals.page.kept_state import KeptState, State
from evals.runs.runs import Run, run_system
from evals.runs.systems import Footnote, support_checker
from evals.runs.workspace import QuestionChoice, open_library, open_set, open_writer, runs_folder
from ingest.errors import FootnoteError
from store.results import StoreError

if TYPE_CHECKING:
    from app.models.base import ChatModel
    from app.service.engine import Engine
    from app.settings import Settings
    from store.library import Library

log = logging.getLogger(__name__)
HEARTBEAT_S = 1.0


class Cancelled(Exception):
    """The reader cancelled the run; what is scored is kept."""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What to run. ``questions`` is a set's path or name, ``documents`` those to ask instead of
    the chat's; ``size`` None asks all questions."""

    questions: str
    model: str
    strictness: str
    size: int | None = None
    documents: tuple[str, ...] = ()


class Jobs:
    """The one run that a chat makes at a time, for any user and in any process."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._kept = KeptState(engine.settings.data, engine.settings.database)
        self._unwanted, self._ended = threading.Event(), threading.Event()
        self._first: tuple[float, int] | None = None

    def now(self) -> tuple[str, State]:
        """Whose the latest run is, and how far it is."""
        return self._kept.now()

    def start(self, owner: str, request: RunRequest) -> None:
        """Begin a run. Raises :class:`RunError` while another is in progress, and what is wrong
        with the set or the settings."""
        # A run that is stopped early then speaks for the whole set.
        questions = open_set(request.questions, QuestionChoice(request.size, shuffled=True))
        settings = chosen_settings(self.engine.settings, request)
        self._kept.begin(owner)
        self._unwanted, self._ended, self._first = threading.Event(), threading.Event(), None
        arguments = (owner, questions, settings, request)
        threading.Thread(target=self._work, args=arguments, name="evaluate", daemon=True).start()
        ends = self._unwanted, self._ended
        threading.Thread(target=self._beats, args=ends, name="beat", daemon=True).start()

    def cancel(self, owner: str) -> None:
        """Stop the owner's run after the questions that are being asked."""
        self._kept.cancel(owner)

    def _beats(self, unwanted: threading.Event, ended: threading.Event) -> None:
        while not ended.wait(HEARTBEAT_S):
            try:
                if not self._kept.beat():
                    unwanted.set()
            except StoreError as error:
                log.warning("other processes cannot be informed of the run: %s", error)

    def _work(
        self, owner: str, questions: QuestionSet, settings: Settings, request: RunRequest
    ) -> None:
        try:
            report = self._made(owner, questions, settings, request)
            count = len(report.lines)
            self._kept.set_progress(phase="done", done=count, total=count, run=report.id)
        except Cancelled:
            self._kept.set_progress(phase="cancelled")
        except FootnoteError as error:
            self._kept.set_progress(phase="failed", problem=str(error))
        except Exception:
            log.exception("a run failed")
            self._kept.set_progress(
                phase="failed", problem="The run failed; the server's log says why."
            )
        finally:
            self._ended.set()

    def _made(
        self, owner: str, questions: QuestionSet, settings: Settings, request: RunRequest
    ) -> Run:
        with ExitStack() as opened:
            asked = self._library(owner, settings, questions, request.documents)
            library = opened.enter_context(asked)
            self._report("Loading the models")
            writer = opened.enter_context(self._writer(settings))
            system = Footnote(library, settings, writer)
            self._report(f"Asking the first of {len(questions.cases)} questions")
            return run_system(
                questions, library, system, support_checker(system.reader),
                runs_folder(settings), progress=self._progress, keep=shared_files(settings).keep,
            )  # fmt: skip

    @contextmanager
    def _library(
        self, owner: str, settings: Settings, questions: QuestionSet, documents: tuple[str, ...]
    ) -> Iterator[Library]:
        """The chat's own library as its owner may read it, or one of the set's documents."""
        if not documents and not questions.documents:
            yield self.engine.access.library_of(owner)
            return
        with open_library(settings, questions, documents, self._reading) as library:
            yield library

    def _reading(self, done: int, total: int) -> None:
        if self._unwanted.is_set():
            raise Cancelled
        self._report(f"Reading document {done + 1} of {total}")

    def _report(self, what: str) -> None:
        self._kept.set_progress(what=what)

    @contextmanager
    def _writer(self, settings: Settings) -> Iterator[ChatModel | None]:
        """The chat's own model if it is the one, so that no second copy fills the memory."""
        if settings.model == self.engine.settings.model:
            yield self.engine.answerer.model
            return
        with open_writer(settings) as writer:
            yield writer

    def _progress(self, done: int, total: int) -> None:
        if self._unwanted.is_set():
            raise Cancelled
        now = time.monotonic()
        self._first = self._first or (now, done)
        spent, asked = now - self._first[0], done - self._first[1]
        left = spent / asked * (total - done) if asked else None
        self._kept.set_progress(phase="running", done=done, total=total, left_s=left)


def chosen_settings(base: Settings, request: RunRequest) -> Settings:
    """The chat's settings with the run's own. Raises ``SettingsError`` for what cannot be."""
    try:
        return replace(base, model=request.model, strictness=request.strictness)  # type: ignore[arg-type]
    except ValueError as error:
        raise SettingsError(
            "The model must be none, local, auto or PROVIDER:MODEL, for example ollama:llama3.2."
        ) from error
