"""What the chat models that run in this process share: one reply at a time, within a time limit."""

from __future__ import annotations

import os
import threading
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LangSmithParams
from langchain_core.language_models.chat_models import generate_from_stream
from langchain_core.messages import BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import Field, PrivateAttr

from app.models.base import ModelTimeout, time_limit
from app.models.worker_stream import Outlet, worker_stream

OPTIONS = ("max_tokens", "temperature", "logprobs", "top_logprobs")


class LocalChatModel(BaseChatModel):
    """One model, loaded at its first use (some seconds), one reply at a time.

    Replies are deterministic (temperature 0 unless given). ``logprobs`` and ``top_logprobs`` give
    log-probabilities in ``response_metadata``, in OpenAI's form. Safe between threads. Raises
    ``ModelMissing`` if the model cannot be loaded, ``ContextOverflow`` if the messages do not
    fit, and ``ModelTimeout`` after ``timeout_s`` seconds, waiting for others included.
    """

    model_path: Path
    threads: int | None = None
    """Threads that compute; never more than the cores. None takes all cores."""
    context: int = 4096
    """Tokens that prompt and reply may take together."""
    timeout_s: float = 120.0
    max_tokens: int = 512
    temperature: float = 0.0
    stop: list[str] | None = None
    logprobs: bool = False
    top_logprobs: int | None = Field(default=None, ge=0, le=50)

    _engine: Any = PrivateAttr(default=None)
    _loading: Any = PrivateAttr(default_factory=threading.Lock)
    _replying: Any = PrivateAttr(default_factory=threading.Lock)

    @abstractmethod
    def _load(self) -> Any:
        """The engine that runs the model. Raises ``ModelMissing``."""

    @abstractmethod
    def _reply(
        self,
        engine: Any,
        messages: list[BaseMessage],
        options: Mapping[str, Any],
        outlet: Outlet[ChatGenerationChunk],
    ) -> None:
        """Put the reply's chunks into the outlet; ends soon once that is closed.

        ``options`` holds what of ``OPTIONS`` is set, and ``stop``. Empty chunks while the prompt
        is read let the reader leave.
        """

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model_path": str(self.model_path), "context": self.context}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = super()._get_ls_params(stop=stop, **kwargs)
        params["ls_provider"] = "footnote"
        params["ls_model_name"] = kwargs.get("model") or self.model_path.stem
        return params

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return generate_from_stream(self._stream(messages, stop, run_manager, **kwargs))

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        options = {name: kwargs.get(name, getattr(self, name)) for name in OPTIONS}
        options = {name: value for name, value in options.items() if value is not None}
        options["stop"] = stop or self.stop or []
        engine = self._open()

        def reply(outlet: Outlet[ChatGenerationChunk]) -> None:
            with self._turn():
                if not outlet.closed:
                    self._reply(engine, messages, options, outlet)

        with time_limit(self.timeout_s):
            for chunk in worker_stream(reply, timeout_s=self.timeout_s):
                if run_manager and chunk.text:
                    run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                yield chunk

    def get_num_tokens(self, text: str) -> int:
        """Tokens of the text alone, without the chat's own marks."""
        return len(self.get_token_ids(text))

    def close(self) -> None:
        """Free the model once the reply being written is done; it loads again when it is asked."""
        with self._turn(), self._loading:
            self._engine = None

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One reply at a time: two at once would each take twice as long."""
        if not self._replying.acquire(timeout=self.timeout_s):
            raise ModelTimeout(
                f"The language model was busy with others for {self.timeout_s:g} seconds."
            )
        try:
            yield
        finally:
            self._replying.release()

    @property
    def thread_count(self) -> int:
        """How many threads compute."""
        return min(self.threads or _cores(), _cores())

    def _open(self) -> Any:
        with self._loading:
            if self._engine is None:
                self._engine = self._load()
            return self._engine


def overflow_message(tokens: int, context: int) -> str:
    """What to say of a prompt of so many tokens."""
    return (
        f"The question and its passages take {tokens} tokens, the language "
        f"model reads {context}: ask in fewer words, or raise context in the settings."
    )


def usage_of(prompt_tokens: int, reply_tokens: int) -> UsageMetadata:
    """LangChain's count of what a reply took."""
    return UsageMetadata(
        input_tokens=prompt_tokens,
        output_tokens=reply_tokens,
        total_tokens=prompt_tokens + reply_tokens,
    )


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
