"""What a drafted sentence takes from its source: a few of its words, or one of its lines."""

from __future__ import annotations

from app.answering.context import PromptSource
from app.answering.prompt import Drafted
from app.answering.verify import Source, occurs_in, share_of_new_words
from app.language.tokens import words

# Replies of so few words ("13 times") are shown as the sentence that they were taken from.
FRAGMENT = 7


def is_fragment(drafted: Drafted, source: PromptSource) -> bool:
    """Whether the model gave a few words of the source ("13 times") for an answer."""
    return len(words(drafted.text)) <= FRAGMENT and occurs_in(drafted.text, source.text)


def nearest_line(said: str, source: PromptSource) -> tuple[int, int]:
    """The source's sentence or line that a drafted sentence rests on."""
    text = source.evidence.hit.source.text

    def foreign(line: tuple[int, int]) -> float:
        return share_of_new_words(said, text[slice(*line)])

    return min(source.lines, key=foreign)


def as_source(source: PromptSource) -> Source:
    """A source of the prompt as what a sentence is verified against."""
    passage = source.evidence.hit.stored.passage
    return Source(source.text, f"{passage.context} {passage.text}", "\n".join(passage.headings))
