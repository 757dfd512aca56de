"""Questions for yes or no, as a chat model that was taught to judge them answers them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from app.answering.prompt import YES_NO_PROMPT, DraftedSentence, messages
from app.answering.verify import CitedSource, missing_facts
from app.models.base import ChatModel
from app.question.answer_type import AnswerType
from app.question.parsed_question import ParsedQuestion

YES_NO_LOG_ODDS = 0.5
"""Added to the probe's log-odds for such questions: it learnt of others, and is too low here."""
SURE_OF_YES, SURE_OF_NO = 2.6, -2.0
"""Log-odds of yes against no from which on the word is said. All three were chosen on the set
``yes-no`` (evals/FIGURES.md, "Yes or no")."""
_OPENS = re.compile(r"\s*(yes|no)\b[\s,.:;–—-]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a model makes of a question for yes or no: the natural log-odds of yes against no, and
    whether one of the sources has all the question's names, numbers and dates."""

    yes: float
    has_facts: bool

    @property
    def word(self) -> Literal["", "Yes", "No"]:
        """What answers; "" if the model is not sure of it."""
        if self.yes >= SURE_OF_YES and self.has_facts:
            return "Yes"
        return "No" if self.yes <= SURE_OF_NO else ""


def rule(model: ChatModel, question: ParsedQuestion, sources: Sequence[str]) -> Ruling | None:
    """Whether the sources say yes or no, if they say either; None for other questions, and for a
    model that was not taught to tell. Raises ``ModelError``.
    """
    if question.answer_type is not AnswerType.YES_NO or not model.judges_support:
        return None
    asked = messages(question.text, sources, YES_NO_PROMPT)
    masses = model.first_word(asked, ("yes", "no"))
    if masses is None:
        return None
    has_facts = any(not missing_facts(question.text, CitedSource(s, s)) for s in sources)
    return Ruling(masses["yes"] - masses["no"], has_facts)


def in_line(drafted: Sequence[DraftedSentence], ruling: Ruling | None) -> list[DraftedSentence]:
    """A draft without the yes or no that it opens with; nothing of it if that says the opposite."""
    if ruling is None or not ruling.word or not drafted:
        return list(drafted)
    opening = _OPENS.match(drafted[0].text)
    if opening is None:
        return list(drafted)
    if opening[1].title() != ruling.word:
        return []
    rest = drafted[0].text[opening.end() :]
    first = [replace(drafted[0], text=rest[:1].upper() + rest[1:])] if rest else []
    return [*first, *drafted[1:]]
