"""What a drafted sentence takes from its source: a few of its words, or one of its lines."""

from __future__ import annotations

from app.answering.context import PromptSource
from app.answering.prompt import DraftedSentence, without_marks
from app.answering.verify import CitedSource, occurs_in, share_of_new_words
from app.language.tokens import words

# Replies of so few words ("13 times") are shown as the sentence that they were taken from.
MAX_FRAGMENT_WORDS = 7


def is_fragment(drafted: DraftedSentence, source: PromptSource) -> bool:
    """Whether the model gave a few words of the source ("13 times") for an answer."""
    return len(words(drafted.text)) <= MAX_FRAGMENT_WORDS and occurs_in(drafted.text, source.text)


def line_with_marks(drafted: DraftedSentence, source: PromptSource) -> tuple[int, int] | None:
    """The source's line that the sentence copies but for numbers in brackets; None if none is.

    A line of the source may have such a number; in the model's sentence it reads as a citation.
    """
    text = source.evidence.hit.source.text
    copied = without_marks(drafted.text)
    same = (line for line in source.lines if without_marks(text[slice(*line)]) == copied)
    return next(same, None)


def nearest_line(wording: str, source: PromptSource) -> tuple[int, int]:
    """The source's sentence or line that a drafted sentence rests on."""
    text = source.evidence.hit.source.text

    def foreign(line: tuple[int, int]) -> float:
        return share_of_new_words(wording, text[slice(*line)])

    return min(source.lines, key=foreign)


def to_cited_source(source: PromptSource) -> CitedSource:
    """A source of the prompt as what a sentence is verified against."""
    passage = source.evidence.hit.stored.passage
    return CitedSource(
        source.text, f"{passage.context} {passage.text}", "\n".join(passage.headings)
    )
