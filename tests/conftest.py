"""Shared fixtures: the real embedder, a library of its own for each test, and a small document."""

from __future__ import annotations

import os
import signal

# What starts the tests in the background may have Ctrl-C ignored, and children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Before the application is imported: its consoles read their width once.
os.environ["COLUMNS"] = "200"

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.evidence.reader import Reader
from app.models.base import ChatModel
from app.models.factory import open_model
from app.models.pull import pull
from app.settings import load_settings
from ingest.document import Document
from store.embedding.embedder import Embedder
from store.embedding.sentence_transformer import SentenceTransformerEmbedder
from store.library import Library
from tests.support.browser import chromium, page, served  # noqa: F401  (fixtures of the chat's tests)
from tests.support.commands import Footnote
from tests.support.databases import both_databases, postgresql, postgresql_server  # noqa: F401  (fixtures)
from tests.support.documents import PARAGRAPHS, document_of
from tests.support.linked_site import site  # noqa: F401  (a fixture)
from tests.support.local_engine import local_engine, tokens_fed  # noqa: F401  (fixtures)

# A busy machine takes longer than httpx's five seconds, and no test claims those. The calls share
# this object as their default.
for waited_for in ("connect", "read", "write", "pool"):
    setattr(httpx._config.DEFAULT_TIMEOUT_CONFIG, waited_for, 90.0)

BROWSER = {"chromium", "served", "page"}
SLOW_FILES = {
    "test_fair_queue",
    "test_faults",
    "test_ingest_speed",
    "test_malformed_files",
    "test_network",
    "test_runs",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by what they need.

    The tests of one mark run in one worker, so that the language model and the browser are loaded
    once; ``make check`` leaves all marked tests out.
    """
    for item in items:
        needs = set(getattr(item, "fixturenames", ()))
        if "local_model" in needs:
            item.add_marker("language_model")
            item.add_marker(pytest.mark.xdist_group("language_model"))
        elif needs & BROWSER:
            item.add_marker("browser")
            item.add_marker(pytest.mark.xdist_group("browser"))
        elif item.path.stem in SLOW_FILES:
            item.add_marker("slow")


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    """The real embedding model, loaded once."""
    return SentenceTransformerEmbedder()


@pytest.fixture
def library(tmp_path: Path, embedder: Embedder) -> Iterator[Library]:
    """An empty library in a folder of its own."""
    with Library.open(tmp_path / "data", embedder) as opened:
        yield opened


@pytest.fixture
def sample() -> Document:
    """Six short paragraphs about a lighthouse."""
    return document_of(*PARAGRAPHS)


@pytest.fixture(scope="session")
def reader() -> Reader:
    """The real reader, loaded once."""
    return Reader()


@pytest.fixture(scope="session")
def local_model() -> Iterator[ChatModel]:
    """The real local language model, pulled where it is not here yet."""
    settings = load_settings(model="local", timeout_s=240)
    pull(settings.models, lambda *_: None)
    model = open_model(settings)
    assert model is not None
    yield model
    model.close()


@pytest.fixture
def footnote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Footnote:
    """The command line in an empty data folder, answering in quotes."""
    return Footnote(tmp_path / "data", monkeypatch, capsys)
