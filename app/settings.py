"""The settings: one frozen value, read once at the entry points and passed on.

Read in this order, the later winning: the defaults below, ``settings.toml`` in the data folder,
``FOOTNOTE_…`` in the environment (``FOOTNOTE_DATA``, ``FOOTNOTE_MODEL`` …), options of the command.
Keys of providers (``OPENAI_API_KEY`` …) are not settings: the providers' packages read them.
"""

from __future__ import annotations

import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
from pydantic import AfterValidator, ConfigDict, Field, ValidationError
from pydantic.dataclasses import dataclass

from ingest.errors import FootnoteError

VARIABLE_PREFIX = "FOOTNOTE_"
SETTINGS_FILE = "settings.toml"
ORIGIN_PATTERN = r"https?://(?:[\w.-]+|\[[0-9a-fA-F:]+\])(?::\d{1,5})?"

PROXY_PATTERN = r"https?://(?:[^\s:@/]+:[^\s@/]*@)?(?:[\w.-]+|\[[0-9a-fA-F:]+\])(?::\d{1,5})?"


class SettingsError(FootnoteError):
    """A setting is unknown or cannot be so; the message names it and what it may be."""

    exit_code = 2


def _model_name(value: str) -> str:
    provider, colon, name = value.partition(":")
    if value in {"auto", "none", "local"} or (provider and colon and name):
        return value
    raise ValueError("give none, local, auto or PROVIDER:MODEL, for example ollama:llama3.2")


def _root(value: str) -> str:
    root = value.strip().rstrip("/")
    if root and not re.fullmatch(r"(?:https?://[^/?#\s]+)?(?:/[\w.~-]+)*", root):
        raise ValueError("give a path or a whole address, for example /footnote")
    return root


def _address(value: str) -> str:
    address = value.strip().rstrip("/")
    if address and not re.fullmatch(ORIGIN_PATTERN, address):
        raise ValueError("give an address, for example http://127.0.0.1:8000")
    return address


def _proxy(value: str) -> str:
    address = value.strip().rstrip("/")
    if address and not re.fullmatch(PROXY_PATTERN, address):
        raise ValueError("give an address, for example http://proxy.example.org:3128")
    return address


def _database(value: str) -> str:
    url = value.strip()
    if url and not re.match(r"postgres(?:ql)?(?:\+psycopg)?://", url):
        raise ValueError("give postgresql+psycopg://USER:PASSWORD@HOST/DATABASE")
    return url


def _networks(value: str) -> str:
    networks = [each for each in re.split(r"[\s,]+", value) if each]
    for network in networks:
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            raise ValueError("give addresses or networks, such as 127.0.0.1 10.0.0.0/8") from error
    return " ".join(networks)


def _origins(value: str) -> str:
    origins = [origin.rstrip("/") for origin in re.split(r"[\s,]+", value) if origin]
    for origin in origins:
        if not re.fullmatch(ORIGIN_PATTERN, origin):
            raise ValueError("give origins, for example https://www.example.org")
    return " ".join(origins)


def _full(path: Path) -> Path:
    return path.expanduser().absolute()


Strictness = Literal["strict", "balanced", "eager"]
Replies = Literal["sentences", "quotes"]
Folder = Annotated[Path, AfterValidator(_full)]


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Settings:
    """Every choice. ``dataclasses.replace`` varies one and checks it again.

    ``data`` holds documents and answers; ``models`` the pulled model, shared by all data folders.
    ``model`` is ``auto`` (``local`` once its file is there, else ``none``), ``none`` (quotes),
    ``local`` or ``PROVIDER:MODEL``; ``base_url`` is the provider's address and ``gguf`` another
    local model's file. ``embedder`` is a sentence-transformers name or folder, or
    ``PROVIDER:MODEL`` at ``embedder_url`` (None: the one that comes with Footnote). ``k`` is how
    many passages are read for a question. ``risk`` is the share of wrong answers that is allowed,
    in place of ``strictness``. ``replies`` is what a language model is used for: it writes
    ``sentences``, which are checked, or only judges whether the ``quotes`` answer. ``root_path`` is
    where a proxy shows the chat: a path (``/footnote``), or the whole address if the proxy does not
    pass its own host on. ``trusted_proxies`` are the addresses or networks, with spaces between
    them, of the proxies that are believed who asks them, and whether over TLS.
    ``widget_origins`` are the sites, with spaces between them, whose pages may show the widget, and
    ``widget_folder`` the folder or collection that it asks ("": all); nobody signs in for it, and
    its answers are as strict as ``widget_strictness``.
    ``timeout_s`` bounds the wait for a language model's reply in seconds; ``threads`` is the local
    model's (None: one per free core); ``context`` is its window in tokens.
    ``model_at_once`` is how many replies a process asks of the language model at a time (None: one
    of the local model, eight of a provider's).
    ``database`` is the address of a PostgreSQL database that keeps documents, answers, users and
    conversations in place of the data folder's SQLite files.
    ``metrics_token`` is the bearer token that ``/metrics`` asks for beyond loopback, and ``log``
    the form of the chat's log: ``text``, or ``json`` with a line for every question.
    ``chroma`` is the address of a Chroma server that keeps the vectors in place of the data folder
    and ``chroma_token`` a bearer token for it.
    ``allow_private_links`` lets links lead to private and loopback addresses, ``proxy`` is the HTTP
    proxy through which links are followed; ``offline`` keeps Footnote from fetching anything by
    itself. ``ocr`` reads the text in pictures and scanned pages.
    """

    data: Folder = Field(default_factory=lambda: platformdirs.user_data_path("footnote"))
    models: Folder = Field(
        default_factory=lambda: platformdirs.user_cache_path("footnote") / "models"
    )
    model: Annotated[str, AfterValidator(_model_name)] = "auto"
    base_url: str | None = None
    gguf: Folder | None = None
    embedder: str | None = None
    embedder_url: str | None = None
    k: Annotated[int, Field(ge=1, le=50)] = 5
    strictness: Strictness = "balanced"
    risk: Annotated[float, Field(gt=0, lt=1)] | None = None
    replies: Replies = "sentences"
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 7860
    root_path: Annotated[str, AfterValidator(_root)] = ""
    trusted_proxies: Annotated[str, AfterValidator(_networks)] = ""
    widget_origins: Annotated[str, AfterValidator(_origins)] = ""
    widget_folder: str = ""
    widget_strictness: Strictness = "strict"
    timeout_s: Annotated[float, Field(gt=0)] = 120.0
    threads: Annotated[int, Field(ge=1)] | None = None
    context: Annotated[int, Field(ge=512)] = 4096
    model_at_once: Annotated[int, Field(ge=1)] | None = None
    database: Annotated[str, AfterValidator(_database)] = ""
    chroma: Annotated[str, AfterValidator(_address)] = ""
    chroma_token: str = ""
    metrics_token: str = ""
    log: Literal["text", "json"] = "text"
    allow_private_links: bool = False
    proxy: Annotated[str, AfterValidator(_proxy)] = ""
    offline: bool = False
    ocr: bool = True


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens there."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def load_settings(**overrides: Any) -> Settings:
    """The settings for this run; an override that is None counts as not given.

    Raises ``SettingsError`` for a key nobody knows, a value that cannot be, or an unreadable file.
    """
    overridden = {key: value for key, value in overrides.items() if value is not None}
    environment = _environment(os.environ)
    folder = overridden.get("data") or environment.get("data")
    file = _full(Path(folder)) / SETTINGS_FILE if folder else _default_file()
    return _build({**_from_file(file), **environment, **overridden})


def _default_file() -> Path:
    return platformdirs.user_data_path("footnote") / SETTINGS_FILE


def _environment(variables: Mapping[str, str]) -> dict[str, Any]:
    """``FOOTNOTE_…`` variables by setting; an empty one counts as not set."""
    return {
        key.removeprefix(VARIABLE_PREFIX).lower(): value
        for key, value in variables.items()
        if key.startswith(VARIABLE_PREFIX) and value
    }


def _from_file(path: Path) -> dict[str, Any]:
    """What ``settings.toml`` says; nothing if there is none."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"The settings in {path} cannot be read: {error}.") from error
    if "data" in values:
        raise SettingsError(
            f"{path} lies in the data folder and cannot name another: use --data or FOOTNOTE_DATA."
        )
    return values


def _build(values: Mapping[str, Any]) -> Settings:
    known = [field.name for field in fields(Settings)]
    for key in values:
        if key not in known:
            near = get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}."
            raise SettingsError(f"There is no setting “{key}”: {hint}")
    try:
        return Settings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name, reason = first["loc"][0], first["msg"].removeprefix("Value error, ")
        raise SettingsError(
            f"The setting {name} cannot be {first['input']!r}: {reason}."
        ) from error
