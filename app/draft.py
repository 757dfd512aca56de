"""A chat model's draft over the evidence, and its check: judged answerable, written, verified."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app import refusal
from app.answerability import probability, threshold
from app.cite import Footnotes
from app.evidence import Found
from app.models import ChatModel
from app.prompt import ANSWER, JUDGE, NOT_STATED, Drafted, messages, parse
from app.reader import Reader
from app.records import Answer, Sentence, Verdict
from app.settings import Settings
from app.sources import PromptSource, prompt_sources
from app.verify import Judgement, Source, foreign_words, judge_all, missing_facts
from store.library import Library

MAX_TOKENS = 200


@dataclass(frozen=True, slots=True)
class Checked:
    """A drafted sentence, the source that bears it best (None: none does) and the judgement."""

    drafted: Drafted
    source: PromptSource | None
    judgement: Judgement


class Drafter:
    """One question's way through a chat model: ``words`` streams, ``finish`` verifies."""

    def __init__(self, model: ChatModel, reader: Reader, library: Library,
                 settings: Settings) -> None:
        self._model, self._reader = model, reader
        self._library, self._settings = library, settings
        self._sources: list[PromptSource] = []
        self._reply = ""
        self._likely = 0.0

    def words(self, asked: str, result: Found) -> Iterator[str]:
        """The draft as it is written; nothing where the evidence is judged not to answer."""
        self._sources = prompt_sources(result, self._library.blocks, self._library.text)
        texts = [s.text for s in self._sources]
        yes = self._model.yes_probability(messages(asked, texts, JUDGE))
        self._likely = probability(result, yes)
        if self._likely < self._threshold(judged=yes is not None):
            return
        for piece in self._model.stream(messages(asked, texts, ANSWER), max_tokens=MAX_TOKENS):
            self._reply += piece
            yield piece

    def _threshold(self, *, judged: bool) -> float:
        return threshold(self._settings.strictness, with_model=judged)

    def finish(self, asked: str, result: Found) -> Answer:
        """The verified answer of the draft, or a refusal."""
        if not self._reply.strip() or NOT_STATED.match(self._reply):
            return refusal.refuse(asked, result, self._likely, self._model.name, self._library)
        checked = self._check(asked, parse(self._reply))
        kept = [c for c in checked if c.judgement.verdict is not Verdict.UNSUPPORTED and c.source]
        notes = tuple(_note(c) for c in checked if c not in kept)
        offered = range(1, len(self._sources) + 1)
        strange = sorted({n for c in checked for n in c.drafted.numbers if n not in offered})
        if strange:
            notes += ("The model cited sources that it was not given: "
                      + ", ".join(f"[{n}]" for n in strange) + ".",)
        if not kept:
            return refusal.refuse(asked, result, self._likely, self._model.name, self._library,
                                  notes)
        return self._cited(asked, kept, notes)

    def _cited(self, asked: str, kept: Sequence[Checked], notes: tuple[str, ...]) -> Answer:
        footnotes = Footnotes(self._library.text)
        sentences = []
        for c in kept:
            assert c.source is not None
            citation = footnotes.cite(c.source.evidence.hit, c.source.start, c.source.end,
                                      c.source.evidence.key)
            sentences.append(Sentence(c.drafted.text, (citation.n,), c.judgement.verdict))
        return Answer(asked, asked, "answer", tuple(sentences), footnotes.citations, "", (),
                      self._likely, self._model.name, notes)

    def _check(self, asked: str, drafted: Sequence[Drafted]) -> list[Checked]:
        """Each sentence against the source that bears it best, cited or not."""
        chosen = [self._bearer(asked, d) for d in drafted]
        judged = judge_all([d.text for d in drafted], [_as_source(s) for s in chosen],
                           self._reader, asked)
        return [Checked(d, s, j) for d, s, j in zip(drafted, chosen, judged, strict=True)]

    def _bearer(self, asked: str, drafted: Drafted) -> PromptSource:
        """The source with the fewest missing facts and foreign words; a cited one wins ties."""
        def strangeness(item: tuple[int, PromptSource]) -> tuple[float, ...]:
            number, source = item
            view = _as_source(source)
            return (len(missing_facts(drafted.text, view)),
                    round(foreign_words(drafted.text, view, asked), 2),
                    number not in drafted.numbers, -source.evidence.score)
        return min(enumerate(self._sources, 1), key=strangeness)[1]


def _as_source(source: PromptSource) -> Source:
    passage = source.evidence.hit.stored.passage
    return Source(source.text, f"{passage.context} {passage.text}")


def _note(checked: Checked) -> str:
    return f"A sentence was dropped, because {checked.judgement.why}: “{checked.drafted.text}”"
