"""The layout and handlers of the Evaluate page."""

from __future__ import annotations

from typing import Any

import gradio as gr

from app.service.engine import Engine
from app.web.components import QUIET_EVENT, handler, html_component, owner_of
from app.web.strictness_choices import STRICTNESS_NAMES
from evals.page import render_run, set_choices
from evals.page.jobs import Jobs, RunRequest
from evals.page.kept_state import State
from evals.runs.runs import Run, RunError
from ingest.errors import FootnoteError

POLL_S = 0.7
NO_CHOICE = ("nothing", "")
NO_RUN = render_run.render("no_run", message="No run yet. Choose a set on the left and run it.")
INTRODUCTION = render_run.render("introduction")


def fill(engine: Engine, tab: Any) -> None:
    """Lay the page out and wire it."""
    jobs = Jobs(engine)
    engine.feedback_set_summary = lambda owner: set_choices.feedback_set_summary(engine, owner)
    with gr.Row(elem_classes="desk"):
        with gr.Column(elem_classes="sheet choose", min_width=280):
            gr.HTML(INTRODUCTION, js_on_load=None, apply_default_css=False, padding=False)
            questions = gr.Dropdown(
                set_choices.set_choices(engine, ""), value=None, label="Set", elem_id="set",
                interactive=False,  # until the choices of this reader are here
            )  # fmt: skip
            path = gr.Textbox(
                label="Its path", max_lines=1, visible=False, elem_id="set-path",
                info="JSONL, YAML or CSV, or a folder with questions.jsonl and documents/",
            )  # fmt: skip
            model = gr.Dropdown(
                engine.offered_models(), value=engine.offered_models()[0][1], label="Answers by",
                allow_custom_value=not engine.access.shared, elem_id="set-model",
            )  # fmt: skip
            strictness = gr.Radio(
                [(name, value) for value, name in STRICTNESS_NAMES.items()],
                value=engine.settings.strictness,
                label="Strictness",
                elem_id="set-strictness",
            )
            size = gr.Number(
                label="Ask only so many", info="Drawn with a fixed seed; 0 asks all.",
                precision=0, minimum=0, value=0, elem_id="set-size",
            )  # fmt: skip
            with gr.Row():
                begin = gr.Button("Run", variant="primary", elem_id="run")
                cancel = gr.Button("Cancel", interactive=False, elem_id="cancel-run")
        with gr.Column(elem_classes="outcome", min_width=300):
            bar = html_component(elem_id="run-progress")
            with gr.Row():
                chosen = gr.Dropdown([], value=None, label="Read the run", elem_id="run-chosen")
                against = gr.Dropdown(
                    [NO_CHOICE], value="", label="Compare with", elem_id="run-against"
                )  # fmt: skip
            result = html_component(elem_id="run-result", elem_classes="run-result")
    timer = gr.Timer(POLL_S, active=False)
    parts = EvaluateComponents(
        questions, path, model, strictness, size, begin, cancel, bar, chosen, against, result, timer
    )
    _wire(engine, jobs, parts, tab)


class EvaluateComponents:
    """The components that are wired together."""

    def __init__(self, *parts: Any) -> None:
        (self.questions, self.path, self.model, self.strictness, self.size, self.begin,
         self.cancel, self.bar, self.chosen, self.against, self.result, self.timer,
         ) = parts  # fmt: skip


def _wire(engine: Engine, jobs: Jobs, p: EvaluateComponents, tab: Any) -> None:
    state = [p.bar, p.begin, p.cancel, p.timer]

    def shown_run(owner: str, run: Run, before: Run | None = None) -> str:
        known_revisions = {revision.id for revision in engine.access.library_of(owner).documents()}
        askable = known_revisions >= {revision for _, revision in run.manifest["documents"]}
        return render_run.result(run, before, askable=askable)

    def render_state(owner: str, whose: str, now: State) -> tuple[Any, ...]:
        mine, busy = owner == whose, now.busy
        shown = render_run.progress(now) if mine else _others(busy)
        return (
            shown, gr.update(interactive=not busy),
            gr.update(interactive=busy and mine and now.phase != "cancelling"),
            gr.Timer(active=busy),
        )  # fmt: skip

    def polled(owner: str) -> tuple[Any, ...]:
        # Also a run that has ended already is shown by the next tick, which ends the polling.
        return *render_state(owner, *jobs.now())[:-1], gr.Timer(active=True)

    @handler
    def start(
        questions: str, path: str, model: str, strictness: str, size: float | None,
        request: gr.Request,
    ) -> tuple[Any, ...]:  # fmt: skip
        owner = owner_of(request)
        try:
            jobs.start(owner, _wanted(engine, owner, questions, path, model, strictness, size))
        except FootnoteError as error:
            failed = render_run.progress(State("failed", problem=str(error)))
            return failed, gr.skip(), gr.skip(), gr.skip()
        return polled(owner)

    def cancel(request: gr.Request) -> tuple[Any, ...]:
        jobs.cancel(owner_of(request))
        return polled(owner_of(request))

    def tick(request: gr.Request) -> tuple[Any, ...]:
        # Read once: a run that ends between two reads would end the polling before it is shown.
        owner, (whose, now) = owner_of(request), jobs.now()
        state_now = render_state(owner, whose, now)
        run = set_choices.find_visible_run(engine, owner, now.run) if owner == whose else None
        if run is None:
            return *state_now, gr.skip(), gr.skip(), gr.skip()
        listed = set_choices.run_choices(engine, owner)
        return (
            *state_now, gr.update(choices=listed, value=run.id),
            gr.update(choices=[NO_CHOICE, *listed]), shown_run(owner, run),
        )  # fmt: skip

    def read(name: str | None, other: str | None, request: gr.Request) -> str:
        owner = owner_of(request)
        run, before = (
            set_choices.find_visible_run(engine, owner, name),
            set_choices.find_visible_run(engine, owner, other),
        )
        if run is None:
            return NO_RUN
        return shown_run(owner, run, before if before and before.id != run.id else None)

    def arrive(
        questions: str | None, name: str | None, other: str | None, request: gr.Request
    ) -> tuple[Any, ...]:
        owner = owner_of(request)
        listed, known = (
            set_choices.run_choices(engine, owner),
            set_choices.set_choices(engine, owner),
        )
        read_now = _kept(name, listed)
        whose, now = jobs.now()
        *state_now, _ = render_state(owner, whose, now)
        # A reply that comes late must not end the polling of a run that was started meanwhile.
        polling = gr.Timer(active=True) if now.busy else gr.skip()
        return (
            *state_now, polling, _offer(name, listed),
            _offer(other or NO_CHOICE[1], [NO_CHOICE, *listed]),
            _offer(questions, known), read(read_now, other, request),
        )  # fmt: skip

    reading = [p.chosen, p.against]
    inputs = [p.questions, p.path, p.model, p.strictness, p.size]
    p.begin.click(start, inputs, state, **QUIET_EVENT)
    p.cancel.click(cancel, None, state, **QUIET_EVENT)
    p.timer.tick(tick, None, [*state, *reading, p.result], **QUIET_EVENT)
    gr.on([p.chosen.input, p.against.input], read, reading, p.result, **QUIET_EVENT)
    p.questions.change(_path_shown, p.questions, p.path, **QUIET_EVENT)
    shown = [*state, *reading, p.questions, p.result]
    tab.select(arrive, [p.questions, *reading], shown, **QUIET_EVENT)


def _path_shown(value: str | None) -> Any:
    return gr.update(visible=value == set_choices.OTHER_SET)


def _kept(value: str | None, offered: list[tuple[str, str]]) -> str | None:
    """What was chosen, if it is still offered; else the first."""
    values = [each for _, each in offered]
    return value if value in values else next(iter(values), None)


def _offer(value: str | None, offered: list[tuple[str, str]]) -> Any:
    """The choices of today. The value is left alone if it still is one of them: somebody may
    have chosen another while this was on its way."""
    still_offered = _kept(value, offered)
    changed: dict[str, Any] = {} if still_offered == value else {"value": still_offered}
    return gr.update(choices=offered, interactive=True, **changed)


def _others(busy: bool) -> str:
    return render_run.render("others_run") if busy else ""


def _wanted(
    engine: Engine, owner: str, questions: str | None, path: str, model: str, strictness: str,
    size: float | None,
) -> RunRequest:  # fmt: skip
    """The reader's choice. Raises :class:`RunError` for what is missing or not offered to them."""
    if questions not in [value for _, value in set_choices.set_choices(engine, owner)]:
        raise RunError("Choose a set first; what you mark in the chat becomes your own.")
    if questions == set_choices.OTHER_SET and not path.strip():
        raise RunError("Give the path of a set's file or folder.")
    if engine.access.shared and model not in [value for _, value in engine.offered_models()]:
        raise RunError("This model is not offered here.")
    name = path.strip() if questions == set_choices.OTHER_SET else questions
    return RunRequest(name, model.strip(), strictness, int(size) if size else None,
                  set_choices.documents(name))  # fmt: skip
