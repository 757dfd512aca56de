"""The settings tab: which model answers, how strictly, and what leaves this machine."""

from __future__ import annotations

from typing import Any

import gradio as gr

from app.web.engine import Engine
from app.web.escape import markup
from ingest.records import FootnoteError

STRICTNESS = [
    ("Strict: refuse unless the documents clearly answer", "strict"),
    ("Balanced", "balanced"),
    ("Eager: answer where there is any ground", "eager"),
]


def _summary(engine: Engine, trouble: str = "") -> str:
    settings, status = engine.settings, engine.status
    error = f'<p class="problem" role="alert">{markup(trouble)}</p>' if trouble else ""
    return (
        f'{error}<dl class="facts"><dt>What leaves this machine</dt><dd>{markup(engine.leaves())}'
        f"</dd><dt>Now</dt><dd>{markup(status.message)}</dd>"
        f"<dt>Documents and answers are kept in</dt><dd><code>{markup(str(settings.data))}</code>"
        f"</dd></dl>"
    )


def build(engine: Engine, tab: Any) -> None:
    """Fill the tab."""
    from app.web.page import QUIET, html

    with gr.Column(elem_classes="sheet"):
        summary = html(elem_id="facts")
        model = gr.Textbox(
            engine.settings.model, label="Model", max_lines=1,
            info="none (quotes only), local, auto, or PROVIDER:MODEL such as ollama:llama3.2",
        )  # fmt: skip
        strictness = gr.Radio(STRICTNESS, value=engine.settings.strictness, label="Strictness")
        save = gr.Button("Use these until Footnote stops", variant="primary")

    def change(model: str, strictness: str) -> str:
        try:
            engine.change(model=model.strip(), strictness=strictness)
        except FootnoteError as error:
            return _summary(engine, str(error))
        return _summary(engine)

    save.click(change, [model, strictness], summary, **QUIET)
    tab.select(lambda: _summary(engine), None, summary, **QUIET)
