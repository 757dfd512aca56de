"""What the page talks to: the library, the answerer, and how far the language model is.

The page is served before any model is loaded; ``warm`` does the loading in a thread of its own.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from app.examples import examples
from app.records import Event, Turn
from app.settings import Settings
from ingest.records import FootnoteError

if TYPE_CHECKING:
    from app.answer import Answerer
    from store.library import Library

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Status:
    """How far Footnote is; ``fraction`` (0 to 1) while the model is being fetched, else None."""

    phase: str  # starting, quotes, fetching, loading, ready, failed
    message: str
    fraction: float | None = None


class Engine:
    """The library and the answerer of one served chat. Safe between threads."""

    def __init__(self, settings: Settings, library: Library | None = None) -> None:
        self.settings = settings
        self.status = Status("starting", "Starting: reading the search model")
        self._library = library
        self._answerer: Answerer | None = None
        self._lock = threading.Lock()

    @property
    def library(self) -> Library:
        """The opened library; loads no model."""
        with self._lock:
            if self._library is None:
                from store.embed import Embedder
                from store.library import Library

                self._library = Library.open(self.settings.data, Embedder(self.settings.embedder))
            return self._library

    @property
    def answerer(self) -> Answerer:
        """What answers; in quotes until the language model is there."""
        if self._answerer is None:
            from app.answer import Answerer

            self._answerer = Answerer(self.library, self.settings, None)
        return self._answerer

    def warm(self, *, fetch: bool = True) -> None:
        """Start loading in a thread: search first, then the language model where one is wanted."""
        threading.Thread(target=self._warm, args=(fetch,), name="warm", daemon=True).start()

    def _warm(self, fetch: bool) -> None:
        try:
            self.library.embedder.encode(["ready"])
            list(self.answerer.stream("What is here?"))
        except FootnoteError as error:
            self.status = Status("failed", str(error))
            return
        self.load_model(fetch=fetch)

    def load_model(self, *, fetch: bool = True) -> None:
        """Fetch the local model where it is wanted and missing, then answer with the model."""
        quotes = Status("quotes", "Answers are quotes: no language model is used")
        self.status = quotes
        settings = self.settings
        try:
            if settings.model == "none":
                self._use(None, settings)
                return
            if settings.model in ("auto", "local") and not self._fetched(fetch):
                self._use(None, settings)
                return
            self.status = Status("loading", "Loading the language model; answers are quotes so far")
            from app.models import open_model

            chosen = settings if settings.model != "auto" else replace(settings, model="local")
            model = open_model(chosen)
            self._use(model, settings)
            name = model.name if model is not None else "none"
            self.status = Status("ready", f"Answers are written by {name}") if model else quotes
        except FootnoteError as error:
            log.warning("no language model: %s", error)
            self._use(None, settings)
            self.status = Status("failed", f"Answers are quotes. {error}")

    def _use(self, model: Any, settings: Settings) -> None:
        from app.answer import Answerer

        self._answerer = Answerer(self.library, settings, model)

    def _fetched(self, fetch: bool) -> bool:
        """Whether the local model's file is there, after fetching it where that is allowed."""
        from app import pull

        if pull.model_path(self.settings) is not None:
            return True
        if not fetch or self.settings.offline:
            return False

        def progress(*numbers: Any) -> None:
            done, total = numbers[-2:]
            share = done / total if total else 0.0
            message = (
                f"Fetching the language model ({share:.0%} of {total / 1e9:.1f} GB); "
                "answers are quotes so far"
            )
            self.status = Status("fetching", message, share)

        pull.pull(self.settings.models, progress)
        return pull.model_path(self.settings) is not None

    def change(self, *, model: str, strictness: str) -> None:
        """Use another model or strictness from the next question on. Raises FootnoteError."""
        from app.settings import SettingsError

        previous = self.settings
        try:
            self.settings = replace(previous, model=model, strictness=strictness)  # type: ignore[arg-type]
        except ValueError as error:
            raise SettingsError(
                "The model must be none, local, auto or PROVIDER:MODEL, for example "
                "ollama:llama3.2."
            ) from error
        if previous.model == model:
            current = self.answerer.model
            self._use(current, self.settings)
        else:
            threading.Thread(target=self.load_model, name="model", daemon=True).start()

    def stream(
        self, question: str, documents: Sequence[str] | None, history: Sequence[Turn]
    ) -> Iterator[Event]:
        """The events of one question; the answer is stored, so that it can be found stale."""
        yield from self.answerer.stream(
            question, documents=documents or None, history=history, store=True
        )

    def example_questions(self, count: int = 4) -> list[str]:
        """Questions that the documents at hand answer."""
        found: list[str] = []
        for revision in self.library.documents()[:4]:
            text, blocks = self.library.text(revision.id), self.library.blocks(revision.id)
            found += examples(text[:200_000], [b for b in blocks if b.end < 200_000], count)
        return found[:count]

    def leaves(self) -> str:
        """What leaves this machine, in a sentence."""
        model = self.settings.model
        if model in ("none", "auto", "local"):
            return "Nothing leaves this machine: documents, questions and answers stay here."
        host = self.settings.base_url or model.partition(":")[0]
        return f"Each question and the passages found for it are sent to {host}."

    def close(self) -> None:
        """Close the library."""
        if self._library is not None:
            self._library.close()
