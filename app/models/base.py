"""Wraps a LangChain chat model with a time limit, typed errors and yes/no log-odds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from math import exp, log
from typing import TYPE_CHECKING, Any

from app.models.worker_stream import Outlet, worker_stream
from ingest.errors import FootnoteError

if TYPE_CHECKING:
    import numpy as np
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage
    from numpy.typing import NDArray

TOP_LOGPROBS = 20
"""First tokens whose log-probabilities are asked for; more are not given by OpenAI's API."""
NOT_UNDERSTOOD = (400, 404, 422, 501)
"""HTTP statuses of servers that know no log-probabilities."""
KEY_VARIABLES = {"google_genai": "GOOGLE_API_KEY", "mistralai": "MISTRAL_API_KEY"}
"""Where a provider's key is not PROVIDER_API_KEY."""
LENGTH_OPTION = {"ollama": "num_predict", "google_genai": "max_output_tokens"}


class ModelError(FootnoteError):
    """The language model gave no usable reply; quotes still can be given."""


class ModelTimeout(ModelError):
    """The reply took longer than the settings allow."""


class ModelMissing(ModelError):
    """The model cannot be opened: its file, package or key is missing. Names the remedy."""

    exit_code = 2


class ContextOverflow(ModelError):
    """The messages do not fit into the model's window."""

    exit_code = 2


class ChatModel:
    """What the rest of Footnote needs of a language model. Safe between threads.

    ``chat`` is any LangChain chat model. ``name`` is what answers are signed with: ``local`` or
    ``provider:model``.
    """

    def __init__(self, chat: BaseChatModel, name: str, timeout_s: float = 120.0) -> None:
        self.chat = chat
        self.name = name
        self._timeout_s = timeout_s
        self._tells_odds = "top_logprobs" in type(chat).model_fields
        self._length_option = LENGTH_OPTION.get(name.partition(":")[0], "max_tokens")

    def stream(
        self, messages: Sequence[BaseMessage], *, max_tokens: int, stop: Sequence[str] = ()
    ) -> Iterator[str]:
        """The reply in pieces, as it is written; closing the iterator stops the model.

        Raises ``ModelError`` (``ModelTimeout``, ``ContextOverflow``) at any piece.
        """

        def read(outlet: Outlet[str]) -> None:
            options: dict[str, Any] = {self._length_option: max_tokens}
            if stop:
                options["stop"] = list(stop)
            with _errors_of(self.name):
                for chunk in self.chat.stream(list(messages), **options):
                    if outlet.closed:
                        return
                    if chunk.text:
                        outlet.put(str(chunk.text))

        with time_limit(self._timeout_s):
            yield from worker_stream(read, timeout_s=self._timeout_s)

    def yes_log_odds(self, messages: Sequence[BaseMessage]) -> float | None:
        """Log-odds (natural, unbounded) of “yes” against “no” as the reply's first token.

        None if the model gives no log-probabilities.
        """
        masses = self.first_word(messages, ("yes", "no"))
        return masses["yes"] - masses["no"] if masses else None

    def first_word(
        self, messages: Sequence[BaseMessage], words: Sequence[str]
    ) -> dict[str, float] | None:
        """Log-probability (natural) of each of ``words``, in lower case, as the first token.

        None if the model gives no log-probabilities. Raises ``ModelError``.
        """
        if not self._tells_odds:
            return None

        def read(outlet: Outlet[list[dict[str, Any]]]) -> None:
            options: dict[str, Any] = {"logprobs": True, "top_logprobs": TOP_LOGPROBS}
            options[self._length_option] = 1
            try:
                with _errors_of(self.name):
                    reply = self.chat.invoke(list(messages), **options)
            except ModelError as error:
                if _status(error.__cause__) not in NOT_UNDERSTOOD:
                    raise
                self._tells_odds = False  # many servers reject what they do not know
                return
            content = (reply.response_metadata.get("logprobs") or {}).get("content")
            if content:
                outlet.put(content[0]["top_logprobs"])

        with time_limit(self._timeout_s):
            log_odds = next(iter(worker_stream(read, timeout_s=self._timeout_s)), None)
        if not log_odds:
            return None
        return log_masses(((c["token"], c["logprob"]) for c in log_odds), words)

    def hidden_state(self, messages: Sequence[BaseMessage]) -> NDArray[np.float32] | None:
        """The model's hidden state [width] once it has read the messages; None if it gives none.

        A reply to the same messages need not read them again. Raises ``ModelError``.
        """
        give = getattr(self.chat, "hidden_state", None)
        if give is None:
            return None
        with _errors_of(self.name):
            state: NDArray[np.float32] = give(list(messages))
        return state

    @property
    def judges_support(self) -> bool:
        """Whether it was taught to judge if sources support a sentence."""
        return bool(getattr(self.chat, "judges_support", False))

    def close(self) -> None:
        """Free what the model holds. Calling it twice is harmless."""
        close = getattr(self.chat, "close", None)
        if callable(close):
            close()


@contextmanager
def _errors_of(name: str) -> Iterator[None]:
    """Turn whatever a provider's package raises into a ``ModelError``, and trace nothing."""
    from langsmith import tracing_context

    try:
        with tracing_context(enabled=False):
            yield
    except ModelError:
        raise
    except Exception as error:  # the packages' errors share no base
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        if "Timeout" in type(error).__name__:
            raise ModelTimeout(f"{name} did not answer in time: {reason}.") from error
        raise ModelError(f"{name} failed: {reason.rstrip('.')}.{_remedy(name, error)}") from error


def _status(error: BaseException | None) -> int | None:
    """The HTTP status that a provider's package gives, under the names that they use."""
    for name in ("status_code", "code", "http_status"):
        if isinstance(status := getattr(error, name, None), int):
            return status
    return None


def _remedy(name: str, error: Exception) -> str:
    match _status(error):
        case 401 | 403:
            return f" The key was refused: is {key_variable(name)} right?"
        case 404:
            return " Is the model's name right, and the address in base_url?"
        case 429:
            return " It is asked too often, or the quota is used up: try again later."
        case int(status) if status >= 500:
            return " The fault is on its side: try again later."
    return ""


@contextmanager
def time_limit(timeout_s: float) -> Iterator[None]:
    """Say what to do when so many seconds were not enough: raises ``ModelTimeout``."""
    try:
        yield
    except TimeoutError as error:
        raise ModelTimeout(
            f"The language model took longer than {timeout_s:g} seconds: allow more with "
            "timeout_s in the settings, or use a smaller model."
        ) from error


def key_variable(model: str) -> str:
    """The environment variable that the provider's package reads its key from."""
    provider = model.partition(":")[0]
    return KEY_VARIABLES.get(provider, f"{provider.upper()}_API_KEY")


def log_masses(candidates: Iterable[tuple[str, float]], among: Sequence[str]) -> dict[str, float]:
    """Log-probability of each word from the likeliest first tokens with their log-probabilities.

    Case, spaces and punctuation do not matter. A word that is not among the candidates is at most
    as likely as the least likely of them, and is given that.
    """
    listed = list(candidates)
    floor = exp(min((logprob for _, logprob in listed), default=-20.0))
    mass = dict.fromkeys(among, 0.0)
    for token, logprob in listed:
        word = token.strip(" \n\t.,!:;\"'*“”").lower()
        if word in mass:
            mass[word] += exp(logprob)
    return {word: log(share or floor) for word, share in mass.items()}
