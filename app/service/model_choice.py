"""Choosing a language model while Footnote runs: known names, keys, and a trial."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from app.models.base import key_variable
from app.settings import Settings, SettingsError

if TYPE_CHECKING:
    from app.models.base import ChatModel

QUOTES_CHOICE = ("Quoted, no language model", "none")
LOCAL_CHOICE = ("The local language model", "local")
MODEL_LABELS = {"auto": LOCAL_CHOICE[0], "local": LOCAL_CHOICE[0]}
EXAMPLE_MODELS = ("ollama:llama3.2", "openai:gpt-4o-mini", "anthropic:claude-haiku-4-5")
"""Names to start from, one for each of the packages that Footnote has an extra for."""
TRIAL_PROMPT = "Reply with the one word: ready"
TRIAL_TOKENS = 16


def known_models(present: str) -> list[tuple[str, str]]:
    """The models to choose from, as (what the reader sees, setting)."""
    choices = [QUOTES_CHOICE, LOCAL_CHOICE, *((name, name) for name in EXAMPLE_MODELS)]
    if present not in [value for _, value in choices]:
        choices.insert(0, (MODEL_LABELS.get(present, present), present))
    return choices


def keep_key(model: str, key: str) -> bool:
    """Give the provider's package a key until this process ends; whether it is another one.

    It is written nowhere. Raises ``SettingsError`` for what cannot be a key.
    """
    key, name = key.strip(), key_variable(model)
    if not key or ":" not in model:
        return False
    if not (key.isascii() and key.isprintable() and name.isidentifier()):
        raise SettingsError("This cannot be a key: copy it again from your provider's page.")
    changed = os.environ.get(name) != key
    os.environ[name] = key
    return changed


def try_model(settings: Settings, opened: ChatModel | None = None) -> str:
    """Ask the chosen model for one word; what came of it, in words.

    ``opened`` is the model if it is open already. Raises ``ModelError`` saying what to do.
    """
    from langchain_core.messages import HumanMessage

    from app.models.factory import open_model

    model = opened or open_model(settings)
    if model is None:
        return "Quotes need no language model."
    began = time.perf_counter()
    try:
        messages = [HumanMessage(TRIAL_PROMPT)]
        reply = "".join(model.stream(messages, max_tokens=TRIAL_TOKENS))
        seconds = time.perf_counter() - began
        judged = model.yes_log_odds([HumanMessage("Is water wet? Reply with yes or no.")])
    finally:
        if model is not opened:
            model.close()
    caveat = "" if judged is not None else (
        " It gives no probabilities, so whether a question is answered is judged without it."
    )  # fmt: skip
    reply_text = " ".join(reply.split()) or "nothing"
    return f"{model.name} answered in {seconds:.1f} s: “{reply_text}”.{caveat}"
