"""The pipeline from a question to a verified answer; read it from top to bottom.

question → understood in its conversation → hits → evidence → probability that it is answered →
refusal, quotes, or a chat model's draft → a verdict for every sentence → Answer.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice

from app.answer import Answer, Event, EvidenceFound, Finished, Turn
from app.answering import refusal
from app.answering.ask_back import is_underspecified, needs_previous_turn, offer_alternatives
from app.answering.document_facts import IN_THE_TEXT
from app.answering.extract import quote_answer
from app.answering.generate import DraftedAnswer
from app.answering.table_answer import TableMatch, TableReader, computed_answer, prefer_rows
from app.answering.whole_document import answer_whole_document_question
from app.evidence.answerability import probability, table_threshold
from app.evidence.calibration import Fits
from app.evidence.custom_calibration import SHIPPED_MODEL, fits_for
from app.evidence.evidence import Retrieved, ScoredEvidence
from app.evidence.reader import Reader
from app.evidence.score_evidence import score_evidence, score_readings
from app.formats.json_forms import answer_payload
from app.language.tokens import content_words
from app.models.base import ChatModel, ModelError
from app.question.about_document import may_ask_about_document
from app.question.rewrite import rewrite_question
from app.settings import Settings
from ingest.document import FootnoteError
from store.library import Library
from store.results import Hit, Revision

MAX_QUESTION_CHARS = 4000
QUESTION_BATCH_SIZE = 16
LIKELIER_THAN_NOT = 0.5
# Where a model gave no answer, a further sentence is quoted only if it is so likely as the best.
NEARLY_BESIDE_A_MODEL = 0.6


class QuestionError(FootnoteError):
    """The question cannot be asked as it stands."""

    exit_code = 2


class Answerer:
    """Answers questions from one library, in quotes where ``model`` is None. Thread-safe."""

    def __init__(
        self,
        library: Library,
        settings: Settings,
        model: ChatModel | None = None,
        reader: Reader | None = None,
    ) -> None:
        self.library = library
        self.settings = settings
        self.model = model
        self.reader = reader or Reader()
        # A risk that cannot be kept is told before anything is asked.
        self.fits.of(with_model=model is not None).threshold(settings.strictness, settings.risk)
        self._tables = TableReader(library.sentence_vectors)

    @property
    def fits(self) -> Fits:
        """What tells whether the documents answer; marks in the chat change it."""
        return fits_for(self.settings.data, self.model.name if self.model else SHIPPED_MODEL)

    def answer(
        self,
        question: str,
        *,
        documents: Sequence[str] | None = None,
        history: Sequence[Turn] = (),
        store: bool = False,
    ) -> Answer:
        """The verified answer. Raises QuestionError on an empty or overlong question."""
        for event in self.stream(question, documents=documents, history=history, store=store):
            if isinstance(event, Finished):
                return event.answer
        raise AssertionError("a stream ends with Finished")

    def answer_many(self, asked: Iterable[tuple[str, Sequence[str] | None]]) -> Iterator[Answer]:
        """Quotes for many questions, in order; the reader runs in batches."""
        pending = iter(asked)
        while batch := list(islice(pending, QUESTION_BATCH_SIZE)):
            began = time.perf_counter()
            for question, _ in batch:
                check_question(question)
            given, batch = batch, [self._scoped(*one) for one in batch]
            whole = [
                answer_whole_document_question(self.library, q, partial(self._revisions, d))
                for q, d in batch
            ]
            retrieved = [
                self.retrieve(asked, documents)
                for (_, documents), (_, asked) in zip(batch, whole, strict=True)
            ]
            pairs = [(r.question, h.stored.passage.text) for r in retrieved for h in r.hits]
            # One run of the reader for the whole batch: that is what makes batches fast.
            readings = iter(self.reader.read_pairs(pairs))
            for (question, _), (alone, _), one, (known, _) in zip(
                given, batch, retrieved, whole, strict=True
            ):
                result = score_readings(one, list(islice(readings, len(one.hits))), self.reader)
                share = (time.perf_counter() - began) * 1000 / len(batch)
                answer = known or is_underspecified(alone)
                if answer is None:
                    answer = needs_previous_turn(result, self._without_model(result, Clock(share)))
                yield replace(answer, question=question)

    def _scoped(
        self, question: str, documents: Sequence[str] | None
    ) -> tuple[str, Sequence[str] | None]:
        """The question and the documents it is asked of: "NAME: …" is asked of that one alone."""
        named = self.library.asked_of(question, documents)
        return (named[1], [named[0]]) if named else (question, documents)

    def search(self, question: str, documents: Sequence[str] | None = None) -> list[Hit]:
        """The best passages for a question that stands alone."""
        return self.library.search(question, self.settings.k, documents=documents)

    def retrieve(self, question: str, documents: Sequence[str] | None = None) -> Retrieved:
        """The passages that a question is answered from, best first, and all about them."""
        hits = self.search(question, documents)
        rarity = self.library.idf(content_words(question))
        listed = self.library.listing(documents)
        names = tuple(r.document for r in listed.first)
        return Retrieved(question, tuple(hits), rarity, names, listed.count, listed.unread)

    def stream(
        self,
        question: str,
        *,
        documents: Sequence[str] | None = None,
        history: Sequence[Turn] = (),
        store: bool = False,
    ) -> Iterator[Event]:
        """Evidence at once, then the draft's words, then the verified answer."""
        check_question(question)
        clock = Clock()
        as_given, (question, documents) = question, self._scoped(question, documents)
        # What is asked of a whole document or section needs no search.
        whole, sought = answer_whole_document_question(
            self.library,
            question,
            partial(self._revisions, documents),
            follows=_speaks_of_content(history),
        )
        if whole is not None:
            yield EvidenceFound(question, whole.citations)
            answer = replace(whole, question=as_given, timings_ms=clock.timings())
            yield Finished(self._stored(answer) if store else answer)
            return
        # A follow-up becomes a question that stands alone; small talk is answered at once.
        rewritten = rewrite_question(question, history, self._titles(documents))
        if rewritten.talk:
            yield Finished(_small_talk(question, rewritten.talk, clock))
            return
        asked = rewritten.standalone if sought == question else sought
        if rewritten.first and (back := is_underspecified(asked)) is not None:
            back = replace(back, timings_ms=clock.timings())
            yield Finished(self._stored(back) if store else back)
            return
        # Search, then score every sentence of the passages as evidence.
        result = score_evidence(self.retrieve(asked, documents), self.reader)
        clock.mark("search")
        # What a table answers is computed; quotes cost nothing more, so they are shown while a
        # model writes, and if it fails.
        shown = self._without_model(result, clock)
        alone = needs_previous_turn(result, shown) if rewritten.first else shown
        provisional = None if alone.refused else replace(alone, question=as_given, standalone=asked)
        yield EvidenceFound(asked, alone.citations, provisional)
        answer = alone
        settled = shown.computed is not None or bool(shown.choices) or alone is not shown
        if self.model is not None and result.evidence and not settled:
            answer = yield from self._written_by_model(asked, result, shown, clock)
        standalone = as_given if asked == question else asked
        answer = replace(
            answer, question=as_given, standalone=standalone, timings_ms=clock.timings()
        )
        yield Finished(self._stored(answer) if store else answer)

    def _written_by_model(
        self, asked: str, result: ScoredEvidence, shown: Answer, clock: Clock
    ) -> Generator[Event, None, Answer]:
        """The model's answer; quotes and the reason where the model fails."""
        assert self.model is not None
        draft = DraftedAnswer(self.model, self.reader, self.settings, self.fits)
        try:
            for word in draft.stream(asked, result):
                clock.mark("first_word", once=True)
                yield word
            return draft.verified(result, quote_answer(result, 0.0, nearly=NEARLY_BESIDE_A_MODEL))
        except ModelError as error:
            note = f"The language model did not answer ({error}) These are quotes."
            return replace(shown, notes=(*shown.notes, note))

    def _without_model(self, result: ScoredEvidence, clock: Clock) -> Answer:
        """What a table answers, where one is likely enough to; else quotes, or a refusal."""
        found = self._tables.find(result.retrieved)
        answer = None
        if found is not None and found.probability >= table_threshold(self.settings.strictness):
            answer = computed_answer(result.retrieved, found)
        answer = answer or self._in_quotes(result, found)
        return replace(answer, timings_ms=clock.timings())

    def _in_quotes(self, result: ScoredEvidence, found: TableMatch | None) -> Answer:
        fit = self.fits.quotes
        likely = probability(result, fit)
        rows = prefer_rows(result, found) if found else result
        if found is not None and rows is not result:
            # The row was looked up: how likely it is right, the table's own fit tells better.
            likely = max(likely, found.probability)
        least = fit.threshold(self.settings.strictness, self.settings.risk)
        # Who wrote a text, and when, is seldom said, and much in it looks like it.
        sure = result.question in IN_THE_TEXT.values()
        if likely < (max(least, LIKELIER_THAN_NOT) if sure else least):
            unclear = not sure and likely >= fit.thresholds["not clear"]
            return refusal.build_refusal(result, likely, "none", unclear=unclear)
        if result.alternatives and rows is result:
            return offer_alternatives(result, likely)
        return quote_answer(rows, likely)

    def _titles(self, documents: Sequence[str] | None) -> list[str]:
        return [r.title for r in self.library.listing(documents).first]

    def _revisions(self, documents: Sequence[str] | None) -> list[Revision]:
        """Current revisions of the documents that are asked; ``documents`` are names or ids."""
        held = self.library.documents()
        if documents is None:
            return held
        wanted = set(documents)
        return [r for r in held if r.document in wanted or r.document_id in wanted]

    def _stored(self, answer: Answer) -> Answer:
        identity = self.library.record_answer(answer_payload(answer), answer.citations)
        return replace(answer, id=identity)


def _speaks_of_content(history: Sequence[Turn]) -> bool:
    """Whether the last question was about what the documents say, not about themselves."""
    return bool(history) and not may_ask_about_document(history[-1].question)


class Clock:
    """Milliseconds since the question was asked; each mark is kept under its name."""

    def __init__(self, spent_ms: float = 0.0) -> None:
        self._began = time.perf_counter() - spent_ms / 1000
        self._marks: dict[str, float] = {}
        if spent_ms:
            self.mark("search")

    def mark(self, name: str, *, once: bool = False) -> None:
        """Note the time under a name; with ``once`` only the first time."""
        if not (once and name in self._marks):
            self._marks[name] = (time.perf_counter() - self._began) * 1000

    def timings(self) -> dict[str, float]:
        """``search``, ``first_word`` and ``total`` so far."""
        total = (time.perf_counter() - self._began) * 1000
        return {"search": 0.0, "first_word": total, **self._marks, "total": total}


def check_question(question: str) -> None:
    """Raise QuestionError where there is nothing to ask, or far too much."""
    if not any(c.isalnum() for c in question):
        raise QuestionError("The question is empty. Ask something in words.")
    if len(question) > MAX_QUESTION_CHARS:
        raise QuestionError(
            f"The question has {len(question):,} characters; at most {MAX_QUESTION_CHARS:,} can be "
            "asked. Ask it in fewer words, or ingest the text as a document and ask about it."
        )


def _small_talk(question: str, reply: str, clock: Clock) -> Answer:
    return Answer(
        question, question, "talk", (), (), reply, (), 1.0, "none", timings_ms=clock.timings()
    )
