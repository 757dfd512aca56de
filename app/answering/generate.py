"""Generated answers: judge answerability, stream the model's draft, verify its sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from langchain_core.messages import BaseMessage

from app.answer import Answer, Word
from app.answering import refusal
from app.answering.checked_draft import CheckedSentence, check, dropped_note
from app.answering.cited_draft import cited_draft
from app.answering.closest_passages import LIKELIER_THAN_NOT, as_closest
from app.answering.context import PromptSource, prompt_sources
from app.answering.judge import judge, judged_again
from app.answering.prompt import (
    ANSWER_PROMPT,
    DraftedSentence,
    is_not_stated,
    messages,
    parse_reply,
    states_answer,
    whole_sentences,
)
from app.answering.yes_no import YES_NO_LOG_ODDS, Ruling, in_line, rule
from app.evidence.answerability import is_denied, probability, probability_with_model
from app.evidence.calibration import Fits
from app.evidence.evidence import ScoredEvidence
from app.evidence.reader import Reader
from app.models.base import ChatModel, ModelError
from app.models.thinking import CLOSED, THINKING_TOKENS, UnreasonedReply
from app.settings import Settings

MAX_TOKENS = 200
# As much of a reply as shows whether it states an answer.
OPENING_CHARS = len("Not stated.") + 5


class DraftedAnswer:
    """One question's way through a chat model: ``stream`` writes it, ``verified`` checks it."""

    def __init__(self, model: ChatModel, reader: Reader, settings: Settings, fits: Fits) -> None:
        self._model, self._reader, self._settings = model, reader, settings
        self._fits = fits
        self._sources: list[PromptSource] = []
        self._reply = ""
        self._ruling: Ruling | None = None
        self._likely = 0.0
        self._answers = False
        self._broken = ""

    def stream(self, result: ScoredEvidence) -> Iterator[Word]:
        """The draft as it is written; nothing if the evidence is judged not to answer."""
        self._sources, question = prompt_sources(result), result.question.text
        texts = [s.text for s in self._sources]
        yes = judge(self._model, question, texts)
        self._ruling = rule(self._model, result.question, texts)
        if self._ruling is not None and yes is not None:
            yes += YES_NO_LOG_ODDS
        if self._is_hopeless(result, yes):
            return
        prompt, reply, decided = messages(question, texts, ANSWER_PROMPT), UnreasonedReply(), False
        for piece in self._pieces(prompt, reply):
            reply.add(piece)
            self._reply = reply.text
            # Hold back until the opening distinguishes "Not stated" from an answer.
            if len(self._reply) < OPENING_CHARS:
                continue
            if not decided and not self._decide(result, yes):
                return
            decided = True
            if not self._writes:
                return
            if self._states_answer():
                yield reply.unshown()
        if self._broken:
            self._reply = whole_sentences(self._reply)
        if self._decide(result, yes) and self._writes and self._states_answer():
            yield reply.unshown()

    def _pieces(self, prompt: list[BaseMessage], reply: UnreasonedReply) -> Iterator[str]:
        try:
            yield from self._model.stream(prompt, max_tokens=MAX_TOKENS)
        except ModelError as error:
            # Whole sentences that came before it broke are checked like any others.
            if not whole_sentences(reply.text):
                raise
            self._broken = str(error)
        if reply.only_thought:
            yield CLOSED
            yield from self._model.stream(prompt, max_tokens=THINKING_TOKENS)

    def _is_hopeless(self, result: ScoredEvidence, yes: float | None) -> bool:
        """Whether the judgement alone means a refusal, whatever the draft would say."""
        if yes is None:
            return False
        least = self._least(with_model=True)
        self._likely = probability_with_model(result, (yes, 0.0), self._fits)
        return probability_with_model(result, (yes, 1.0), self._fits) < least

    def _least(self, *, with_model: bool) -> float:
        settings = self._settings
        return self._fits.of(with_model=with_model).threshold(settings.strictness, settings.risk)

    @property
    def _writes(self) -> bool:
        """Whether the model's sentences are shown; else only its judgement counts."""
        return self._settings.replies == "sentences"

    def _states_answer(self) -> bool:
        return bool(states_answer(self._reply))

    @property
    def _is_stated(self) -> bool:
        """Whether the model states an answer; what it replies to a question for yes or no says
        little of whether there is one."""
        return self._ruling is not None or self._states_answer()

    def _decide(self, result: ScoredEvidence, yes: float | None) -> bool:
        """Whether the question will be answered, by all that is known once the reply opens."""
        stated = float(self._is_stated)
        if yes is None:
            self._likely = probability(result, self._fits.quotes)
        else:
            self._likely = probability_with_model(result, (yes, stated), self._fits)
        least = self._least(with_model=yes is not None)
        heard = self._is_stated if yes is None else not is_denied((yes, stated))
        self._answers = self._likely >= least and heard
        return self._answers

    def verified(self, result: ScoredEvidence, quoted: Answer, shown: Answer) -> Answer:
        """The verified answer of the draft; ``quoted`` if it has none to stand on; or less.

        ``quoted`` is the answer in quotes, for a question that is answerable though the model did
        not answer it; ``shown`` is what is said without the model.
        """
        name = self._model.name
        if not self._answers:
            # What the reader claims and the model doubts may answer; what it only finds does not.
            if shown.kind == "answer":
                return replace(as_closest(shown), answerable=self._likely, model=name)
            return refusal.build_refusal(result, self._likely, name)
        drafted = [d for d in parse_reply(self._reply) if not is_not_stated(d.text)]
        drafted = in_line(drafted, self._ruling)
        checked = self._checked(result, drafted) if self._writes and self._states_answer() else []
        # What the sources do not support is never shown; if it rests on a sentence of theirs, that
        # sentence is shown instead, and nothing is lost.
        supported = [c for c in checked if c.is_supported or c.judgement.rests]
        broken = [f"The model stopped before its end: {self._broken}"] if self._broken else []
        notes = (
            *(dropped_note(c) for c in checked if c not in supported),
            *result.notes,
            *self._unknown_citation_notes(checked),
            *broken,
        )
        if supported:
            answer = cited_draft(result, supported, self._likely, name)
            return replace(self._with_ruling(answer), notes=notes)
        if quoted.sentences:
            # A good quote says nothing of the draft that failed. Of what the model does not state,
            # only what is likelier than not is claimed: below that half of it is wrong.
            stated = self._states_answer() or (self._ruling is not None and self._ruling.word)
            doubted = not stated and self._likely < LIKELIER_THAN_NOT
            return replace(
                as_closest(quoted) if doubted else self._with_ruling(quoted),
                answerable=self._likely,
                model=name,
                notes=(*result.notes, *broken),
            )
        return refusal.build_refusal(result, self._likely, name, notes)

    def _with_ruling(self, answer: Answer) -> Answer:
        return replace(answer, yes_no=self._ruling.word) if self._ruling else answer

    def _checked(
        self, result: ScoredEvidence, drafted: Sequence[DraftedSentence]
    ) -> list[CheckedSentence]:
        """Each sentence with its verdict."""
        texts = [s.text for s in self._sources]
        return [
            replace(c, judgement=judged_again(c.judgement, self._model, c.drafted.text, texts))
            for c in check(result.question, drafted, self._sources, self._reader)
        ]

    def _unknown_citation_notes(self, checked: Sequence[CheckedSentence]) -> tuple[str, ...]:
        known = range(1, len(self._sources) + 1)
        strange = sorted({n for c in checked for n in c.drafted.numbers if n not in known})
        listed = ", ".join(f"[{n}]" for n in strange)
        return (f"The model cited sources that it was not given: {listed}.",) if strange else ()
