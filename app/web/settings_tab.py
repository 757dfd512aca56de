"""The Settings tab: language model, strictness, and what leaves this machine."""

from __future__ import annotations

from typing import Any

import gradio as gr

from app.html_escape import markup
from app.service.engine import Engine
from app.web.components import QUIET, handler, html, owner_of
from ingest.document import FootnoteError

REDRAWN_S = 2.0
QUOTES_NOW = "Answers are quotes: no language model is used"
STRICTNESS = [
    ("Strict: refuse unless the documents clearly answer", "strict"),
    ("Balanced", "balanced"),
    ("Eager: answer where there is any ground", "eager"),
]


def _summary(engine: Engine, user: str) -> str:
    settings, status = engine.settings_of(user), engine.status
    now = QUOTES_NOW if settings.model == "none" else status.message
    return (
        f'<dl class="facts"><dt>What leaves this machine</dt>'
        f"<dd>{markup(engine.what_leaves_the_machine(user))}</dd><dt>Now</dt><dd>{markup(now)}</dd>"
        f"<dt>Documents and answers are kept in</dt><dd><code>{markup(str(settings.data))}</code>"
        f"</dd></dl>"
    )


def build(engine: Engine, blocks: Any, tab: Any) -> None:
    """Fill the tab. The choices can be made once the page has the user's own: what came later than
    a choice would undo it."""
    with gr.Column(elem_classes="sheet"):
        trouble = html(elem_id="settings-problem")
        summary = html(elem_id="facts")
        model = _model(engine)
        strictness = gr.Radio(
            STRICTNESS, value=engine.settings.strictness, label="Strictness",
            elem_id="strictness", interactive=False,
        )  # fmt: skip
        until = "for your own questions" if engine.shared else "until Footnote stops"
        save = gr.Button(f"Use these {until}", variant="primary", elem_id="use", interactive=False)

    @handler
    def change(model: str, strictness: str, request: gr.Request) -> tuple[str, str]:
        user = owner_of(request)
        try:
            engine.change(model=model.strip(), strictness=strictness, user=user)
        except FootnoteError as error:
            told = f'<p class="problem" role="alert">{markup(str(error))}</p>'
            return told, _summary(engine, user)
        return "", _summary(engine, user)

    def arrive(request: gr.Request) -> tuple[Any, ...]:
        chosen = engine.settings_of(owner_of(request))
        values = (chosen.model, chosen.strictness)
        return *(gr.update(value=v, interactive=True) for v in values), gr.update(interactive=True)

    def now(request: gr.Request) -> str:
        return _summary(engine, owner_of(request))

    save.click(change, [model, strictness], [trouble, summary], **QUIET)
    blocks.load(arrive, None, [model, strictness, save], **QUIET)
    tab.select(now, None, summary, **QUIET)
    gr.Timer(REDRAWN_S).tick(now, None, summary, **QUIET)


def _model(engine: Engine) -> Any:
    """Where people share a server its owner decides which models there are to choose from."""
    if engine.shared:
        return gr.Radio(
            engine.offered_models(), value=engine.settings.model, label="Model", interactive=False
        )
    return gr.Textbox(
        engine.settings.model, label="Model", max_lines=1, interactive=False,
        info="none (quotes only), local, auto, or PROVIDER:MODEL such as ollama:llama3.2",
    )  # fmt: skip
