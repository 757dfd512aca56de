"""The served library and answerer, and the state of the language model.

The page is served before any model is loaded; ``warm`` does the loading in a thread of its own.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any

from app.answer import Event, EvidenceFound, Turn
from app.service.access.library_access import LibraryAccess
from app.service.data_egress import describe
from app.service.example_questions import example_questions
from app.service.model_choice import LOCAL_CHOICE, MODEL_LABELS, QUOTES_CHOICE, keep_key, try_model
from app.service.query_telemetry import Observer, observe_query
from app.service.queue.fair_queue import FairQueue, OneEach
from app.service.storage.shared_files import shared_files
from app.settings import Settings, SettingsError, Strictness
from ingest.errors import FootnoteError

if TYPE_CHECKING:
    from app.answering.pipeline import Answerer
    from app.models.base import ChatModel
    from store.library import Library
    from store.results import Revision

log = logging.getLogger(__name__)
PROVIDER_CONCURRENCY = 8
"""Replies that are asked of a provider at a time; the local model gives one after the other."""
WARM_UP_QUESTION = "Which words are ready to be read?"
"""A question that is searched for and read, so that all models are loaded for the next one."""


def _read_ahead(model: ChatModel) -> None:
    """Load the local model and let it read what every prompt begins with, so that the first
    question waits for neither. Raises ``ModelError``."""
    from app.answering.judge import judge

    judge(model, WARM_UP_QUESTION, ())


def _nothing(_: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Status:
    """How far Footnote is; ``fraction`` (0 to 1) while the model is being fetched, else None."""

    phase: str  # starting, quotes, fetching, loading, ready, failed
    message: str
    fraction: float | None = None


class Engine:
    """The answerer of one served chat and its language model. Safe between threads.

    ``access`` is the library as each user may read and change it.
    """

    def __init__(self, settings: Settings, library: Library | None = None) -> None:
        self.settings = settings
        self.access = LibraryAccess(settings, library)
        self.status = Status("starting", "Starting: reading the search model")
        self._answerer: Answerer | None = None
        self._choice = 0
        """How many times a model, or its key, was chosen."""
        self._reading = FairQueue(max(2, os.cpu_count() or 1))
        self._writing = FairQueue(self._at_once(settings.model))
        self.adding = OneEach()
        """Whose turn it is to add documents."""
        self.feedback_set_summary: Callable[[str], str] = _nothing
        """How a user's own evaluation set fares, in plain words; a further page may set it."""
        self.observers: list[Observer] = []
        """They are told what came of each question."""

    @property
    def answerer(self) -> Answerer:
        """What answers; in quotes until the language model is there."""
        if self._answerer is None:
            from app.answering.pipeline import Answerer

            self._answerer = Answerer(self.access.library, self.settings, None)
        return self._answerer

    def close(self) -> None:
        """Close the library and what is kept of users."""
        self.access.close()

    def warm(self, *, fetch: bool = True) -> None:
        """Start loading in a thread: search first, then the language model if one is wanted."""
        threading.Thread(target=self._warm, args=(fetch,), name="warm", daemon=True).start()

    def _warm(self, fetch: bool) -> None:
        try:
            self.access.library.embedder.encode_queries(["ready"])
            list(self.answerer.stream(WARM_UP_QUESTION))
        except FootnoteError as error:
            self.status = Status("failed", str(error))
            return
        self.load_model(fetch=fetch)

    def load_model(self, *, fetch: bool = True) -> None:
        """Fetch the local model if it is wanted and missing, then answer with the model."""
        quotes = Status("quotes", "Answers are quotes: no language model is used")
        self.status = quotes
        settings, choice = self.settings, self._choice
        try:
            if settings.model == "none":
                self._use(None, settings)
                return
            if settings.model in ("auto", "local") and not self._fetched(fetch):
                self._use(None, settings)
                return
            self.status = Status("loading", "Loading the language model; answers are quotes so far")
            from app.models.factory import open_model

            chosen = settings if settings.model != "auto" else replace(settings, model="local")
            model = open_model(chosen)
            if model is not None and chosen.model == "local":
                _read_ahead(model)
            if not self._is_wanted(settings, choice):
                # Another model was chosen meanwhile; what that one says holds.
                if model is not None:
                    model.close()
                return
            self._use(model, self.settings)  # whatever else was chosen meanwhile
            name = model.name if model is not None else "none"
            self.status = Status("ready", f"Answers are written by {name}") if model else quotes
        except FootnoteError as error:
            log.warning("no language model: %s", error)
            if not self._is_wanted(settings, choice):
                return
            self._use(None, self.settings)
            self.status = Status("failed", f"Answers are quotes. {error}")

    def _is_wanted(self, settings: Settings, choice: int) -> bool:
        """Whether the model that was chosen then is the one that is chosen now."""
        now = self.settings
        same = (now.model, now.base_url) == (settings.model, settings.base_url)
        return same and choice == self._choice

    def _use(self, model: Any, settings: Settings) -> None:
        from app.answering.pipeline import Answerer

        self._writing.resize(self._at_once(settings.model))
        self._answerer = Answerer(self.access.library, settings, model)

    def _at_once(self, model: str) -> int:
        """How many replies are asked of the model at a time."""
        usual = 1 if model in ("auto", "local") else PROVIDER_CONCURRENCY
        return self.settings.model_at_once or usual

    def _fetched(self, fetch: bool) -> bool:
        """Whether the local model is there, after fetching it if that is allowed."""
        from app.models.pull import is_downloaded, model_path, pull

        if model_path(self.settings) is not None:
            return True
        if self.settings.gguf is not None:
            return True  # opening it says what is missing
        if not is_downloaded(self.settings.models) and (not fetch or self.settings.offline):
            return False

        def progress(what: str, done: int, total: int) -> None:
            share = done / total if total else 0.0
            message = f"{what}: {share:.0%} of {total / 1e9:.1f} GB; answers are quotes so far"
            self.status = Status("fetching", message, share)

        pull(self.settings.models, progress)
        return True

    def change(self, *, user: str = "", key: str = "", **choices: Any) -> None:
        """Use other settings (``model``, ``strictness`` …) from the next question on.

        If several people sign in these are the user's own, the model among ``offered_models``.
        ``key`` is for the model's provider. Raises FootnoteError.
        """
        previous, fresh = self.settings_of(user), self._changed(user, choices)
        if self.access.shared:
            if fresh.model not in [value for _, value in self.offered_models()]:
                raise SettingsError(f"The model {fresh.model} is not offered here.")
            kept = {"model": fresh.model, "strictness": fresh.strictness, "replies": fresh.replies}
            self.access.choices.put(user, kept)
            return
        other_key = keep_key(fresh.model, key)
        self.settings = fresh
        same = (previous.model, previous.base_url) == (fresh.model, fresh.base_url)
        if same and not other_key:
            self._use(self.answerer.model, fresh)
        else:
            self._choice += 1
            threading.Thread(target=self.load_model, name="model", daemon=True).start()

    def _changed(self, user: str, choices: Mapping[str, Any]) -> Settings:
        try:
            return replace(self.settings_of(user), **choices)
        except ValueError as error:
            raise SettingsError(
                "The model must be none, local, auto or PROVIDER:MODEL, for example "
                "ollama:llama3.2."
            ) from error

    def try_model(self, *, model: str, base_url: str | None, key: str) -> str:
        """What a chosen model says to a trial, without using it yet. Raises FootnoteError."""
        settings = self._changed("", {"model": model, "base_url": base_url})
        keep_key(model, key)
        here = self.answerer.model
        # A provider's costs nothing to open again; the local one would be in memory twice.
        return try_model(settings, here if here and here.name == model == "local" else None)

    def settings_of(self, user: str) -> Settings:
        """What this user chose, or what Footnote was started with."""
        if not self.access.shared or not user:
            return self.settings
        chosen = self.access.choices.of(user)
        if chosen.get("model") not in [value for _, value in self.offered_models()]:
            chosen.pop("model", None)  # another one was offered when they chose
        return replace(self.settings, **chosen) if chosen else self.settings

    def offered_models(self) -> list[tuple[str, str]]:
        """The models to choose from, as (what the reader sees, setting); the present one first."""
        model = self.settings.model
        if model == "none":
            return [QUOTES_CHOICE] if self.access.shared else [QUOTES_CHOICE, LOCAL_CHOICE]
        return [(MODEL_LABELS.get(model, model), model), QUOTES_CHOICE]

    @property
    def waiting(self) -> int:
        """How many questions wait for the language model."""
        return self._writing.waiting

    def stream(
        self,
        question: str,
        documents: Sequence[str] | None,
        history: Sequence[Turn],
        user: str = "",
        stop: threading.Event | None = None,
        *,
        exchange: str = "",
        collection: str | None = None,
        store: bool = True,
        strictness: Strictness | None = None,
    ) -> Iterator[Event]:
        """The events of one question, asked of what the user may read, or of one ``collection``;
        with ``store`` the answer can be found stale later. ``strictness`` stands in place of the
        user's. ``stop`` ends the waiting, and is set
        if another process is told to stop the ``exchange``.

        Users take turns, at reading and again at the language model, so that evidence never waits
        for what others have written. Raises ``Busy`` if too much is in progress.
        """
        shared_files(self.settings).refresh()  # what was marked elsewhere, too, affects the risk
        settings, library = self.settings_of(user), self.access.library_of(user, collection)
        settings = replace(settings, strictness=strictness) if strictness else settings
        answerer = self._answerer_for(settings, library)
        revisions = self.access.documents_named(user, documents) if documents else None
        events = answerer.stream(question, documents=revisions, history=history, store=store)
        writes = answerer.model is not None
        events_in_turn = self._in_turn(
            events, user, exchange, stop or threading.Event(), writes=writes
        )
        yield from observe_query(events_in_turn, user, settings.model, self.observers)

    def _in_turn(
        self,
        events: Iterator[Event],
        user: str,
        exchange: str,
        stop: threading.Event,
        *,
        writes: bool,
    ) -> Iterator[Event]:
        with self.access.in_progress.question(user, exchange, stop):
            with self._reading.turn(user, stop.is_set):
                first = next(events)
            yield first
            wait = writes and isinstance(first, EvidenceFound)
            with self._writing.turn(user, stop.is_set) if wait else nullcontext():
                yield from events

    def _answerer_for(self, settings: Settings, library: Library) -> Answerer:
        common = self.answerer
        if settings is self.settings and library is common.library:
            return common
        from app.answering.pipeline import Answerer

        quotes = settings.model == "none" != common.settings.model
        model = None if quotes else common.model
        return Answerer(library, settings, model, common.reader)

    def example_questions(
        self, user: str = "", count: int = 4, revisions: Sequence[Revision] | None = None
    ) -> list[str]:
        """Questions that these documents answer, of each one in turn; of the user's first ones if
        none are named."""
        library = self.access.library_of(user)
        each: list[list[str]] = []
        for revision in library.documents()[:4] if revisions is None else revisions:
            text, blocks = library.text(revision.id), library.blocks(revision.id)
            within = [b for b in blocks if b.end < 200_000]
            each.append(example_questions(text[:200_000], within, count))
        in_turn = chain.from_iterable(zip_longest(*each))  # of every document one, then a second
        return list(dict.fromkeys(filter(None, in_turn)))[:count]

    def what_leaves_the_machine(self, user: str = "") -> str:
        """What leaves this machine, in a sentence."""
        settings = replace(self.settings, model=self.settings_of(user).model)
        return describe(settings, shared=self.access.shared)
