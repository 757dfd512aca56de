"""The choices on the Evaluate page: sets, runs, and who may see which."""

from __future__ import annotations

from app.formats.html_escape import clip, show_controls
from app.service.conversations.feedback_set import own_set
from app.service.engine import Engine
from evals.datasets.case import QuestionSet, SetError
from evals.datasets.question_sets import load_set, shipped_sets
from evals.page.render_run import feedback_set_sentence
from evals.runs.runs import Run, RunError, all_runs, find_run
from evals.runs.workspace import runs_folder
from ingest.samples import sample_path

OTHER_SET = "another file or folder"
ABOUT_THE_SAMPLE = frozenset({"briefing"})
"""Shipped sets about the sample document, which they are asked of whatever else there is."""


def set_choices(engine: Engine, owner: str) -> list[tuple[str, str]]:
    """The sets to choose from, as (what the reader sees, value)."""
    count = own_count(engine, owner)
    mine = [(f"Your own set ({count} questions)", str(own_set(engine.settings, owner)))]
    shipped = [(_about(load_set(name)), name) for name in shipped_sets()]
    other = [] if engine.access.shared else [("Another file or folder…", OTHER_SET)]
    return (mine if count else []) + shipped + other


def _about(questions: QuestionSet) -> str:
    """The set in a few words: its size, and what it is asked of."""
    where = "the sample" if questions.name in ABOUT_THE_SAMPLE else "documents of its own"
    return f"{questions.name}: {len(questions.cases)} questions on {where}"


def own_count(engine: Engine, owner: str) -> int:
    """How many questions the owner's set has; 0 if there is none or it cannot be read."""
    try:
        return len(load_set(own_set(engine.settings, owner)).cases)
    except SetError:
        return 0


def documents(questions: str) -> tuple[str, ...]:
    """The documents that a set is asked of, if they are not the chat's."""
    return (str(sample_path()),) if questions in ABOUT_THE_SAMPLE else ()


def run_choices(engine: Engine, owner: str) -> list[tuple[str, str]]:
    """The runs that the owner may read, the latest first."""
    return [(_label(run), run.id) for run in reversed(all_runs(runs_folder(engine.settings)))
            if run.lines and visible(engine, run, owner)]  # fmt: skip


def _label(run: Run) -> str:
    part = "" if run.complete else " (unfinished)"
    return show_controls(clip(f"{run.manifest['set']}: {run.title} · {run.id}{part}", 140))


def visible(engine: Engine, run: Run, owner: str) -> bool:
    """Whether the owner may read it: runs of another reader's own set are not theirs to see, nor
    are those that quote documents which they may not read."""
    name = str(run.manifest["set"]).split(" ")[0]
    if name.startswith("mine") or not engine.access.shared:
        return not name.startswith("mine") or name == feedback_set_name(owner)
    revisions = {revision for _, revision in run.manifest["documents"]}
    return name in shipped_sets() and not revisions & (
        {revision.id for revision in engine.access.library.documents()}
        - {revision.id for revision in engine.access.library_of(owner).documents()}
    )


def feedback_set_name(owner: str) -> str:
    """The name that runs of the owner's set carry."""
    return f"mine-{owner}" if owner else "mine"


def find_visible_run(engine: Engine, owner: str, name: str | None) -> Run | None:
    """A run that the owner may read, or None."""
    if not name:
        return None
    try:
        run = find_run(runs_folder(engine.settings), name)
    except RunError:
        return None
    return run if visible(engine, run, owner) else None


def feedback_set_summary(engine: Engine, owner: str) -> str:
    """A line on the owner's set and its latest finished run; "" if there is no set."""
    count = own_count(engine, owner)
    if not count:
        return ""
    name = feedback_set_name(owner)
    finished = [
        run for run in all_runs(runs_folder(engine.settings))
        if run.complete and str(run.manifest["set"]).split(" ")[0] == name
    ]  # fmt: skip
    return feedback_set_sentence(finished[-1] if finished else None, count)
