"""Checks each sentence of a draft against the source that supports it best."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.answer import Verdict
from app.answering.context import PromptSource
from app.answering.drafted_words import is_fragment, to_cited_source
from app.answering.prompt import DraftedSentence
from app.answering.verify import (
    Judgement,
    missing_facts,
    occurs_in,
    share_of_new_words,
    verify_sentences,
)
from app.evidence.reader import Reader
from app.question.parsed_question import ParsedQuestion


@dataclass(frozen=True, slots=True)
class CheckedSentence:
    """A drafted sentence, the source that supports it best and the judgement."""

    drafted: DraftedSentence
    source: PromptSource
    judgement: Judgement

    @property
    def is_supported(self) -> bool:
        """Whether it may be shown as it is put."""
        return self.judgement.verdict is not Verdict.UNSUPPORTED


def check(
    question: ParsedQuestion,
    drafted: Sequence[DraftedSentence],
    sources: Sequence[PromptSource],
    reader: Reader,
) -> list[CheckedSentence]:
    """Each sentence against the source that supports it best, cited or not."""
    chosen = [_best_source(question, d, sources) for d in drafted]
    judged = verify_sentences(
        [d.text for d in drafted], [to_cited_source(s) for s in chosen], reader, question
    )
    # What is shown of a fragment is the source's own sentence.
    return [
        CheckedSentence(d, s, Judgement(Verdict.QUOTED) if is_fragment(d, s) else j)
        for d, s, j in zip(drafted, chosen, judged, strict=True)
    ]


def _best_source(
    question: ParsedQuestion, drafted: DraftedSentence, sources: Sequence[PromptSource]
) -> PromptSource:
    """The source with the fewest missing facts and foreign words; a cited one wins ties."""

    def mismatch(item: tuple[int, PromptSource]) -> tuple[float, ...]:
        number, source = item
        view = to_cited_source(source)
        return (
            len(missing_facts(drafted.text, view)),
            not occurs_in(drafted.text, source.text),
            round(share_of_new_words(drafted.text, f"{view.quote} {view.around} {question}"), 2),
            number not in drafted.numbers,
            -source.evidence.score,
        )

    return min(enumerate(sources, 1), key=mismatch)[1]


def matching_span(checked: CheckedSentence) -> tuple[int, int] | None:
    """Where the model's words stand in the source, if they do and are not all of it."""
    own_words = checked.drafted.text.strip(" .")
    match = re.search(re.escape(own_words), checked.source.text, re.IGNORECASE)
    if not own_words or match is None or len(own_words) == len(checked.source.text):
        return None
    return checked.source.start + match.start(), checked.source.start + match.end()


def dropped_note(checked: CheckedSentence) -> str:
    """What is said of a sentence that is not shown."""
    return f"A sentence was dropped, because {checked.judgement.why}: “{checked.drafted.text}”"
