"""Any chat model that LangChain knows, by ``provider:model``."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, metadata
from typing import TYPE_CHECKING, Any

from app.models import Message, ModelError, ModelMissing, ModelTimeout, yes_log_odds
from app.relay import Emit, relay

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

CANDIDATES = 20
LENGTH_OPTION = {"ollama": "num_predict", "google_genai": "max_output_tokens"}


class ProviderModel:
    """A LangChain chat model. ``chat`` gives one that is made already."""

    def __init__(
        self,
        name: str,
        base_url: str | None = None,
        timeout_s: float = 120.0,
        chat: BaseChatModel | None = None,
    ) -> None:
        self.name = name
        self._timeout_s = timeout_s
        self._chat = chat or _make(name, base_url)
        self._length = LENGTH_OPTION.get(name.partition(":")[0], "max_tokens")

    def stream(
        self, messages: Sequence[Message], *, max_tokens: int, stop: Sequence[str] = ()
    ) -> Iterator[str]:
        """The reply in pieces; see ``ChatModel``."""

        def produce(emit: Emit) -> None:
            options: dict[str, Any] = {self._length: max_tokens}
            if stop:
                options["stop"] = list(stop)
            with _provider(self.name):
                for chunk in self._chat.stream(_spoken(messages), **options):
                    if emit(str(chunk.text)):
                        return

        yield from relay(produce, self._timeout_s)

    def yes_probability(self, messages: Sequence[Message]) -> float | None:
        """Log-odds of yes against no, where the provider tells log-probabilities."""
        if "top_logprobs" not in type(self._chat).model_fields:
            return None
        told: list[dict[str, Any]] = []

        def produce(_: Emit) -> None:
            options: dict[str, Any] = {"logprobs": True, "top_logprobs": CANDIDATES}
            options[self._length] = 1
            with _provider(self.name):
                reply = self._chat.invoke(_spoken(messages), **options)
            content = (reply.response_metadata.get("logprobs") or {}).get("content")
            told.extend(content[0]["top_logprobs"] if content else ())

        for _ in relay(produce, self._timeout_s):
            pass
        return yes_log_odds((c["token"], c["logprob"]) for c in told) if told else None

    def count_tokens(self, text: str) -> int:
        """An estimate on the high side: providers count elsewhere."""
        return len(text.encode()) // 3 + 1

    def close(self) -> None:
        """Nothing is held here."""


@contextmanager
def _provider(name: str) -> Iterator[None]:
    """Turn whatever a provider's package raises into a ``ModelError``, and trace nothing."""
    from langsmith import tracing_context

    try:
        with tracing_context(enabled=False):
            yield
    except Exception as error:  # the packages' errors share no base
        said = " ".join(str(error).split())[:300] or type(error).__name__
        if "Timeout" in type(error).__name__:
            raise ModelTimeout(f"{name} did not answer in time: {said}.") from error
        raise ModelError(f"{name} failed: {said}.") from error


def _spoken(messages: Sequence[Message]) -> list[tuple[str, str]]:
    return [(m.role, m.content) for m in messages]


def _make(name: str, base_url: str | None) -> BaseChatModel:
    """Raises ``ModelMissing`` where the package or the key is missing or the name unknown."""
    from langchain.chat_models import init_chat_model

    provider = name.partition(":")[0]
    options: dict[str, Any] = {"temperature": 0, **({"base_url": base_url} if base_url else {})}
    if base_url and f"{provider.upper()}_API_KEY" not in os.environ and provider == "openai":
        options["api_key"] = "none"  # servers of one's own want none, the package wants one
    try:
        made: BaseChatModel = init_chat_model(name, **options)
    except ImportError as error:
        raise ModelMissing(f"{name} needs a package more: {_install(provider, error)}") from error
    except ValueError as error:
        said = " ".join(str(error).split())[:300]
        raise ModelMissing(f"{name} cannot be opened: {said}") from error
    except Exception as error:  # the packages' own errors, a missing key above all
        raise ModelMissing(
            f"{name} cannot be opened: {' '.join(str(error).split())} "
            f"Is {provider.upper()}_API_KEY set?"
        ) from error
    return made


def _install(provider: str, error: ImportError) -> str:
    try:
        extras = metadata("footnote").get_all("Provides-Extra") or []
    except PackageNotFoundError:
        extras = []
    if provider in extras:
        return f"pip install 'footnote[{provider}]'"
    return str(error)
