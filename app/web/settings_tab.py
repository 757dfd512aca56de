"""The Settings tab: language model, strictness, links, looks, and what leaves this machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr
from markupsafe import Markup

from app.service.data_egress import kept_in
from app.service.engine import Engine
from app.service.model_choice import known_models
from app.web.components import QUIET_EVENT, Stream, handler, html_component, owner_of
from app.web.rendering import note, problem, render
from app.web.strictness_choices import MEASURED, strictness_choices
from ingest.errors import FootnoteError

REDRAWN_S = 2.0
QUOTES_NOW = "Answers are quoted: no language model is used"
REPLY_CHOICES = [
    ("Its own sentences, each checked against the source", "sentences"),
    ("Quoted: the model only judges whether they answer", "quotes"),
]
THEME_CHOICES = [("Like the system", "system"), ("Light", "light"), ("Dark", "dark")]
# Looks, and what opens by itself, are the browser's own business: kept there, never sent.
APPLY_THEME_SCRIPT = """(chosen) => {
  const looks = chosen || localStorage.getItem('footnote-looks') || 'system';
  if (chosen) localStorage.setItem('footnote-looks', chosen);
  const dark = looks === 'dark'
    || (looks === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
  const told = new URLSearchParams(location.search).has('__theme');
  if (chosen || !told) document.body.classList.toggle('dark', dark);
  return looks;
}"""
KEEP_OPENING_SCRIPT = """(chosen) => {
  localStorage.setItem('footnote-opens-source', chosen ? 'yes' : '');
  return chosen;
}"""
KEPT_OPENING_SCRIPT = "() => localStorage.getItem('footnote-opens-source') === 'yes'"


@dataclass(frozen=True, slots=True)
class Fields:
    """What is chosen in the tab."""

    model: Any
    address: Any
    key: Any
    strictness: Any
    replies: Any
    private: Any

    @property
    def all(self) -> list[Any]:
        """The components, in order."""
        return [
            self.model, self.address, self.key, self.strictness, self.replies, self.private
        ]  # fmt: skip


def _summary(engine: Engine, user: str) -> Markup:
    settings, status = engine.settings_of(user), engine.status
    return render(
        "settings_summary",
        leaves=engine.what_leaves_the_machine(user),
        now=QUOTES_NOW if settings.model == "none" else status.message,
        search=settings.embedder or "all-MiniLM-L6-v2, on this machine",
        shared=engine.access.shared,
        kept_in=kept_in(settings),
    )


def build(engine: Engine, blocks: Any, tab: Any, stream: Stream) -> None:
    """Fill the tab. The choices can be made once the page has the user's own: what came later than
    a choice would undo it."""
    with gr.Row(elem_classes="desk settings"):
        with gr.Column(elem_classes="sheet", min_width=300):
            fields = _fields(engine)
            with gr.Row(elem_classes="apply"):
                save = gr.Button("Apply", variant="primary", elem_id="use", interactive=False)
                test = gr.Button("Test the model", elem_id="test-model", visible=False)
            trouble = html_component(elem_id="settings-problem")
            looks = gr.Radio(THEME_CHOICES, value="system", label="Looks", elem_id="looks")
            opening = gr.Checkbox(label="Open the source of each new answer", elem_id="opening")
        with gr.Column(elem_classes="aside", min_width=300):
            summary = html_component(elem_id="facts")

    def arrive(request: gr.Request) -> tuple[Any, ...]:
        chosen = engine.settings_of(owner_of(request))
        values = (
            chosen.model, chosen.base_url or "", "", chosen.strictness, chosen.replies,
            chosen.allow_private_links,
        )  # fmt: skip
        return *(gr.update(value=v, interactive=True) for v in values), gr.update(interactive=True)

    def now(request: gr.Request) -> str:
        return _summary(engine, owner_of(request))

    @handler
    def fit_to_model(model: str) -> tuple[Any, ...]:
        return _shown_for(engine, model.strip())

    save.click(_changer(engine), fields.all, [trouble, summary], **QUIET_EVENT)
    tried = [fields.model, fields.address, fields.key]
    stream.bind(test.click, _trial(engine), tried, trouble, concurrency_limit=1)
    blocks.load(arrive, None, [*fields.all, save], **QUIET_EVENT)
    for_model = [fields.address, fields.key, fields.replies, test, fields.strictness]
    fields.model.change(fit_to_model, fields.model, for_model, **QUIET_EVENT)
    blocks.load(None, None, looks, js=f"() => ({APPLY_THEME_SCRIPT})('')")
    looks.input(None, looks, looks, js=APPLY_THEME_SCRIPT)
    blocks.load(None, None, opening, js=KEPT_OPENING_SCRIPT)
    opening.input(None, opening, opening, js=KEEP_OPENING_SCRIPT)
    tab.select(now, None, summary, **QUIET_EVENT)
    gr.Timer(REDRAWN_S).tick(now, None, summary, **QUIET_EVENT)


def _changer(engine: Engine) -> Any:
    @handler
    def change(
        model: str,
        address: str,
        key: str,
        strictness: str,
        replies: str,
        private: bool,
        request: gr.Request,
    ) -> tuple[str, str]:
        user = owner_of(request)
        choices: dict[str, Any] = {
            "model": model.strip(), "strictness": strictness, "replies": replies,
        }  # fmt: skip
        if not engine.access.shared:
            choices |= {"base_url": address.strip() or None, "allow_private_links": bool(private)}
        try:
            engine.change(user=user, key="" if engine.access.shared else key, **choices)
        except FootnoteError as error:
            return problem(error), _summary(engine, user)
        whose = "to your own questions" if engine.access.shared else "until Footnote stops"
        return note(f"Applied {whose}."), _summary(engine, user)

    return change


def _trial(engine: Engine) -> Any:
    @handler
    def trial(model: str, address: str, key: str) -> Iterator[str]:
        if engine.access.shared:
            return
        yield note(f"Asking {model} for one word…")
        try:
            outcome = engine.try_model(
                model=model.strip(), base_url=address.strip() or None, key=key
            )
        except FootnoteError as error:
            yield problem(error)
            return
        yield note(outcome)

    return trial


def _shown_for(engine: Engine, model: str) -> tuple[Any, ...]:
    """What a model needs is shown: address and key of a provider, how it replies, its test; and
    what each strictness means with it."""
    ours, asked = not engine.access.shared, model not in ("", "none")
    needs_address = gr.update(visible=ours and ":" in model)
    choices = strictness_choices(engine.settings, model or "none")
    return (
        needs_address, needs_address, gr.update(visible=asked), gr.update(visible=ours and asked),
        gr.update(choices=choices),
    )  # fmt: skip


def _fields(engine: Engine) -> Fields:
    """If people share a server its owner decides which models there are, where, and links."""
    ours, settings = not engine.access.shared, engine.settings
    needs_address = ours and ":" in settings.model
    model: Any
    if engine.access.shared:
        model = gr.Radio(
            engine.offered_models(), value=settings.model, label="Model", interactive=False
        )
    else:
        model = gr.Dropdown(
            known_models(settings.model), value=settings.model, label="Model", interactive=False,
            allow_custom_value=True, elem_id="model",
            info="Choose one, or type PROVIDER:MODEL as your provider calls it",
        )  # fmt: skip
    address = gr.Textbox(
        settings.base_url or "", label="Address", max_lines=1, interactive=False,
        visible=needs_address, info="Only for a server of your own, such as http://127.0.0.1:1234/v1",
    )  # fmt: skip
    key = gr.Textbox(
        "", label="Key", type="password", max_lines=1, interactive=False, visible=needs_address,
        info="Kept until Footnote stops, written nowhere; or set PROVIDER_API_KEY before starting",
    )  # fmt: skip
    strictness = gr.Radio(
        strictness_choices(settings, settings.model), value=settings.strictness, info=MEASURED,
        label="How sure an answer must be", elem_id="strictness", interactive=False,
    )  # fmt: skip
    replies = gr.Radio(
        REPLY_CHOICES, value=settings.replies, label="With a language model, answers are",
        elem_id="replies", interactive=False, visible=settings.model != "none",
    )  # fmt: skip
    private = gr.Checkbox(
        settings.allow_private_links, label="Links may lead into private networks",
        interactive=False, visible=ours,
    )  # fmt: skip
    return Fields(model, address, key, strictness, replies, private)
