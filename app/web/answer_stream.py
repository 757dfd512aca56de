"""An answer in the making: its draft as HTML, and whether its reader wants it stopped."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from markupsafe import Markup

from app.answer import Answer, Citation, Event, EvidenceFound, Finished, Turn, Word
from app.formats.json_forms import answer_payload
from app.models.worker_stream import Stopped, iterate_in_worker
from app.service.access.document_choice import scope_of
from app.service.engine import Engine
from app.web import render_answer
from app.web.components import redraw_s
from app.web.display_names import evidence_for_display
from ingest.errors import FootnoteError

log = logging.getLogger(__name__)
STOPPED_PROBLEM = "Stopped."
INTERNAL_PROBLEM = "Something went wrong in Footnote itself; the server's log says what. Try again."


@dataclass
class StreamOutcome:
    """What came of a question: an answer, or the problem that kept it from one."""

    answer: Answer | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class AnswerRequest:
    """A question of a page (its ``session``), kept as ``exchange``, after ``history``."""

    owner: str
    session: str
    exchange: str
    question: str
    documents: Sequence[str] | None
    history: tuple[Turn, ...]


class AnswerStreams:
    """The answers in the making of one served chat."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._stops: dict[str, threading.Event] = {}
        self._live: dict[str, EvidenceFound] = {}
        self._answering: set[str] = set()

    def drafts(
        self, request: AnswerRequest, outcome: StreamOutcome, around: str
    ) -> Iterator[Markup]:
        """HTML of the draft as it grows; ``outcome`` then holds the answer, or the problem.

        ``around`` is what is drawn with it: a long page is drawn less often.
        """
        try:
            for step in self._steps(request, redraw_s(around)):
                if isinstance(step, Answer):
                    outcome.answer = step
                else:
                    yield step
        except Stopped:
            self._until_stopped(request, outcome)
        except FootnoteError as error:
            outcome.problem = str(error)
        except Exception:
            log.exception("a question failed")
            outcome.problem = INTERNAL_PROBLEM

    def _steps(self, request: AnswerRequest, every: float) -> Iterator[Markup | Answer]:
        """HTML of the draft as it grows, every so many seconds, then the answer."""
        stop = self._stops[request.session] = threading.Event()
        evidence = EvidenceFound("", ())
        yield render_answer.draft(request.question, evidence, "", "Looking in the documents")
        self._live.pop(request.session, None)
        words, drawn = "", 0.0
        library = self.engine.access.library_of(request.owner)
        documents = scope_of(library, request.documents)

        def events() -> Iterator[Event]:
            return self.engine.stream(
                request.question, documents, request.history, request.owner or request.session,
                stop, exchange=request.exchange,
            )  # fmt: skip

        for event in iterate_in_worker(events, stop):
            if isinstance(event, Finished):
                yield event.answer
                return
            if isinstance(event, EvidenceFound):
                self._live[request.session] = event
                evidence = evidence_for_display(library, event)
                state = self._state(has_evidence=bool(evidence.citations))
                yield render_answer.draft(request.question, evidence, words, state)
            elif isinstance(event, Word):
                words = event.text if event.restart else words + event.text
                if time.monotonic() - drawn >= every:
                    drawn = time.monotonic()
                    state = "A draft; each sentence is checked next"
                    yield render_answer.draft(request.question, evidence, words, state)

    def _until_stopped(self, request: AnswerRequest, outcome: StreamOutcome) -> None:
        """The quotes that were found before the reader stopped the model, if any."""
        evidence = self._live.get(request.session)
        if evidence is None or evidence.provisional is None:
            outcome.problem = STOPPED_PROBLEM
            return
        notes = (*evidence.provisional.notes, "Stopped; these are quotes.")
        answer = replace(evidence.provisional, notes=notes)
        library = self.engine.access.library_of(request.owner)
        identity = library.record_answer(answer_payload(answer), answer.citations)
        outcome.answer = replace(answer, id=identity)

    def _state(self, *, has_evidence: bool) -> str:
        """What is being done once evidence was looked for."""
        if self.engine.answerer.model is None:
            return "Reading"
        state = "Evidence found" if has_evidence else "Nothing sure found yet"
        others = self.engine.waiting
        if not others:
            return f"{state}; the language model reads and writes"
        return f"{state}; {others} other{'s wait' if others > 1 else ' waits'} for the model"

    def evidence(self, session: str) -> Sequence[Citation]:
        """What was found for the question that this page asks."""
        return self._live[session].citations if session in self._live else ()

    @contextmanager
    def on(self, session: str) -> Iterator[None]:
        """Until it ends, nothing else draws this page's conversation."""
        self._answering.add(session)
        try:
            yield
        finally:
            self._answering.discard(session)

    def is_on(self, session: str) -> bool:
        """Whether an answer is being made for this page."""
        return session in self._answering

    def stop(self, session: str) -> None:
        """Stop this page's answer, if one is in progress."""
        if session in self._stops:
            self._stops[session].set()

    def stop_elsewhere(self, exchange: str) -> None:
        """Stop the answer to a kept question, whichever page or process it is made for."""
        self.engine.access.in_progress.stop(exchange)

    def forget(self, session: str) -> None:
        """The reader's page is gone: stop its answer and drop what was kept for it."""
        self.stop(session)
        for entries in (self._stops, self._live):
            entries.pop(session, None)
