"""Where documents, questions and answers are kept and sent, in plain words."""

from __future__ import annotations

from urllib.parse import urlsplit

from sqlalchemy import make_url

from app.settings import Settings, is_loopback
from store.embedding.provider_embedder import is_provider_name

NOTHING_LEAVES = "Nothing leaves this machine: documents, questions and answers stay here."
NOTHING_LEAVES_SERVER = "Nothing leaves this server: documents, questions and answers stay on it."


def describe(settings: Settings, *, shared: bool = False) -> str:
    """What leaves this machine, in a sentence or several; ``NOTHING_LEAVES`` if nothing does.

    ``shared``: it is read by people who use the machine as a server.
    """
    model, embedder = settings.model, settings.embedder
    sent = []
    if elsewhere := _database_host(settings):
        sent.append(f"Documents, questions and answers are kept in the database at {elsewhere}.")
    chroma = urlsplit(settings.chroma).hostname or ""
    if chroma and not is_loopback(chroma):
        sent.append(f"Vectors of documents and questions are sent to {chroma}.")
    if embedder and is_provider_name(embedder):
        host = settings.embedder_url or embedder.partition(":")[0]
        sent.append(f"Documents and questions are sent to {host}, which makes their vectors.")
    if model not in ("none", "auto", "local"):
        host = settings.base_url or model.partition(":")[0]
        sent.append(f"Each question and the passages found for it are sent to {host}.")
    return " ".join(sent) or (NOTHING_LEAVES_SERVER if shared else NOTHING_LEAVES)


def kept_in(settings: Settings) -> str:
    """The data folder, or the database (without its password)."""
    if not settings.database:
        return str(settings.data)
    return make_url(settings.database).set(query={}).render_as_string(hide_password=True)


def _database_host(settings: Settings) -> str:
    """The other machine that keeps the database; "" if it is this one."""
    if not settings.database:
        return ""
    url = make_url(settings.database)
    given = url.host or url.query.get("host", "")
    host = given if isinstance(given, str) else given[0]
    return "" if not host or host.startswith("/") or is_loopback(host) else host
