"""Collections on the command line: by folder, by name, moved, asked, shared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.service.access.users import Users
from store.catalogue.collections import own_collection
from tests.support.commands import Footnote


@pytest.fixture
def folders(footnote: Footnote, tmp_path: Path) -> Path:
    """Two folders ingested, one of them with a folder inside."""
    for name, text in (
        ("minutes/may.txt", "The board met on 4 May and chose a new keeper."),
        ("minutes/2025/june.txt", "In June the board met twice."),
        ("recipes/bread.txt", "Bread needs flour, water and four hours."),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert footnote("ingest", tmp_path / "minutes", tmp_path / "recipes").code == 0
    return tmp_path


def places(footnote: Footnote) -> dict[str, str]:
    found: list[dict[str, Any]] = json.loads(footnote("documents", "--json").out)
    return {row["document"]: row["collection"] for row in found}


def test_a_folder_names_its_collection(footnote: Footnote, folders: Path) -> None:
    assert places(footnote) == {
        "may.txt": "minutes", "june.txt": "minutes", "bread.txt": "recipes",
    }  # fmt: skip
    # Ingested again by itself, or moved within, it stays where it is.
    (folders / "minutes/2025/june.txt").write_text("In June the board met three times.")
    assert "changed" in footnote("ingest", folders / "minutes/2025/june.txt").out
    (folders / "minutes/may.txt").rename(folders / "minutes/2025/may.txt")
    assert "moved" in footnote("ingest", folders / "minutes").out
    assert places(footnote)["june.txt"] == places(footnote)["may.txt"] == "minutes"
    # Moved into another folder, it is that one's.
    (folders / "minutes/2025/may.txt").rename(folders / "recipes/may.txt")
    assert "moved" in footnote("ingest", folders / "recipes").out
    assert places(footnote)["may.txt"] == "recipes"


def test_a_document_stays_where_it_was_put(footnote: Footnote, folders: Path) -> None:
    assert footnote("collections", "move", "may.txt", "board").code == 0
    (folders / "minutes/may.txt").write_text("The board met on 5 May.")
    assert "changed" in footnote("ingest", folders / "minutes").out
    (folders / "minutes/may.txt").rename(folders / "minutes/may-5.txt")
    assert "moved" in footnote("ingest", folders / "minutes").out
    assert places(footnote)["may-5.txt"] == "board"


def test_one_collection_is_asked_and_listed(footnote: Footnote, folders: Path) -> None:
    asked = "How long does bread need?"
    assert "four hours" in footnote("ask", asked, "--collection", "recipes").out
    elsewhere = footnote("ask", asked, "--collection", "minutes", "--json")
    assert "bread.txt" not in elsewhere.out
    listed = footnote("documents", "--collection", "minutes").out
    assert "may.txt" in listed
    assert "bread.txt" not in listed
    unknown = footnote("ask", asked, "--collection", "letters")
    assert (unknown.code, "There is no collection 'letters'" in unknown.err) == (2, True)


def test_a_file_may_be_in_two_collections(footnote: Footnote, folders: Path) -> None:
    file = folders / "recipes/bread.txt"
    assert "added" in footnote("ingest", file, "--collection", "kitchen").out
    again = footnote("ingest", file, "--collection", " kitchen ").out
    assert "unchanged" in again
    rows = json.loads(footnote("documents", "--json").out)
    assert sorted(r["collection"] for r in rows if r["document"] == "bread.txt") == [
        "kitchen", "recipes",
    ]  # fmt: skip


def test_a_page_that_did_not_change_still_goes_into_another_collection(
    footnote: Footnote, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOOTNOTE_ALLOW_PRIVATE_LINKS", "true")
    page = f"{site}/page"
    for collection in ("tides", "news", "tides"):
        assert footnote("ingest", page, "--collection", collection).code == 0
    rows = json.loads(footnote("documents", "--json").out)
    assert sorted(row["collection"] for row in rows) == ["news", "tides"]
    several = footnote("remove", page)
    assert several.code == 2
    identity = rows[0]["document_id"]
    assert identity in several.err.replace("\n", "")
    assert footnote("remove", identity).code == 0
    assert len(json.loads(footnote("documents", "--json").out)) == 1


def test_sharing(footnote: Footnote, folders: Path) -> None:
    Users(footnote.data).add("ada", "correct horse battery")
    assert "everybody" in footnote("collections", "list").out
    assert footnote("collections", "share", "minutes", "ada", "--editor").code == 0
    assert footnote("collections", "share", " recipes", "*").code == 0
    assert footnote("collections", "share", "\n", "*").code == 2
    rows = json.loads(footnote("collections", "list", "--json").out)
    assert [(r["name"], r["documents"], r["members"]) for r in rows] == [
        ("minutes", 2, [{"name": "ada", "role": "editor"}]),
        ("recipes", 1, [{"name": "*", "role": "reader"}]),
    ]
    assert footnote("collections", "unshare", "minutes", "ada").code == 0
    assert "nobody" in footnote("collections", "list").out
    refused = footnote("collections", "share", "minutes", "bob")
    assert (refused.code, "There is no user bob" in refused.err) == (2, True)
    assert "no document in letters yet" in footnote("collections", "share", "letters", "ada").out
    assert own_collection("ada") == "@ada"
