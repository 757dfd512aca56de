"""A GGUF model as a LangChain chat model, run in this process by llama.cpp (``xllamacpp``).

The engine also listens on a loopback port, with a key that only this process knows: that is where
its tokenizer answers. Nothing else does.
"""

from __future__ import annotations

import http.client
import json
import secrets
from collections.abc import Mapping
from typing import Any

from langchain_core.messages import AIMessageChunk, BaseMessage, convert_to_openai_messages
from langchain_core.outputs import ChatGenerationChunk
from pydantic import PrivateAttr

from app.models.base import ContextOverflow, ModelError, ModelMissing
from app.models.local_chat import LocalChatModel, overflow_message, usage_of
from app.models.worker_stream import Outlet

PROMPT_BATCH = 128
"""Prompt tokens between two chances to stop: a few seconds' work on a slow machine."""


class ChatLlamaCpp(LocalChatModel):
    """One GGUF file, whatever its family; needs the extra ``llama-cpp``."""

    _key: str = PrivateAttr(default_factory=lambda: secrets.token_hex(16))

    @property
    def _llm_type(self) -> str:
        return "footnote-llama-cpp"

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

    def _reply(
        self,
        engine: Any,
        messages: list[BaseMessage],
        options: Mapping[str, Any],
        outlet: Outlet[ChatGenerationChunk],
    ) -> None:
        request = {
            "messages": convert_to_openai_messages(messages),
            "seed": 0,
            "cache_prompt": True,
            "stream": True,
            "stream_options": {"include_usage": True},
            "return_progress": True,
            **options,
        }
        failures: list[Mapping[str, Any]] = []

        def hear(event: Mapping[str, Any]) -> bool:
            if "error" in event:
                failures.append(event["error"])
                return True
            outlet.put(_chunk(event, self.model_path.stem))
            return outlet.closed  # stops the engine once nobody listens

        engine.handle_chat_completions(request, hear)
        if failures:
            raise _failure(failures[0])

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
                "enough memory. Without the setting gguf the usual model is used."
            ) from error


def _library() -> Any:
    """llama.cpp's binding. Raises ``ModelMissing`` if it is not installed."""
    try:
        import xllamacpp
    except ImportError:
        try:
            import torch  # noqa: F401  # brings the OpenMP library if the system has none
            import xllamacpp
        except ImportError as error:
            raise ModelMissing(
                "GGUF files are run by llama.cpp, which is not installed: "
                "pip install 'footnote[llama-cpp]'."
            ) from error
    return xllamacpp


def _chunk(event: Mapping[str, Any], model: str) -> ChatGenerationChunk:
    """One event of llama.cpp, in OpenAI's form, as LangChain's chunk; "" while it reads."""
    choice: Mapping[str, Any] = next(iter(event.get("choices") or ()), {})
    options: dict[str, Any] = {}
    if choice.get("logprobs"):
        options["logprobs"] = choice["logprobs"]
    if choice.get("finish_reason"):
        options.update(finish_reason=choice["finish_reason"], model_name=model)
    counts = event.get("usage")
    message = AIMessageChunk(
        content=(choice.get("delta") or {}).get("content") or "",
        response_metadata=options,
        usage_metadata=counts and usage_of(counts["prompt_tokens"], counts["completion_tokens"]),
    )
    return ChatGenerationChunk(message=message)


def _failure(error: Mapping[str, Any]) -> ModelError:
    if error.get("type") == "exceed_context_size_error":
        return ContextOverflow(overflow_message(error["n_prompt_tokens"], error["n_ctx"]))
    return ModelError(f"The local language model failed: {error.get('message', error)}.")
