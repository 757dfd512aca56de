"""Chat models behind one door: messages in, text out, whoever computes it.

``open_model`` gives the one that the settings name; nobody else imports a chat model's library.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import Literal, Protocol

from app.settings import Settings
from ingest.records import FootnoteError

Role = Literal["system", "user", "assistant"]


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


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation with a chat model."""

    role: Role
    content: str


class ChatModel(Protocol):
    """What the rest of Footnote needs of a language model. Safe between threads."""

    @property
    def name(self) -> str:
        """What answers are signed with: ``local`` or ``provider:model``."""

    def stream(
        self, messages: Sequence[Message], *, max_tokens: int, stop: Sequence[str] = ()
    ) -> Iterator[str]:
        """The reply in pieces, as it is written; closing the iterator stops the model.

        Raises ``ModelError`` (``ModelTimeout``, ``ContextOverflow``) at any piece.
        """

    def yes_probability(self, messages: Sequence[Message]) -> float | None:
        """Log-odds (natural, unbounded) of “yes” against “no” as the reply's first token.

        None where the model tells no log-probabilities.
        """

    def count_tokens(self, text: str) -> int:
        """How many tokens the text takes; an estimate where the provider counts elsewhere."""

    def close(self) -> None:
        """Free what the model holds. Calling it twice is harmless."""


def open_model(settings: Settings) -> ChatModel | None:
    """The chosen model, or None for quotes. Raises ``ModelMissing`` naming what is missing."""
    if settings.model == "none":
        return None
    if settings.model in {"auto", "local"}:
        return _open_local(settings)
    from app.provider_model import ProviderModel

    return ProviderModel(settings.model, settings.base_url, settings.timeout_s)


def _open_local(settings: Settings) -> ChatModel | None:
    from app.pull import model_path

    path = model_path(settings)
    if path is None and settings.gguf is not None:
        raise ModelMissing(f"There is no model file {settings.gguf}: give another with gguf.")
    if path is None and settings.model == "auto":
        return None
    if path is None:
        raise ModelMissing(
            "The local language model is not here yet: run footnote pull (1.1 GB), "
            "or answer in quotes with --model none."
        )
    from app.local_model import LocalModel

    return LocalModel(
        path, threads=settings.threads, context=settings.context, timeout_s=settings.timeout_s
    )


def yes_log_odds(candidates: Iterable[tuple[str, float]]) -> float:
    """Log-odds of yes against no from the likeliest first tokens with their log-probabilities.

    Case, spaces and punctuation do not matter. A side that is not among the candidates is at most
    as likely as the least likely of them, and is given that; 0.0 where neither is there.
    """
    listed = list(candidates)
    floor = exp(min((logprob for _, logprob in listed), default=-20.0))
    mass = {"yes": 0.0, "no": 0.0}
    for token, logprob in listed:
        word = token.strip(" \n\t.,!:;\"'*“”").lower()
        if word in mass:
            mass[word] += exp(logprob)
    return log(mass["yes"] or floor) - log(mass["no"] or floor)
