"""The chat API of OpenAI, as far as clients need it to use Footnote as a model: ``/v1``.

The reply is the verified answer with its footnotes below it; ``footnote`` in the response is what
``footnote ask --json`` prints. A stream gives whole, verified sentences; while a language model
writes, what was found stands in ``reasoning_content``, which clients show above a reply.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.responses import Response, StreamingResponse

from app.answer import Answer, Event, EvidenceFound, Finished, Turn
from app.formats.answer_text import quote_and_place, with_footnotes
from app.formats.inline_markdown import without_html
from app.formats.json_forms import answer_payload
from app.http.schemas import Given
from ingest.errors import FootnoteError

if TYPE_CHECKING:
    from app.service.engine import Engine

log = logging.getLogger(__name__)
PREFIX = "/v1"
MODEL_NAME = "footnote"


class ConversationError(FootnoteError):
    """The messages hold no question."""

    exit_code = 2


class Message(Given):
    """One message; ``content`` is text, or parts of which the text ones count."""

    role: str
    content: str | list[dict[str, Any]] | None = None

    @property
    def text(self) -> str:
        """What was written."""
        if isinstance(self.content, list):
            return " ".join(str(part.get("text", "")) for part in self.content)
        return self.content or ""


class ChatRequest(Given):
    """A conversation whose last message is the question. ``documents`` (names or ids) are those to
    ask, ``collection`` the one to ask; other options of OpenAI's API have no effect."""

    messages: list[Message]
    model: str = MODEL_NAME
    stream: bool = False
    documents: list[str] | None = None
    collection: str | None = None


def install(app: FastAPI, engine: Engine) -> None:
    """Add the routes to ``app``."""

    @app.get(f"{PREFIX}/models", tags=["openai"])
    def models() -> dict[str, Any]:
        """The one model there is."""
        one = {"id": MODEL_NAME, "object": "model", "created": 0, "owned_by": MODEL_NAME}
        return {"object": "list", "data": [one]}

    @app.post(f"{PREFIX}/chat/completions", tags=["openai"], response_model=None)
    def complete(body: ChatRequest, request: Request) -> dict[str, Any] | Response:
        """The verified answer as a chat completion, whole or streamed."""
        question, history = read_conversation(body.messages)
        if not body.stream:
            return completion(_answered(_events(engine, body, question, history, request)))
        from app.answering.pipeline import check_question

        check_question(question)
        events = partial(_events, engine, body, question, history, request)
        writes = engine.answerer.model is not None
        return StreamingResponse(
            chunks(events, writes=writes),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store"},
        )


def read_conversation(messages: Sequence[Message]) -> tuple[str, list[Turn]]:
    """The question and the exchanges before it; system messages are passed over.

    Raises ConversationError if the last message is not a user's.
    """
    spoken_turns = [m for m in messages if m.role in ("user", "assistant")]
    if not spoken_turns or spoken_turns[-1].role != "user":
        raise ConversationError("The last message must be a user's: it is the question.")
    history = [
        Turn(question.text, answered.text.partition("\n\n")[0])
        for question, answered in pairwise(spoken_turns)
        if (question.role, answered.role) == ("user", "assistant")
    ]
    return spoken_turns[-1].text, history


def _events(
    engine: Engine, body: ChatRequest, question: str, history: Sequence[Turn], request: Request
) -> Iterator[Event]:
    user, collection = request.state.user, body.collection
    return engine.stream(question, body.documents, history, user, collection=collection)


def _answered(events: Iterator[Event]) -> Answer:
    for event in events:
        if isinstance(event, Finished):
            return event.answer
    raise AssertionError("a stream ends with Finished")


def problem(error: FootnoteError) -> dict[str, Any]:
    """An error in OpenAI's form."""
    return error_body(str(error), server=error.exit_code != 2)


def error_body(message: str, *, server: bool) -> dict[str, Any]:
    """A message in OpenAI's form, as the server's fault or the request's."""
    kind = "server_error" if server else "invalid_request_error"
    return {"error": {"message": message, "type": kind, "param": None, "code": None}}


def content(answer: Answer) -> str:
    """What a client shows: the answer with its footnotes, or a refusal with what comes closest."""
    if not answer.refused:
        return without_html(with_footnotes(answer, " [{}]", "[{}] "))
    closest = [f"- {quote_and_place(c.citation)}" for c in answer.closest]
    lines = [answer.reason, *(["", "The closest passages:", *closest] if closest else [])]
    return without_html("\n".join(lines))


def completion(answer: Answer) -> dict[str, Any]:
    """A chat completion in OpenAI's form."""
    message = {"role": "assistant", "content": content(answer)}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    usage = dict.fromkeys(("prompt_tokens", "completion_tokens", "total_tokens"), 0)
    return {
        **_head(answer.id, "chat.completion"),
        "choices": [choice],
        "usage": usage,
        "footnote": answer_payload(answer),
    }


def chunks(events: Callable[[], Iterator[Event]], *, writes: bool) -> Iterator[str]:
    """The answer as server-sent events: whole lines, since only what is verified is sent.

    If a language model ``writes``, what was found comes first, as ``reasoning_content``.
    """
    opening = _head("", "chat.completion.chunk")
    yield _chunk(opening, {"role": "assistant", "content": ""})
    try:
        asked = events()
        first = next(asked)
        if writes and isinstance(first, EvidenceFound) and first.citations:
            found = "\n".join(f"- {quote_and_place(c)}" for c in first.citations)
            yield _chunk(opening, {"reasoning_content": f"Found so far:\n{without_html(found)}\n"})
        answer = _answered(chain([first], asked))
    except FootnoteError as error:
        yield f"data: {json.dumps(problem(error), ensure_ascii=False)}\n\n"
        return
    except Exception:  # else the stream would just end
        log.exception("a streamed completion failed")
        failed = error_body("Footnote failed; its log says why.", server=True)
        yield f"data: {json.dumps(failed)}\n\n"
        return
    for line in content(answer).splitlines(keepends=True):
        yield _chunk(opening, {"content": line})
    yield _chunk({**opening, "footnote": answer_payload(answer)}, {}, "stop")
    yield "data: [DONE]\n\n"


def _head(identity: str, kind: str) -> dict[str, Any]:
    created = int(time.time())
    return {
        "id": f"chatcmpl-{identity or created}",
        "object": kind,
        "created": created,
        "model": MODEL_NAME,
    }


def _chunk(head: dict[str, Any], delta: dict[str, str], ended: str | None = None) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": ended}
    return f"data: {json.dumps({**head, 'choices': [choice]}, ensure_ascii=False)}\n\n"
