"""What every command opens: settings, library, model, set, and the folder of runs."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from app.models.base import ChatModel
from app.models.factory import open_model
from app.service.open_library import open_library as open_data_folder
from app.service.storage.shared_files import shared_files
from app.settings import Settings
from evals.datasets.case import Case, QuestionSet
from evals.datasets.question_sets import load_set
from evals.runs.runs import Progress, sample
from ingest.load import expand, load
from store.embedding.open_embedder import open_embedder
from store.library import Library


@dataclass(frozen=True, slots=True)
class QuestionChoice:
    """Which questions of a set are asked; ``size`` None asks all.

    ``shuffled`` asks them in an order drawn with the seed: a part of the run then speaks for all.
    """

    size: int | None = None
    seed: int = 1
    balanced: bool = False
    kinds: tuple[str, ...] = ()
    shuffled: bool = False


def runs_folder(settings: Settings) -> Path:
    """Where runs are kept, with those of other machines that share the database."""
    shared_files(settings).refresh()
    return settings.data / "runs"


def choose(questions: QuestionSet, choice: QuestionChoice) -> QuestionSet:
    """The set of the chosen questions; its name says so."""
    cases: Sequence[Case] = questions.cases
    name = questions.name
    if choice.kinds:
        cases = [case for case in cases if case.kind in choice.kinds]
        name += " " + "+".join(choice.kinds)
    if choice.size is not None:
        cases = sample(cases, choice.size, choice.seed, choice.balanced)
        name += f" ({len(cases)} drawn{' half and half' * choice.balanced}, seed {choice.seed})"
    if choice.shuffled:
        cases = random.Random(choice.seed).sample(cases, len(cases))
    return replace(questions, name=name, cases=tuple(cases))


def open_set(name: str | Path, choice: QuestionChoice) -> QuestionSet:
    """The chosen questions of a set by path or name."""
    return choose(load_set(name), choice)


@contextmanager
def open_library(
    settings: Settings,
    questions: QuestionSet | None = None,
    documents: Sequence[str] = (),
    progress: Progress | None = None,
) -> Iterator[Library]:
    """The library that a run asks: the given documents or those that the set brings along, taken
    into a folder of their own that is gone afterwards; else the current data folder's.

    ``progress`` hears how many of the documents are read.
    """
    sources = [str(source) for source in documents]
    if not sources and questions and questions.documents:
        sources = [str(questions.documents)]
    if not sources:
        with open_data_folder(settings) as library:
            yield library
        return
    with (
        TemporaryDirectory(prefix="footnote-eval-") as folder,
        Library.open(
            Path(folder), open_embedder(settings.embedder, settings.embedder_url)
        ) as library,
    ):
        files = list(expand(sources))
        for number, source in enumerate(files):
            if progress:
                progress(number, len(files))
            library.add(load(source))
        yield library


@contextmanager
def open_writer(settings: Settings) -> Iterator[ChatModel | None]:
    """The language model of the settings, closed afterwards."""
    model = open_model(settings)
    try:
        yield model
    finally:
        if model:
            model.close()
