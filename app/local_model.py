"""A GGUF model computed in this process by llama.cpp (``xllamacpp``).

The engine also listens on a loopback port, with a key that only this process knows: that is where
its tokenizer answers. Nothing else does.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from app.models import ContextOverflow, Message, ModelError, ModelMissing, yes_log_odds
from app.relay import Emit, Turnstile, relay

CANDIDATES = 20
PROMPT_BATCH = 128
"""Prompt tokens between two chances to stop: a few seconds' work on a slow machine."""


class LocalModel:
    """One model file, loaded at its first use (some seconds), one reply at a time."""

    name = "local"

    def __init__(
        self,
        path: Path,
        *,
        threads: int | None = None,
        context: int = 4096,
        timeout_s: float = 120.0,
    ) -> None:
        self._path = path
        self._threads = min(threads or _cores(), _cores())
        self._context = context
        self._timeout_s = timeout_s
        self._key = secrets.token_hex(16)
        self._engine: Any = None
        self._loading = Lock()
        self._turnstile = Turnstile()

    def stream(
        self, messages: Sequence[Message], *, max_tokens: int, stop: Sequence[str] = ()
    ) -> Iterator[str]:
        """The likeliest reply in pieces; see ``ChatModel``."""
        request = {**_request(messages, max_tokens), "stop": list(stop)}
        engine = self._open()

        def produce(emit: Emit) -> None:
            with self._turnstile.turn(self._timeout_s):
                if not emit(""):
                    _converse(engine, request, emit)

        yield from relay(produce, self._timeout_s)

    def yes_probability(self, messages: Sequence[Message]) -> float:
        """Log-odds of yes against no; see ``ChatModel``."""
        request = {**_request(messages, 1), "logprobs": True, "top_logprobs": CANDIDATES}
        engine = self._open()
        first: list[Mapping[str, Any]] = []

        def produce(emit: Emit) -> None:
            with self._turnstile.turn(self._timeout_s):
                if not emit(""):
                    _converse(engine, request, emit, first)

        for _ in relay(produce, self._timeout_s):
            pass
        return yes_log_odds((c["token"], c["logprob"]) for c in first)

    def count_tokens(self, text: str) -> int:
        """Tokens of the text alone, without the chat's own marks."""
        address = self._open().listening_address.removeprefix("http://")
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._key}"}
        connection = http.client.HTTPConnection(address, timeout=self._timeout_s)
        try:
            connection.request("POST", "/tokenize", json.dumps({"content": text}), headers)
            return len(json.load(connection.getresponse())["tokens"])
        except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
            raise ModelError(f"The local language model did not count: {error}.") from error
        finally:
            connection.close()

    def close(self) -> None:
        """Free the model once the reply being written is done."""
        with self._turnstile.turn(self._timeout_s), self._loading:
            self._engine = None

    def _open(self) -> Any:
        with self._loading:
            if self._engine is None:
                self._engine = self._load()
            return self._engine

    def _load(self) -> Any:
        library = _library()
        params = library.CommonParams()
        params.model.path = str(self._path)
        params.n_parallel = 2  # one for verdicts, one for replies: each keeps its prompt's cache
        params.n_ctx = 2 * self._context
        params.n_batch = params.n_ubatch = PROMPT_BATCH
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = self._threads
        params.cache_ram_mib = 0
        params.ui = params.endpoint_slots = False
        params.api_keys = [self._key]
        params.verbosity = -1
        try:
            return library.Server(params)
        except RuntimeError as error:
            raise ModelMissing(
                f"{self._path} cannot be loaded: it is no GGUF model, or there is not enough "
                "memory. Run footnote pull to get the usual one again."
            ) from error


def _library() -> Any:
    """llama.cpp's binding."""
    try:
        import xllamacpp
    except ImportError:
        import torch  # noqa: F401  # brings the OpenMP library where the system has none
        import xllamacpp
    return xllamacpp


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _request(messages: Sequence[Message], max_tokens: int) -> dict[str, Any]:
    return {
        "messages": [{"role": m.role, "content": m.content} for m in messages],
        "max_tokens": max_tokens,
        "temperature": 0,
        "seed": 0,
        "cache_prompt": True,
        "stream": True,
        "return_progress": True,
    }


def _converse(
    engine: Any,
    request: Mapping[str, Any],
    emit: Emit,
    candidates: list[Mapping[str, Any]] | None = None,
) -> None:
    """Hand each piece on; ``candidates`` receives the first token's likeliest alternatives."""
    failures: list[Mapping[str, Any]] = []

    def hear(event: Mapping[str, Any]) -> bool:
        if "error" in event:
            failures.append(event["error"])
            return True
        choice: Mapping[str, Any] = next(iter(event.get("choices") or ()), {})
        told = (choice.get("logprobs") or {}).get("content")
        if told and candidates is not None and not candidates:
            candidates.extend(told[0]["top_logprobs"])
        return emit((choice.get("delta") or {}).get("content") or "")

    engine.handle_chat_completions(request, hear)
    if failures:
        raise _failure(failures[0])


def _failure(error: Mapping[str, Any]) -> ModelError:
    if error.get("type") == "exceed_context_size_error":
        return ContextOverflow(
            f"The question and its passages take {error['n_prompt_tokens']} tokens, the language "
            f"model reads {error['n_ctx']}: ask in fewer words, or raise context in the settings."
        )
    return ModelError(f"The local language model failed: {error.get('message', error)}.")
