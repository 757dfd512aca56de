"""Whether a chat is alive and ready, told to whoever asks and nothing more."""

from __future__ import annotations

from pathlib import Path

from fastapi.testclient import TestClient

from app.http.server import application
from app.service.access.users import Users
from app.service.engine import Engine, Status
from app.settings import Settings
from store.embedding.embedder import Embedder
from store.library import Library
from tests.support.databases import Server


def client_of(engine: Engine) -> TestClient:
    return TestClient(application(engine.settings, engine, None), base_url="http://10.0.0.7")


def test_nobody_signs_in_to_ask_whether_it_is_ready(library: Library) -> None:
    Users(library.folder).add("ada", "correct horse battery")
    settings = Settings(data=library.folder, host="0.0.0.0", model="none")
    engine = Engine(settings, library)
    client = client_of(engine)
    assert client.get("/healthz").json() == {"status": "alive"}
    assert client.get("/readyz").status_code == 503
    engine.status = Status("quotes", "Answers are quotes")
    assert client.get("/readyz").json() == {"status": "ready"}
    assert client.get("/api/v1/documents").status_code == 401


def test_without_its_database_it_is_not_ready(
    tmp_path: Path, embedder: Embedder, postgresql: Server
) -> None:
    url = postgresql.new()
    settings = Settings(data=tmp_path, database=url, model="none", host="127.0.0.1")
    with Library.open(tmp_path, embedder, database=url) as library:
        engine = Engine(settings, library)
        client = TestClient(application(settings, engine, None), base_url="http://127.0.0.1")
        engine.status = Status("quotes", "Answers are quotes")
        assert client.get("/readyz").status_code == 200
        name = url.split("/")[3].split("?")[0]
        postgresql.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
        postgresql.execute(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        )
        told = client.get("/readyz")
        assert (told.status_code, told.json()) == (503, {"status": "no database"})
        postgresql.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")
        assert client.get("/readyz").status_code == 200
