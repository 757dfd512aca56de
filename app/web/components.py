"""Shared by all parts of the page: HTML components, the theme, and the current user."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar, cast, get_origin, get_type_hints

import gradio as gr

F = TypeVar("F", bound=Callable[..., Any])
HERE = Path(__file__).parent
QUIET_EVENT: dict[str, Any] = {
    "show_progress": "hidden",
    "api_visibility": "private",
    "queue": False,
}
"""Options of every handler: no spinner, no public endpoint; the result is the response itself."""
STREAMED_EVENT = {**QUIET_EVENT, "queue": True}
"""Options of handlers that yield, or that take turns: their results come over the page's stream."""

REOPEN_S = 3.0
REDRAW_S = 0.08
REDRAW_RATE = 1_000_000
"""Characters of HTML a second that a page is sent while words arrive: all of it each time."""


class Stream:
    """Opens the page's stream again, every few seconds, while something is to come over it.

    Gradio's client closes its stream when no event is left, and loses the messages of one that is
    sent at that moment. Any later event opens the stream again, and the messages arrive.
    """

    def __init__(self) -> None:
        self._timer = gr.Timer(REOPEN_S, active=False)
        self._timer.tick(lambda: None, None, None, trigger_mode="multiple", **STREAMED_EVENT)

    def bind(self, listener: Any, handle: Any, inputs: Any, outputs: Any, **options: Any) -> Any:
        """Bind a streamed handler to ``listener``; the dependency that has ended when it has."""
        listener(lambda: gr.Timer(active=True), None, self._timer, **QUIET_EVENT)
        started = listener(handle, inputs, outputs, **{**STREAMED_EVENT, **options})
        return started.then(lambda: gr.Timer(active=False), None, self._timer, **QUIET_EVENT)


def redraw_s(shown: str) -> float:
    """How often, in seconds, a conversation that is so long is drawn again while words arrive."""
    return max(REDRAW_S, len(shown) / REDRAW_RATE)


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


def html_component(value: str = "", **options: Any) -> Any:
    """A component for our own escaped HTML, whose buttons send events."""
    script = (HERE / "chat.js").read_text(encoding="utf-8")
    return gr.HTML(
        value, js_on_load=script, apply_default_css=False, container=False, padding=False, **options
    )


def takes_uploads(component: Any) -> Any:
    """The component, with handlers given the paths of what was uploaded and nothing else: Gradio's
    own would leave an empty file behind for each.

    No handler may update it (``gr.update``, ``gr.skip``): Gradio would make another one for the
    page, with its own ``preprocess``. A value, ``None`` too, is no update.
    """
    component.preprocess = lambda files: [each.path for each in files.root] if files else []
    return component


def handler(function: F) -> F:
    """A handler that takes what Gradio may send: ``None`` from a component that has just appeared.

    ``None`` becomes "" if the parameter is a ``str``, and [] if it is a ``list``.
    """
    hints = get_type_hints(function)
    empty = [_empty_value(hints.get(name)) for name in inspect.signature(function).parameters]

    def filled(args: tuple[Any, ...]) -> Any:
        return (e() if a is None and e else a for a, e in zip(args, empty, strict=False))

    if inspect.isgeneratorfunction(function):

        @functools.wraps(function)
        def generate(*args: Any) -> Iterator[Any]:
            yield from function(*filled(args))

        return cast(F, generate)

    @functools.wraps(function)
    def call(*args: Any) -> Any:
        return function(*filled(args))

    return cast(F, call)


def _empty_value(hint: Any) -> type | None:
    kind = get_origin(hint) or hint
    return kind if kind in (str, list) else None


def owner_of(request: gr.Request | None) -> str:
    """The signed-in user's name; "" if nobody signs in."""
    return (request.username or "") if request is not None else ""


def session_of(request: gr.Request) -> str:
    """This page's own id: two tabs are two sessions."""
    return request.session_hash or ""


def icon() -> Path:
    """The page's icon."""
    return HERE / "icon.svg"
