"""What the chat says about where text goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.service.data_egress import NOTHING_LEAVES, describe, kept_in
from app.settings import Settings


@pytest.mark.parametrize(
    "given",
    [
        {},
        {
            "database": "postgresql://ada:s3cret@127.0.0.1/footnote",
            "chroma": "http://localhost:8000",
        },
        {"database": "postgresql+psycopg://ada@/footnote?host=/run/postgresql"},
        {"database": "postgresql:///footnote", "model": "local"},
    ],
)
def test_what_is_on_this_machine_stays(tmp_path: Path, given: dict[str, str]) -> None:
    assert describe(Settings(data=tmp_path, **given)) == NOTHING_LEAVES  # type: ignore[arg-type]


def test_every_place_elsewhere_is_named(tmp_path: Path) -> None:
    settings = Settings(
        data=tmp_path,
        database="postgresql+psycopg://ada:s3cret@db.example.org/footnote",
        chroma="http://vectors.example.org:8000",
        model="openai:gpt",
        embedder="openai:embedding",
    )
    told = describe(settings)
    for place in ("db.example.org", "vectors.example.org", "openai"):
        assert place in told
    assert told.count("openai") == 2
    assert kept_in(settings) == "postgresql+psycopg://ada:***@db.example.org/footnote"
    assert kept_in(Settings(data=tmp_path)) == str(tmp_path)
    assert "s3cret" not in told
