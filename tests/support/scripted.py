"""A LangChain chat model that says what it is told to, for paths that a real one takes rarely."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from math import exp, log1p
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from app.models.base import ChatModel

PIECE = 7
"""Characters of a streamed piece."""


class ScriptedChat(BaseChatModel):
    """Replies in order, the last one again and again.

    ``yes`` is the log-odds of yes that it tells, None for a model that tells none. ``gate`` holds
    each reply until it is set. ``fails`` is raised at the end of a reply, ``endless`` never ends.
    ``judges_support`` is whether its yes counts for a sentence, too.
    """

    replies: list[str] = [""]
    yes: float | None = None
    fails: Any = None
    gate: Any = None
    judges_support: bool = False
    endless: Any = None
    heard: list[dict[str, Any]] = []
    top_logprobs: int | None = None

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        told = {} if self.yes is None else {"logprobs": {"content": [_first_token(self.yes)]}}
        reply = AIMessage(self.replies[0], response_metadata=told)
        return ChatResult(generations=[ChatGeneration(message=reply)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        asked = str(messages[-1].content)
        roles = [m.type for m in messages]
        self.heard.append({"stop": stop, "roles": roles, "asked": asked, **kwargs})
        if self.gate is not None:
            self.gate.wait(60)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        for at in range(0, len(reply), PIECE):
            yield _chunk(reply[at : at + PIECE])
        if self.fails is not None:
            raise self.fails
        try:
            while self.endless is not None and not self.endless.wait(0.05):
                yield _chunk("and so on ")
        finally:
            if self.endless is not None:
                self.endless.set()


def scripted(*replies: str, **options: Any) -> ChatModel:
    """A scripted model as Footnote asks it."""
    chat = ScriptedChat(replies=list(replies) or [""], heard=[], **options)
    return ChatModel(chat, "scripted")


def endless() -> tuple[ChatModel, threading.Event]:
    """A model that never ends, and the event that is set once it was stopped."""
    stopped = threading.Event()
    return scripted("", endless=stopped), stopped


def _chunk(text: str) -> ChatGenerationChunk:
    return ChatGenerationChunk(message=AIMessageChunk(content=text))


def _first_token(log_odds: float) -> dict[str, Any]:
    """OpenAI's form of the first token's alternatives, at these odds of yes against no."""
    told = [("Yes", -log1p(exp(-log_odds))), (" no", -log1p(exp(log_odds)))]
    return {"top_logprobs": [{"token": token, "logprob": logprob} for token, logprob in told]}
