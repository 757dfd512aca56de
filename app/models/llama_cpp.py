"""A GGUF model as a LangChain chat model, run in this process by llama.cpp (``xllamacpp``).

The engine also listens on a loopback port, with a key that only this process knows: that is where
its tokenizer answers. Nothing else does.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LangSmithParams
from langchain_core.language_models.chat_models import generate_from_stream
from langchain_core.messages import AIMessageChunk, BaseMessage, convert_to_openai_messages
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import Field, PrivateAttr

from app.models.base import ContextOverflow, ModelError, ModelMissing, ModelTimeout
from app.models.worker_stream import Outlet, worker_stream

PROMPT_BATCH = 128
"""Prompt tokens between two chances to stop: a few seconds' work on a slow machine."""


class ChatLlamaCpp(BaseChatModel):
    """One model file, loaded at its first use (some seconds), one reply at a time.

    Replies are deterministic (temperature 0 unless given). ``logprobs`` and ``top_logprobs`` give
    log-probabilities in ``response_metadata``, in OpenAI's form. Safe between threads. Raises
    ``ModelMissing`` if the file cannot be loaded, ``ContextOverflow`` if the messages do not
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
    _key: str = PrivateAttr(default_factory=lambda: secrets.token_hex(16))
    _loading: Any = PrivateAttr(default_factory=threading.Lock)
    _replying: Any = PrivateAttr(default_factory=threading.Lock)

    @property
    def _llm_type(self) -> str:
        return "footnote-llama-cpp"

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
        request = self._request(messages, stop, kwargs)
        engine = self._open()

        def reply(outlet: Outlet[Mapping[str, Any]]) -> None:
            with self._turn():
                if not outlet.closed:
                    _converse(engine, request, outlet)

        try:
            for event in worker_stream(reply, timeout_s=self.timeout_s):
                chunk = _chunk(event, self.model_path.stem)
                if run_manager and chunk.text:
                    run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                yield chunk
        except TimeoutError as error:
            raise ModelTimeout(
                f"The language model took longer than {self.timeout_s:g} seconds: allow more with "
                "timeout_s in the settings, or use a smaller model."
            ) from error

    def get_num_tokens(self, text: str) -> int:
        """Tokens of the text alone, without the chat's own marks."""
        return len(self.get_token_ids(text))

    def get_token_ids(self, text: str) -> list[int]:
        """The ids of the text's tokens, as the model's own tokenizer gives them."""
        address = self._open().listening_address.removeprefix("http://")
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._key}"}
        connection = http.client.HTTPConnection(address, timeout=self.timeout_s)
        try:
            connection.request("POST", "/tokenize", json.dumps({"content": text}), headers)
            ids: list[int] = json.load(connection.getresponse())["tokens"]
            return ids
        except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
            raise ModelError(f"The local language model did not count: {error}.") from error
        finally:
            connection.close()

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

    def _request(
        self, messages: list[BaseMessage], stop: list[str] | None, given: Mapping[str, Any]
    ) -> dict[str, Any]:
        options = {
            name: given.get(name, getattr(self, name))
            for name in ("max_tokens", "temperature", "logprobs", "top_logprobs")
        }
        return {
            "messages": convert_to_openai_messages(messages),
            "stop": stop or self.stop or [],
            "seed": 0,
            "cache_prompt": True,
            "stream": True,
            "stream_options": {"include_usage": True},
            "return_progress": True,
            **{name: value for name, value in options.items() if value is not None},
        }

    def _open(self) -> Any:
        with self._loading:
            if self._engine is None:
                self._engine = self._load()
            return self._engine

    def _load(self) -> Any:
        library = _library()
        params = library.CommonParams()
        params.model.path = str(self.model_path)
        params.n_parallel = 2  # one for verdicts, one for replies: each keeps its prompt's cache
        params.n_ctx = 2 * self.context
        params.n_batch = params.n_ubatch = PROMPT_BATCH
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = self.thread_count
        params.cache_ram_mib = 0
        params.ui = params.endpoint_slots = False
        params.api_keys = [self._key]
        params.verbosity = -1
        try:
            return library.Server(params)
        except RuntimeError as error:
            raise ModelMissing(
                f"{self.model_path} cannot be loaded: it is not a GGUF model, or there is not "
                "enough memory. Run footnote pull to get the usual one again."
            ) from error


def _library() -> Any:
    """llama.cpp's binding."""
    try:
        import xllamacpp
    except ImportError:
        import torch  # noqa: F401  # brings the OpenMP library if the system has none
        import xllamacpp
    return xllamacpp


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _converse(engine: Any, request: Mapping[str, Any], outlet: Outlet[Mapping[str, Any]]) -> None:
    """Hand each event of the reply on; stops the engine once nobody listens."""
    failures: list[Mapping[str, Any]] = []

    def hear(event: Mapping[str, Any]) -> bool:
        if "error" in event:
            failures.append(event["error"])
            return True
        outlet.put(event)
        return outlet.closed

    engine.handle_chat_completions(request, hear)
    if failures:
        raise _failure(failures[0])


def _chunk(event: Mapping[str, Any], model: str) -> ChatGenerationChunk:
    """One event of llama.cpp, in OpenAI's form, as LangChain's chunk; "" while it reads."""
    choice: Mapping[str, Any] = next(iter(event.get("choices") or ()), {})
    options: dict[str, Any] = {}
    if choice.get("logprobs"):
        options["logprobs"] = choice["logprobs"]
    if choice.get("finish_reason"):
        options.update(finish_reason=choice["finish_reason"], model_name=model)
    message = AIMessageChunk(
        content=(choice.get("delta") or {}).get("content") or "",
        response_metadata=options,
        usage_metadata=_usage(event.get("usage")),
    )
    return ChatGenerationChunk(message=message)


def _usage(counts: Mapping[str, int] | None) -> UsageMetadata | None:
    if not counts:
        return None
    return UsageMetadata(
        input_tokens=counts["prompt_tokens"],
        output_tokens=counts["completion_tokens"],
        total_tokens=counts["total_tokens"],
    )


def _failure(error: Mapping[str, Any]) -> ModelError:
    if error.get("type") == "exceed_context_size_error":
        return ContextOverflow(
            f"The question and its passages take {error['n_prompt_tokens']} tokens, the language "
            f"model reads {error['n_ctx']}: ask in fewer words, or raise context in the settings."
        )
    return ModelError(f"The local language model failed: {error.get('message', error)}.")
