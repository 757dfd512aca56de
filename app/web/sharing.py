"""If people sign in: which collection is added to, and who may read and change one's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import gradio as gr
from markupsafe import Markup

from app.formats.html_escape import clip, show_controls
from app.service.access.document_choice import display_folder
from app.service.access.permissions import EVERYONE, Role
from app.service.engine import Engine
from app.web.components import QUIET_EVENT, handler, html_component, owner_of
from app.web.rendering import problem, render
from ingest.errors import FootnoteError
from store.catalogue.collections import own_collection

RIGHT_CHOICES = [("May read", "reader"), ("May also change", "editor"), ("No longer", "")]
EVERYBODY = "everybody"


def build_target(engine: Engine) -> Any:
    """The choice of the collection that is added to; not shown if nobody signs in."""
    return gr.Dropdown(
        [], label="Add to", visible=engine.access.shared, filterable=False, elem_id="add-to"
    )


def build(engine: Engine, tab: Any, target: Any, turn: Callable[[], str], redraw: Any) -> None:
    """The form that shares a collection, below the list of documents; a new ``turn()`` in
    ``redraw`` draws that list again."""
    if not engine.access.shared:
        return
    with gr.Accordion("Share", open=False, elem_id="share"):
        collection = gr.Dropdown([], label="Collection", filterable=False, elem_id="share-what")
        members = html_component(elem_id="members")
        name = gr.Textbox(
            label="With", placeholder=f"A user's name, or {EVERYBODY}", elem_id="share-with"
        )
        right = gr.Radio(RIGHT_CHOICES, value="reader", label="They", elem_id="share-right")
        share = gr.Button("Apply", size="sm", variant="secondary")

    def offer(chosen: str | None, other: str | None, request: gr.Request) -> tuple[Any, ...]:
        user = owner_of(request)
        offered = choices(engine, user)
        values = [value for _, value in offered]
        selected = [each if each in values else own_collection(user) for each in (chosen, other)]
        updates = [gr.update(choices=offered, value=each) for each in selected]
        return *updates, render_members(engine, user, selected[1])

    @handler
    def show(collection: str, request: gr.Request) -> str:
        return render_members(engine, owner_of(request), collection)

    @handler
    def apply(
        collection: str, who: str, role: Role | Literal[""], request: gr.Request
    ) -> tuple[Any, ...]:
        user = owner_of(request)
        called = EVERYONE if who.strip().casefold() == EVERYBODY else who.strip()
        try:
            engine.access.share(user, collection, called, role or None)
        except FootnoteError as error:
            return render_members(engine, user, collection) + problem(error), gr.skip(), gr.skip()
        return render_members(engine, user, collection), "", turn()

    @handler
    def unshare(collection: str, request: gr.Request, event: gr.EventData) -> tuple[Any, ...]:
        return apply(collection, str(event._data.get("name", "")), "", request)

    members.unshare(unshare, collection, [members, name, redraw], **QUIET_EVENT)
    tab.select(offer, [target, collection], [target, collection, members], **QUIET_EVENT)
    collection.input(show, collection, members, **QUIET_EVENT)
    arguments = [collection, name, right]
    gr.on([share.click, name.submit], apply, arguments, [members, name, redraw], **QUIET_EVENT)


def choices(engine: Engine, user: str) -> list[tuple[str, str]]:
    """The collections that a user may change, their own first: what they see, and the name."""
    names = [own_collection(user), *sorted(engine.access.editable(user) - {own_collection(user)})]
    return [(show_controls(clip(display_folder(name, user), 60)), name) for name in names]


def render_members(engine: Engine, user: str, collection: str) -> Markup:
    """Who reads a collection and who changes it, as HTML."""
    if collection not in engine.access.editable(user) | {own_collection(user)}:
        return Markup()
    members = engine.access.permissions.members(collection)
    return render("members", members=members, everyone=EVERYONE, everybody=EVERYBODY)
