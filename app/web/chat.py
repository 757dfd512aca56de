"""Handlers of the chat page: ask, stop, ask again, open a citation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from markupsafe import Markup

from app.answer import Answer, Citation
from app.formats.html_escape import clip
from app.formats.json_forms import answer_payload
from app.service.conversations.answer_status import AnswerStatusCache, StoredAnswerStatus
from app.service.conversations.conversations import (
    INTERRUPTED_PROBLEM,
    Conversations,
    StoredExchange,
    turns,
)
from app.service.conversations.feedback_set import CorrectionError, own_set, read_cases
from app.service.engine import Engine
from app.service.storage.uploaded_files import UploadedFiles
from app.web import feedback, render_answer
from app.web.answer_stream import STOPPED_PROBLEM, AnswerRequest, AnswerStreams, StreamOutcome
from app.web.display_names import display_names, named_for_display
from app.web.documents_shown import DocumentsShown
from app.web.open_source import Opened, open_citation
from app.web.rendering import problem
from store.results import Revision

MOVED_NOTICE = "The conversation had been deleted: the answer is in a new one."


class Chat:
    """One served chat: what readers ask and what they are shown. Methods return HTML."""

    def __init__(self, engine: Engine, conversations: Conversations) -> None:
        self.engine = engine
        self.kept = conversations
        self.answering = AnswerStreams(engine)
        self._pages: dict[str, DocumentsShown] = {}
        self.statuses = AnswerStatusCache()
        self.uploaded = UploadedFiles(engine.settings.data)

    def page(self, session: str) -> DocumentsShown:
        """What this page shows of the documents."""
        return self._pages.setdefault(session, DocumentsShown())

    def log(
        self, owner: str, conversation: str, live: Markup = render_answer.NOTHING,
        corrections: Mapping[str, feedback.Correction] | None = None,
    ) -> Markup:  # fmt: skip
        """The conversation as HTML, with ``live`` at its end; ``corrections``, by exchange, could
        not be kept."""
        items = self._items(owner, self._exchanges(owner, conversation))
        notes = corrections or {}
        running = self.running(conversation) if items else frozenset()
        shown = [
            replace(i, rejected=notes.get(i.id, i.rejected), running=i.id in running) for i in items
        ]
        return render_answer.log(shown, live)

    def running(self, conversation: str) -> frozenset[str]:
        """The exchanges of a conversation that are being answered, in any process."""
        return self.engine.access.in_progress.running(conversation) if conversation else frozenset()

    def _items(
        self, owner: str, exchanges: Sequence[StoredExchange]
    ) -> list[render_answer.Exchange]:
        answer_ids = [k.answer.id for k in exchanges if k.answer]
        library = self.engine.access.library_of(owner)
        statuses = self.statuses.of(library, answer_ids)
        names = display_names(library, (k.answer for k in exchanges if k.answer))
        exchanges = [
            replace(k, answer=named_for_display(k.answer, names)) if k.answer else k
            for k in exchanges
        ]
        if not any(k.mark in ("wrong", "incomplete") for k in exchanges):
            return [self._item(k, statuses) for k in exchanges]
        cases = read_cases(own_set(self.engine.settings, owner))
        documents = tuple(library.documents()[: feedback.MAX_DOCUMENTS])
        return [self._item(k, statuses, cases.get(k.id), documents) for k in exchanges]

    def _exchanges(self, owner: str, conversation: str) -> list[StoredExchange]:
        """What was asked in a conversation of the owner's; nothing of anybody else's."""
        return self.kept.exchanges(conversation) if self.kept.owns(owner, conversation) else []

    @staticmethod
    def _item(
        stored: StoredExchange,
        statuses: Mapping[str, StoredAnswerStatus],
        case: Mapping[str, Any] | None = None,
        documents: tuple[Revision, ...] = (),
    ) -> render_answer.Exchange:
        status = statuses[stored.answer.id].status if stored.answer else "current"
        return render_answer.Exchange(
            stored.id, stored.question, stored.answer, stored.problem, status, stored.mark,
            stored.before, case, documents=documents,
        )  # fmt: skip

    # Asking

    def ask(
        self,
        owner: str,
        session: str,
        conversation: str,
        question: str,
        documents: Sequence[str] | None,
    ) -> Iterator[tuple[Markup, str]]:
        """Answer a question; yields the log's HTML and the conversation's id as words arrive."""
        question = question.strip()
        past, shown = self._exchanges(owner, conversation), self.log(owner, conversation)
        if not question:
            yield shown + problem("Type a question first."), conversation
            return
        # Kept before it is answered: should this process end, the reader finds it in the next.
        conversation, exchange = self._keep(
            owner, conversation, question, None, INTERRUPTED_PROBLEM
        )
        request = AnswerRequest(owner, session, exchange, question, documents, turns(past))
        outcome = StreamOutcome(problem=STOPPED_PROBLEM)
        try:
            for draft in self.answering.drafts(request, outcome, shown):
                yield shown + draft, conversation
        finally:
            conversation = self._settle(owner, conversation, request, outcome)
            self.engine.access.in_progress.settled(exchange)
        yield self.log(owner, conversation), conversation

    def _keep(
        self, owner: str, conversation: str, question: str, answer: Answer | None, problem: str
    ) -> tuple[str, str]:
        """The conversation that a question is kept in, a new one if it has none (any more), and
        the exchange."""
        if not self.kept.owns(owner, conversation):
            conversation = self.kept.start(owner, clip(question, 80))
        payload = answer_payload(answer) if answer else None
        return conversation, self.kept.add(conversation, question, payload, problem)

    def _settle(
        self, owner: str, conversation: str, request: AnswerRequest, outcome: StreamOutcome
    ) -> str:
        """Keep what came of a question. Its conversation may have been deleted in another tab: the
        answer then starts a new one."""
        answer, problem = outcome.answer, "" if outcome.answer else outcome.problem
        if not self.kept.owns(owner, conversation):
            self.kept.save_exchange(request.exchange, None, MOVED_NOTICE)
            return self._keep(owner, conversation, request.question, answer, problem)[0]
        self.kept.save_exchange(
            request.exchange, answer_payload(answer) if answer else None, problem
        )
        return conversation

    def again(
        self, owner: str, session: str, exchange: str, documents: Sequence[str] | None
    ) -> Iterator[Markup]:
        """Ask a kept question again; its answer is replaced and shown with the one before."""
        stored = self.kept.exchange(owner, exchange)
        if stored is None:
            return
        items = self._exchanges(owner, stored.conversation)
        at = next(i for i, k in enumerate(items) if k.id == exchange)
        before = render_answer.log(self._items(owner, items[:at]))
        after = render_answer.log(self._items(owner, items[at + 1 :]))
        outcome = StreamOutcome()
        request = AnswerRequest(
            owner, session, exchange, stored.question, documents, turns(items[:at])
        )
        for draft in self.answering.drafts(request, outcome, before + after):
            yield before + draft + after
        notice = Markup()
        if outcome.answer:
            self.kept.renew(exchange, answer_payload(outcome.answer))
        elif stored.answer:
            still = f"{outcome.problem} The answer before still stands."
            notice = problem(still, exchange)
        else:
            self.kept.save_exchange(exchange, None, outcome.problem)
        self.engine.access.in_progress.settled(exchange)
        yield self.log(owner, stored.conversation, notice)

    def stop(self, owner: str, exchange: str) -> None:
        """Stop the answer to a question of the owner's that another page or process makes."""
        if self.kept.exchange(owner, exchange) is not None:
            self.answering.stop_elsewhere(exchange)

    def forget(self, session: str) -> None:
        """The reader's page is gone: stop its answer and drop what was kept for it."""
        self.answering.forget(session)
        self._pages.pop(session, None)

    # Feedback

    def mark(self, owner: str, conversation: str, exchange: str, judged: str) -> str:
        """Keep the reader's judgement of an answer; the log afterwards."""
        stored = self.kept.exchange(owner, exchange)
        if stored is not None:
            self.kept.mark(exchange, feedback.mark(self.engine, owner, stored, judged))
        return self.log(owner, conversation)

    def correct(
        self, owner: str, conversation: str, exchange: str, correction: feedback.Correction
    ) -> str:
        """Keep what the reader says is right; the log afterwards, with what was wrong with it."""
        stored = self.kept.exchange(owner, exchange)
        try:
            if stored is not None:
                feedback.correct(self.engine, owner, stored, correction)
        except CorrectionError as error:
            return self.log(
                owner, conversation, corrections={exchange: replace(correction, problem=str(error))}
            )
        return self.log(owner, conversation)

    # Reading

    def open(self, owner: str, session: str, exchange: str, part: str, n: int) -> str:
        """The source pane for footnote ``n`` of an answer's ``part`` (citations or closest)."""
        citations = self.citations(owner, session, exchange, part)
        return open_citation(
            self.engine.access.library_of(owner), Opened(citations, n, exchange, part)
        )

    def citations(self, owner: str, session: str, exchange: str, part: str) -> Sequence[Citation]:
        """What an answer of the owner's cites, or (``closest``) what comes closest to one."""
        if exchange == "live":
            return self.answering.evidence(session)
        stored = self.kept.exchange(owner, exchange)
        if stored is None or stored.answer is None:
            return ()
        if part == "closest":
            return [c.citation for c in stored.answer.closest]
        return stored.answer.citations
