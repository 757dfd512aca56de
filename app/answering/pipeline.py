"""The pipeline from a question to a verified answer; read it from top to bottom.

question → understood in its conversation → hits → evidence → probability that it is answered →
refusal, quotes, or a chat model's draft → a verdict for every sentence → Answer.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

from app.answer import Answer, Event, EvidenceFound, Finished, Turn
from app.answering import refusal
from app.answering.ask_back import is_underspecified, needs_previous_turn, offer_alternatives
from app.answering.clock import Clock
from app.answering.closest_passages import LIKELIER_THAN_NOT, as_closest, is_claimed
from app.answering.continuation import continue_answer, continued_question, goes_on
from app.answering.document_facts import IN_THE_TEXT
from app.answering.extract import MAX_QUOTED_SENTENCES, NEARLY_AS_LIKELY, quote_answer
from app.answering.generate import DraftedAnswer
from app.answering.references import with_references
from app.answering.table_answer import computed_answer, mark_not_computed, prefer_rows
from app.answering.table_match import TableMatch, TableReader
from app.answering.unsure_words import note_unsure_words
from app.answering.whole_document import answer_whole_document_question
from app.evidence.answerability import probability, table_threshold
from app.evidence.by_date import choose_by_date
from app.evidence.calibration import Fits
from app.evidence.custom_calibration import SHIPPED_MODEL, fits_for
from app.evidence.evidence import Retrieved, ScoredEvidence
from app.evidence.money_asked import lacks_amount
from app.evidence.reader import Reader
from app.evidence.score_evidence import score_evidence, score_readings
from app.formats.json_forms import answer_payload
from app.models.base import ChatModel, ModelError
from app.question.about_document import may_ask_about_document
from app.question.document_prefix import possible_prefixes
from app.question.parsed_question import ParsedQuestion
from app.question.rewrite import rewrite_question
from app.settings import Settings
from ingest.errors import FootnoteError
from store.library import Library
from store.results import Revision

MAX_QUESTION_CHARS = 4000
QUESTION_BATCH_SIZE = 16
# If a model gave no answer, a further sentence is quoted only if it is so likely as the best.
NEARLY_BESIDE_A_MODEL = 0.6


class QuestionError(FootnoteError):
    """The question cannot be asked as it stands."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Understood:
    """A question as it is understood: ``parsed`` is searched for in ``documents`` (None: all),
    ``standalone`` is how the question was understood, which the reader sees.

    ``answer`` is given at once if it needs no search; ``first`` says that no question was asked
    before it, and ``goes_on`` that it asks for more of what the last one was answered with.
    """

    question: str
    parsed: ParsedQuestion
    documents: Sequence[str] | None
    standalone: str
    answer: Answer | None = None
    first: bool = True
    goes_on: bool = False


class Answerer:
    """Answers questions from one library, in quotes if ``model`` is None. Thread-safe."""

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
        # A risk that cannot be kept is reported before anything is asked.
        self.fits.of(with_model=model is not None).threshold(settings.strictness, settings.risk)
        self._tables = TableReader(library.sentence_vectors)

    @property
    def fits(self) -> Fits:
        """What shows whether the documents answer; marks in the chat change it."""
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

    def answer_many(
        self, questions: Iterable[tuple[str, Sequence[str] | None]]
    ) -> Iterator[Answer]:
        """Quotes for many questions, in order; the reader runs in batches."""
        pending = iter(questions)
        while batch := list(islice(pending, QUESTION_BATCH_SIZE)):
            clock = Clock()
            understood = [self._understand(question, documents) for question, documents in batch]
            retrieved = [
                self.retrieve(one.parsed, one.documents) for one in understood if one.answer is None
            ]
            pairs = [(r.question.text, h.stored.passage.text) for r in retrieved for h in r.hits]
            # One run of the reader for the whole batch: that is what makes batches fast.
            readings = iter(self.reader.read_pairs(pairs))
            share, pending_retrieved = clock.spent_ms() / len(batch), iter(retrieved)
            for one in understood:
                clock = Clock(share)
                if one.answer is not None:
                    yield self._finished(replace(one.answer, timings_ms=clock.timings()))
                    continue
                mine = next(pending_retrieved)
                read = list(islice(readings, len(mine.hits)))
                result = choose_by_date(score_readings(mine, read, self.reader), self.reader)
                answer = self._quoted(one, result, self._without_model(result, clock))
                answer = replace(answer, question=one.question, standalone=one.standalone)
                yield self._finished(answer)

    def retrieve(
        self, question: ParsedQuestion, documents: Sequence[str] | None = None
    ) -> Retrieved:
        """The passages that a question is answered from, best first, and all about them."""
        words, k = question.content_words, self.settings.k
        return Retrieved(
            question, self.library.retrieve(question.text, words, k, documents=documents)
        )

    def stream(
        self,
        question: str,
        *,
        documents: Sequence[str] | None = None,
        history: Sequence[Turn] = (),
        store: bool = False,
    ) -> Iterator[Event]:
        """Evidence at once, then the draft's words, then the verified answer."""
        clock = Clock()
        understood = self._understand(question, documents, history)
        if understood.answer is not None:
            if understood.answer.citations:
                yield EvidenceFound(understood.parsed.text, understood.answer.citations)
            known = replace(understood.answer, timings_ms=clock.timings())
            keep = store and known.kind != "talk"
            yield Finished(self._finished(known, keep=keep))
            return
        # Search, then score every sentence of the passages as evidence.
        retrieved = self.retrieve(understood.parsed, understood.documents)
        result = choose_by_date(score_evidence(retrieved, self.reader), self.reader)
        clock.mark("search")
        if understood.goes_on and (
            more := continue_answer(self.library, question, result, history)
        ):
            more = replace(more, standalone=understood.standalone, timings_ms=clock.timings())
            yield EvidenceFound(understood.parsed.text, more.citations)
            yield Finished(self._finished(more, retrieved, keep=store))
            return
        # What a table answers is computed; quotes cost nothing more, so they are shown while a
        # model writes, and if it fails.
        shown = self._without_model(result, clock)
        answer = self._quoted(understood, result, shown)
        provisional = None
        if not answer.refused:
            provisional = replace(answer, question=question, standalone=understood.parsed.text)
        yield EvidenceFound(understood.parsed.text, answer.citations, provisional)
        settled = shown.computed is not None or bool(shown.choices) or answer is not shown
        if self.model is not None and result.evidence and not settled:
            answer = yield from self._written_by_model(result, shown, clock)
        answer = replace(
            answer, question=question, standalone=understood.standalone, timings_ms=clock.timings()
        )
        yield Finished(self._finished(answer, retrieved, keep=store))

    def _understand(
        self, question: str, documents: Sequence[str] | None, history: Sequence[Turn] = ()
    ) -> Understood:
        """The question in its conversation, and its answer if that needs no search."""
        check_question(question)
        text, documents = self._scoped(question, documents)
        parsed = ParsedQuestion(text)
        if goes_on(parsed) and (before := continued_question(history)):
            asked = [turn.question for turn in history]
            last = self._understand(before, documents, history[: asked.index(before)])
            if last.answer is None:
                return replace(last, question=question, first=False, goes_on=True)
        # What is asked of a whole document or section needs no search.
        whole, sought = answer_whole_document_question(
            self.library,
            parsed,
            partial(self._revisions, documents),
            follows=_speaks_of_content(history),
        )
        if whole is not None:
            return Understood(question, parsed, documents, text, replace(whole, question=question))
        # A follow-up becomes a question that stands alone; small talk is answered at once.
        rewritten = rewrite_question(parsed, history, partial(self._titles, documents))
        if rewritten.talk:
            talk = Answer(question, question, "talk", (), (), rewritten.talk, (), 1.0, "none")
            return Understood(question, parsed, documents, question, talk)
        search_question = rewritten.standalone if sought == parsed else sought
        standalone = question if search_question == parsed else search_question.text
        unclear = is_underspecified(search_question) if rewritten.first else None
        return Understood(
            question, search_question, documents, standalone, unclear, rewritten.first
        )

    def _scoped(
        self, question: str, documents: Sequence[str] | None
    ) -> tuple[str, Sequence[str] | None]:
        """The question and the documents it is asked of: "NAME: …" is asked of that one alone."""
        for name, rest in possible_prefixes(question):
            if self.library.has_document(name, documents):
                return rest, [name]
        return question, documents

    def _quoted(self, understood: Understood, result: ScoredEvidence, shown: Answer) -> Answer:
        """What is shown without a model; a question by itself may lean on one before it."""
        return needs_previous_turn(result, shown) if understood.first else shown

    def _written_by_model(
        self, result: ScoredEvidence, shown: Answer, clock: Clock
    ) -> Generator[Event, None, Answer]:
        """The model's answer; quotes and the reason if the model fails."""
        assert self.model is not None
        draft = DraftedAnswer(self.model, self.reader, self.settings, self.fits)
        try:
            for word in draft.stream(result):
                clock.mark("first_word", once=True)
                yield word
            several = result.question.asks_several
            nearly = NEARLY_AS_LIKELY if several else NEARLY_BESIDE_A_MODEL
            answer = draft.verified(result, quote_answer(result, 0.0, nearly=nearly), shown)
            return with_references(self.library, answer)
        except ModelError as error:
            note = f"The language model did not answer ({error}) These are quotes."
            return replace(shown, notes=(*shown.notes, note))

    def _without_model(self, result: ScoredEvidence, clock: Clock) -> Answer:
        """What a table answers, if one is likely enough to; else quotes, or a refusal."""
        match = self._tables.find(result.retrieved)
        answer = None
        least = table_threshold(self.settings.strictness)
        if match is not None and not match.why_not and match.probability >= least:
            answer = computed_answer(result.retrieved, match)
        answer = answer or with_references(self.library, self._in_quotes(result, match))
        return replace(answer, timings_ms=clock.timings())

    def _in_quotes(self, result: ScoredEvidence, match: TableMatch | None) -> Answer:
        fit = self.fits.quotes
        likely = probability(result, fit)
        rows = prefer_rows(result, match) if match else result
        if match is not None and rows is not result:
            # The row was looked up: how likely it is right, the table's own fit shows better.
            likely = max(likely, match.probability)
        least = fit.threshold(self.settings.strictness, self.settings.risk)
        # Who wrote a text, and when, is seldom said, and much in it looks like it.
        sure = result.question.text in IN_THE_TEXT.values()
        if likely < (max(least, LIKELIER_THAN_NOT) if sure else least):
            unclear = not sure and likely >= fit.thresholds["not clear"]
            return refusal.build_refusal(result, likely, "none", unclear=unclear)
        if lacks_amount(result.question, rows.evidence[:MAX_QUOTED_SENTENCES]):
            return refusal.build_refusal(result, likely, "none")
        if result.alternatives and rows is result:
            return offer_alternatives(result, likely)
        quoted = mark_not_computed(quote_answer(rows, likely), match)
        claim = fit.claim(self.settings.strictness, self.settings.risk)
        return quoted if is_claimed(rows, likely, claim) else as_closest(quoted)

    def _titles(self, documents: Sequence[str] | None) -> list[str]:
        return [r.title for r in self.library.listing(documents).first]

    def _revisions(self, documents: Sequence[str] | None) -> list[Revision]:
        """Current revisions of the documents that are asked; ``documents`` are names or ids."""
        revisions = self.library.documents()
        if documents is None:
            return revisions
        chosen = set(documents)
        return [r for r in revisions if r.document in chosen or r.document_id in chosen]

    def _finished(
        self, answer: Answer, retrieved: Retrieved | None = None, *, keep: bool = False
    ) -> Answer:
        """The answer as it is given, stored if it is to be kept."""
        answer = note_unsure_words(answer, self.library)
        if not keep:
            return answer
        seen = retrieved.retrieval if retrieved else None
        identity = self.library.record_answer(answer_payload(answer), answer.citations, seen)
        return replace(answer, id=identity)


def _speaks_of_content(history: Sequence[Turn]) -> bool:
    """Whether the last question was about what the documents say, not about themselves."""
    return bool(history) and not may_ask_about_document(ParsedQuestion(history[-1].question))


def check_question(question: str) -> None:
    """Raise QuestionError if there is nothing to ask, or far too much."""
    if not any(c.isalnum() for c in question):
        raise QuestionError("The question is empty. Ask something in words.")
    if len(question) > MAX_QUESTION_CHARS:
        raise QuestionError(
            f"The question has {len(question):,} characters; at most {MAX_QUESTION_CHARS:,} can be "
            "asked. Ask it in fewer words, or ingest the text as a document and ask about it."
        )
