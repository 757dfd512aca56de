"""Handlers of the chat page: ask, stop, ask again, open a citation."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from app.answer import Answer, Citation, Event, EvidenceFound, Finished, Turn, Word
from app.html_escape import clip
from app.json_forms import answer_payload
from app.service.conversations import Conversations, StoredExchange, turns
from app.service.engine import Engine
from app.service.feedback_set import CorrectionError, feedback_set_path, read_cases
from app.service.scope import scope_of
from app.service.standings import Standing, Standings
from app.web import feedback, render_answer
from app.web.components import redraw_s
from app.web.display_names import display_names, evidence_for_display, named_for_display
from app.web.documents_shown import DocumentsShown
from app.web.read_source import Opened, open_citation
from app.worker_stream import Stopped, iterate_in_worker
from ingest.document import FootnoteError
from store.results import Revision

log = logging.getLogger(__name__)
STOPPED = "Stopped."
LOST = "Something went wrong in Footnote itself; the server's log says what. Try again."


@dataclass
class Outcome:
    """What came of a question: an answer, or the problem that kept it from one."""

    answer: Answer | None = None
    problem: str = ""


class Chat:
    """One served chat: what readers ask and what they are shown. Methods return HTML."""

    def __init__(self, engine: Engine, conversations: Conversations) -> None:
        self.engine = engine
        self.kept = conversations
        self._stops: dict[str, threading.Event] = {}
        self._live: dict[str, EvidenceFound] = {}
        self._answering: set[str] = set()
        self._pages: dict[str, DocumentsShown] = {}
        self.standings = Standings()

    def page(self, session: str) -> DocumentsShown:
        """What this page shows of the documents."""
        return self._pages.setdefault(session, DocumentsShown())

    def log(
        self, owner: str, conversation: str, live: str = "",
        given: Mapping[str, feedback.Correction] | None = None,
    ) -> str:  # fmt: skip
        """The conversation as HTML, with ``live`` at its end; ``given`` are corrections, by
        exchange, that could not be kept."""
        items = self._items(owner, self._exchanges(conversation))
        told = given or {}
        return render_answer.log([replace(i, given=told.get(i.id, i.given)) for i in items], live)

    def _items(self, owner: str, kept: Sequence[StoredExchange]) -> list[render_answer.Exchange]:
        given = [k.answer.id for k in kept if k.answer]
        library = self.engine.library_of(owner)
        standings = self.standings.of(library, given)
        names = display_names(library, (k.answer for k in kept if k.answer))
        kept = [
            replace(k, answer=named_for_display(k.answer, names)) if k.answer else k for k in kept
        ]
        if not any(k.mark in ("wrong", "incomplete") for k in kept):
            return [self._item(k, standings) for k in kept]
        cases = read_cases(feedback_set_path(self.engine.settings.data, owner))
        documents = tuple(library.documents()[: feedback.MOST_DOCUMENTS])
        return [self._item(k, standings, cases.get(k.id), documents) for k in kept]

    def _exchanges(self, conversation: str) -> list[StoredExchange]:
        return self.kept.exchanges(conversation) if conversation else []

    @staticmethod
    def _item(
        kept: StoredExchange,
        standings: Mapping[str, Standing],
        case: Mapping[str, Any] | None = None,
        documents: tuple[Revision, ...] = (),
    ) -> render_answer.Exchange:
        status = standings[kept.answer.id].status if kept.answer else "current"
        return render_answer.Exchange(
            kept.id, kept.question, kept.answer, kept.problem, status, kept.mark, kept.before,
            case, documents=documents,
        )  # fmt: skip

    # Asking

    def ask(
        self,
        owner: str,
        session: str,
        conversation: str,
        question: str,
        documents: Sequence[str] | None,
    ) -> Iterator[tuple[str, str]]:
        """Answer a question; yields the log's HTML and the conversation's id as words arrive."""
        question = question.strip()
        past = self._exchanges(conversation)
        shown = self.log(owner, conversation)
        outcome = Outcome()
        for draft in self._drafts(owner, session, question, documents, turns(past), outcome, shown):
            yield shown + draft, conversation
        if question:
            if outcome.problem == STOPPED:
                outcome = self._until_stopped(owner, session)
            payload = answer_payload(outcome.answer) if outcome.answer else None
            # It may have been deleted in another tab: the answer then starts a new conversation.
            if not self.kept.owns(owner, conversation):
                conversation = self.kept.start(owner, clip(question, 80))
            self.kept.add(conversation, question, payload, outcome.problem)
            yield self.log(owner, conversation), conversation
        else:
            problem = outcome.problem or "Type a question first."
            yield shown + render_answer.problem(problem), conversation

    def _drafts(
        self,
        owner: str,
        session: str,
        question: str,
        documents: Sequence[str] | None,
        history: tuple[Turn, ...],
        outcome: Outcome,
        around: str,
    ) -> Iterator[str]:
        """HTML of the draft as it grows; ``outcome`` then holds the answer, or the problem."""
        try:
            for step in self._steps(owner, session, question, documents, history, redraw_s(around)):
                if isinstance(step, Answer):
                    outcome.answer = step
                else:
                    yield step
        except Stopped:
            outcome.problem = STOPPED
        except FootnoteError as error:
            outcome.problem = str(error)
        except Exception:
            log.exception("a question failed")
            outcome.problem = LOST

    def _steps(
        self,
        owner: str,
        session: str,
        question: str,
        documents: Sequence[str] | None,
        history: tuple[Turn, ...],
        every: float,
    ) -> Iterator[str | Answer]:
        """HTML of the draft as it grows, every so many seconds, then the answer."""
        stop = self._stops[session] = threading.Event()
        found = EvidenceFound("", ())
        if question:
            yield render_answer.draft(question, found, "", "Looking in the documents")
        self._live.pop(session, None)
        words, drawn = "", 0.0
        library = self.engine.library_of(owner)
        asked = scope_of(library, documents)

        def events() -> Iterator[Event]:
            return self.engine.stream(question, asked, history, owner or session, stop.is_set)

        for event in iterate_in_worker(events, stop):
            if isinstance(event, Finished):
                yield event.answer
                return
            if isinstance(event, EvidenceFound):
                self._live[session] = event
                found = evidence_for_display(library, event)
                yield render_answer.draft(
                    question, found, words, self._state(found=bool(found.citations))
                )
            elif isinstance(event, Word):
                words = event.text if event.restart else words + event.text
                if time.monotonic() - drawn >= every:
                    drawn = time.monotonic()
                    state = "A draft; each sentence is checked next"
                    yield render_answer.draft(question, found, words, state)

    def _until_stopped(self, owner: str, session: str) -> Outcome:
        """The quotes that were found before the reader stopped the model, if any."""
        found = self._live.get(session)
        if found is None or found.provisional is None:
            return Outcome(problem=STOPPED)
        notes = (*found.provisional.notes, "Stopped; these are quotes.")
        answer = replace(found.provisional, notes=notes)
        library = self.engine.library_of(owner)
        identity = library.record_answer(answer_payload(answer), answer.citations)
        return Outcome(replace(answer, id=identity))

    def _state(self, *, found: bool) -> str:
        """What is being done once evidence was looked for."""
        if self.engine.answerer.model is None:
            return "Reading"
        told = "Evidence found" if found else "Nothing sure found yet"
        others = self.engine.waiting
        if not others:
            return f"{told}; the language model reads and writes"
        return f"{told}; {others} other{'s wait' if others > 1 else ' waits'} for the model"

    @contextmanager
    def answering(self, session: str) -> Iterator[None]:
        """Until it ends, nothing else draws this page's conversation."""
        self._answering.add(session)
        try:
            yield
        finally:
            self._answering.discard(session)

    def is_answering(self, session: str) -> bool:
        """Whether an answer is being made for this page."""
        return session in self._answering

    def stop(self, session: str) -> None:
        """Stop this session's answer, if one is in progress."""
        if session in self._stops:
            self._stops[session].set()

    def forget(self, session: str) -> None:
        """The reader's page is gone: stop its answer and drop what was kept for it."""
        self.stop(session)
        for kept in (self._stops, self._live, self._pages):
            kept.pop(session, None)

    def again(
        self, owner: str, session: str, exchange: str, documents: Sequence[str] | None
    ) -> Iterator[str]:
        """Ask a kept question again; its answer is replaced and shown with the one before."""
        kept = self.kept.exchange(owner, exchange)
        if kept is None:
            return
        items = self._exchanges(kept.conversation)
        at = next(i for i, k in enumerate(items) if k.id == exchange)
        before = render_answer.log(self._items(owner, items[:at]))
        after = render_answer.log(self._items(owner, items[at + 1 :]))
        outcome, around = Outcome(), before + after
        history = turns(items[:at])
        asked = kept.question
        for draft in self._drafts(owner, session, asked, documents, history, outcome, around):
            yield before + draft + after
        if outcome.answer:
            self.kept.renew(exchange, answer_payload(outcome.answer))
        problem = outcome.problem and f"{outcome.problem} The answer before still stands."
        yield self.log(
            owner, kept.conversation, render_answer.problem(problem, exchange) if problem else ""
        )

    # Feedback

    def mark(self, owner: str, conversation: str, exchange: str, judged: str) -> str:
        """Keep the reader's judgement of an answer; the log afterwards."""
        kept = self.kept.exchange(owner, exchange)
        if kept is not None:
            self.kept.mark(exchange, feedback.mark(self.engine, owner, kept, judged))
        return self.log(owner, conversation)

    def correct(
        self, owner: str, conversation: str, exchange: str, given: feedback.Correction
    ) -> str:
        """Keep what the reader says is right; the log afterwards, with what was wrong with it."""
        kept = self.kept.exchange(owner, exchange)
        try:
            if kept is not None:
                feedback.correct(self.engine, owner, kept, given)
        except CorrectionError as error:
            return self.log(
                owner, conversation, given={exchange: replace(given, problem=str(error))}
            )
        return self.log(owner, conversation)

    # Reading

    def open(self, owner: str, session: str, exchange: str, part: str, n: int) -> str:
        """The source pane for footnote ``n`` of an answer's ``part`` (citations or closest)."""
        citations = self.citations(owner, session, exchange, part)
        return open_citation(self.engine.library_of(owner), Opened(citations, n, exchange, part))

    def citations(self, owner: str, session: str, exchange: str, part: str) -> Sequence[Citation]:
        """What an answer of the owner's cites, or (``closest``) what comes closest to one."""
        if exchange == "live":
            return self._live[session].citations if session in self._live else ()
        kept = self.kept.exchange(owner, exchange)
        if kept is None or kept.answer is None:
            return ()
        if part == "closest":
            return [c.citation for c in kept.answer.closest]
        return kept.answer.citations
