"""Opens the chat model that the settings name: none, the local one, or a provider's."""

from __future__ import annotations

import os
import re
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from app.models.base import ChatModel, ModelMissing, key_variable
from app.models.pull import is_downloaded, model_path, pull
from app.settings import Settings, is_loopback

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


def open_model(settings: Settings) -> ChatModel | None:
    """The chosen model, or None for quotes. Raises ``ModelMissing`` naming what is missing."""
    if settings.model == "none":
        return None
    if settings.model in {"auto", "local"}:
        return _open_local(settings)
    chat = provider_chat_model(settings.model, settings.base_url)
    return ChatModel(chat, settings.model, settings.timeout_s)


def _open_local(settings: Settings) -> ChatModel | None:
    path = model_path(settings)
    if settings.gguf is not None:
        return _open_gguf(settings, path)
    if path is None and is_downloaded(settings.models):
        path = pull(settings.models, lambda *_: None)  # by an earlier version: convert it
    if path is None and settings.model == "auto":
        return None
    if path is None:
        raise ModelMissing(
            "The local language model is not here yet: run footnote pull (1.1 GB), "
            "or answer in quotes with --model none."
        )
    from app.models.openvino.chat import ChatOpenVINO

    return ChatModel(
        ChatOpenVINO(model_path=path, **_limits(settings)), "local", settings.timeout_s
    )


def _open_gguf(settings: Settings, path: Path | None) -> ChatModel:
    if path is None:
        raise ModelMissing(
            f"There is no model file {settings.gguf}: name another one with the setting gguf."
        )
    from app.models.llama_cpp import ChatLlamaCpp

    chat = ChatLlamaCpp(model_path=path, **_limits(settings))
    # What the shipped model is calibrated to holds for no other file.
    return ChatModel(chat, f"local:{path.stem}", settings.timeout_s)


def _limits(settings: Settings) -> dict[str, Any]:
    return {
        "threads": settings.threads,
        "context": settings.context,
        "timeout_s": settings.timeout_s,
    }


def provider_chat_model(name: str, base_url: str | None = None) -> BaseChatModel:
    """LangChain's chat model for ``provider:model``.

    Raises ``ModelMissing`` if the package or the key is missing or the name unknown.
    """
    from langchain.chat_models import init_chat_model

    provider = name.partition(":")[0]
    address = {"base_url": base_address(base_url, provider)} if base_url else {}
    options: dict[str, Any] = {"temperature": 0, **address}
    if base_url and key_variable(name) not in os.environ and provider == "openai":
        options["api_key"] = "none"  # local servers want none, the package wants one
    try:
        model: BaseChatModel = init_chat_model(name, **options)
    except ImportError as error:
        raise ModelMissing(f"{name} needs another package: {_install(provider, error)}") from error
    except ValueError as error:
        reason = " ".join(str(error).split())[:300]
        raise ModelMissing(f"{name} cannot be opened: {reason}") from error
    except Exception as error:  # the packages' own errors, a missing key above all
        raise ModelMissing(
            f"{name} cannot be opened: {' '.join(str(error).split())} Is {key_variable(name)} set?"
        ) from error
    return model


def base_address(given: str, provider: str = "openai") -> str:
    """The address that a provider's package takes, from any of the forms that people copy.

    OpenAI's protocol wants the path above ``chat/completions``, which is ``/v1`` unless another is
    given; Ollama's own wants none.
    """
    address = given.strip().rstrip("/")
    if "://" not in address:
        address = f"{'http' if _is_near(address) else 'https'}://{address}"
    if provider == "ollama":
        return re.sub(r"/(?:v1|api)(?:/.*)?$", "", address)
    address = re.sub(r"(?:/chat)?/completions$", "", address)
    bare = urlsplit(address).path in ("", "/")
    return f"{address}/v1" if bare and provider == "openai" else address


def _is_near(address: str) -> bool:
    """Whether an address without a scheme is a machine's that speaks no TLS as a rule."""
    host = urlsplit(f"//{address}").hostname or ""
    return is_loopback(host) or "." not in host or host.replace(".", "").isdigit()


def _install(provider: str, error: ImportError) -> str:
    try:
        extras = metadata("footnote").get_all("Provides-Extra") or []
    except PackageNotFoundError:
        extras = []
    if provider in extras:
        return f"pip install 'footnote[{provider}]'"
    return str(error)
