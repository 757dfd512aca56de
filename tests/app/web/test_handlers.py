"""Every handler of the page, given what Gradio sends at bad moments: nothing, or a stale choice."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any, get_origin, get_type_hints

import gradio as gr
import pytest

from app.service.conversations.conversations import Conversations
from app.service.engine import Engine
from app.settings import Settings
from app.web import page
from app.web.components import handler
from app.web.toasts import KnownState
from evals.page import build as evaluate
from ingest.document import Document
from store.library import Library

STALE = "0123456789abcdef"


@pytest.fixture
def bound(library: Library, sample: Document) -> list[Any]:
    """Every handler of the page, as Gradio has bound it."""
    library.add(sample)
    engine = Engine(Settings(data=library.folder, model="none"), library)
    blocks = page.build(engine, Conversations(library.folder), [("Evaluate", evaluate)])
    return [one for one in blocks.fns.values() if callable(one.fn)]


@pytest.fixture
def handlers(bound: list[Any]) -> list[tuple[str, Callable[..., Any]]]:
    """Name and function of every handler of the page."""
    return [(f"{one.name} {number}", one.fn) for number, one in enumerate(bound)]


def test_the_list_of_documents_is_drawn_in_the_order_of_the_clicks(bound: list[Any]) -> None:
    """Else a list that was asked for earlier takes "Remove?" away again."""
    shown = next(one for one in bound if one.name == "show_list").outputs[0]._id
    drawing = [one for one in bound if shown in {output._id for output in one.outputs}]
    assert {one.name for one in drawing} == {"act", "show_list"}
    assert len(drawing) == 3  # a button, the tab, and what has changed
    assert {(one.concurrency_id, one.concurrency_limit) for one in drawing} == {("documents", 1)}


def test_a_question_is_invited_only_after_the_last_handler_has_ended(bound: list[Any]) -> None:
    """Gradio drops what would start a handler again before it has ended: a question was lost."""
    asking = [one for one in bound if one.name in {"ask", "ask_clicked", "again"}]
    finishing = [one for one in bound if one.name == "finish"]
    assert len(asking) == len(finishing) == 4
    after = {one._id: one.trigger_after for one in bound}
    assert {one._id for one in asking} == {after[one.trigger_after] for one in finishing}
    request = gr.Request(username=None, session_hash="tab", query_params={})
    for update in asking[0].fn("Who led the survey?", "", [], request):
        shown = update[2]
        assert not (isinstance(shown, dict) and shown.get("submit_btn")), shown
    shown, *_ = finishing[0].fn("", request)
    assert shown["submit_btn"] == "Ask"


def test_only_what_must_comes_over_the_stream(bound: list[Any]) -> None:
    """Gradio's client closes the stream when no event is left, and what comes just then is lost: a
    first "Stop" or a whole answer. A handler that returns once answers its own request."""
    streamed = {one.name: one for one in bound if one.queue and one.name != "forget"}
    reopening = streamed.pop("<lambda>")
    asking = {"ask", "ask_clicked", "again"}
    adding = {"drop", "paste", "add", "sample", "fetch"}
    assert set(streamed) == asking | adding | {"act", "show_list", "narrow", "trial"}
    assert reopening.targets[0][1] == "tick"
    switches = [one for one in bound if [type(o).__name__ for o in one.outputs] == ["Timer"]]
    for one in streamed.values():
        mine = [s for s in switches if s.targets == one.targets or s.trigger_after == one._id]
        assert [s.fn().active for s in mine] == [True, False], one.name


def test_arriving_on_the_evaluate_page_ends_no_polling(bound: list[Any]) -> None:
    """Its reply may come after that of a run's start: the run would end and never be shown."""
    arriving = next(
        one
        for one in bound
        if one.name == "arrive" and any(type(o).__name__ == "Timer" for o in one.outputs)
    )
    at = [type(output).__name__ for output in arriving.outputs].index("Timer")
    request = gr.Request(username=None, session_hash="tab", query_params={})
    polling = arriving.fn(None, None, None, request)[at]
    assert polling == gr.skip()


def test_settings_cannot_be_chosen_before_the_page_has_the_users_own(bound: list[Any]) -> None:
    """Else the user's own, which come when the page has loaded, undo what was just chosen."""
    save = next(one for one in bound if one.name == "change")
    chosen = [*save.inputs, save.targets[0][0]]
    blocks = {block._id: block for one in bound for block in (*one.inputs, *one.outputs)}
    fields = [blocks[item if isinstance(item, int) else item._id] for item in chosen]
    assert len(fields) == 7
    assert [field.interactive for field in fields] == [False] * len(fields)
    loaded = next(
        one
        for one in bound
        if one.name == "arrive"
        and {field._id for field in one.outputs} == {field._id for field in fields}
    )
    updates = loaded.fn(gr.Request(username=None, session_hash="tab", query_params={}))
    assert all(update["interactive"] for update in updates)
    others = [one for one in bound if one is not loaded and one.name in {"now", "change"}]
    assert not any({f._id for f in one.outputs} & {f._id for f in fields} for one in others)
    fitting = next(one for one in bound if one.name == "fit_to_model")
    for model in ("none", "local", "openai:m"):
        assert not any("value" in update for update in fitting.fn(model))


def call(function: Callable[..., Any], text: Any, chosen: Any) -> None:
    """Call as Gradio does: inputs, then the request and the event where they are asked for."""
    request = gr.Request(username=None, session_hash="tab", query_params={})
    event = gr.EventData(None, {})
    given: dict[Any, Any] = {gr.Request: request, gr.EventData: event, KnownState: KnownState()}
    hints = get_type_hints(function)
    values = []
    for name in inspect.signature(function).parameters:
        hint = hints.get(name)
        many = get_origin(hint) is list
        number = hint == float | None
        values.append(given.get(hint, chosen if many else None if number else text))
    made = function(*values)
    if isinstance(made, Iterator):
        list(made)


@pytest.mark.parametrize(
    ("text", "chosen"), [(None, None), ("", []), (STALE, [STALE])], ids=["none", "empty", "stale"]
)
def test_no_handler_dies_of_what_it_is_sent(
    handlers: list[tuple[str, Callable[..., Any]]], text: Any, chosen: Any
) -> None:
    assert len(handlers) > 25
    for name, function in handlers:
        try:
            call(function, text, chosen)
        except Exception as error:
            pytest.fail(f"{name}: {error!r}")


def test_none_becomes_the_empty_value_of_its_type() -> None:
    @handler
    def plain(text: str, chosen: list[str], number: float | None) -> tuple[Any, ...]:
        return text, chosen, number

    @handler
    def generating(text: str) -> Iterator[str]:
        yield text

    assert plain(None, None, None) == ("", [], None)  # type: ignore[arg-type]
    assert plain("x", ["y"], 1.0) == ("x", ["y"], 1.0)
    assert list(generating(None)) == [""]  # type: ignore[arg-type]
    assert inspect.isgeneratorfunction(generating)
