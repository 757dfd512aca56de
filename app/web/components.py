"""What every part of the page uses: HTML components, the theme, and who is asking."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

HERE = Path(__file__).parent
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
"""Options of every handler: no spinner, and no public endpoint."""


def stylesheet() -> str:
    """The page's own style sheet."""
    return (HERE / "chat.css").read_text(encoding="utf-8")


def theme() -> Any:
    """Calm, with the system's own fonts: nothing is loaded from anywhere."""
    sans = ["system-ui", "-apple-system", "Segoe UI", "Noto Sans", "sans-serif"]
    return gr.themes.Base(
        primary_hue="teal", neutral_hue="stone", font=sans, font_mono=["ui-monospace", "monospace"],
        radius_size="md", spacing_size="md",
    )  # fmt: skip


def html(value: str = "", **options: Any) -> Any:
    """A component for our own escaped HTML, whose buttons send events."""
    script = (HERE / "chat.js").read_text(encoding="utf-8")
    return gr.HTML(
        value, js_on_load=script, apply_default_css=False, container=False, padding=False, **options
    )


def owner_of(request: gr.Request | None) -> str:
    """The signed-in user's name; "" where nobody signs in."""
    return (request.username or "") if request is not None else ""


def session_of(request: gr.Request) -> str:
    """This page's own id: two tabs are two sessions."""
    return request.session_hash or ""


def icon() -> Path:
    """The page's icon."""
    return HERE / "icon.svg"
