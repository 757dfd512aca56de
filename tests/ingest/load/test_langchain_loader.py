"""LangChain's document loaders as connectors: two real ones, and what goes wrong."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_core.document_loaders import BaseLoader
from langchain_core.documents import Document

from ingest.errors import UnreadableDocument
from ingest.load.langchain_loader import LoaderError, as_document, open_loader, pieces_by_source
from tests.support.commands import Footnote

NOTION = "langchain_community.document_loaders:NotionDirectoryLoader"
SLACK = "langchain_community.document_loaders:SlackDirectoryLoader"


class Pages(BaseLoader):
    """A loader that gives pages of documents, as the one for PDF does."""

    def __init__(self, pages: list[list[str]] | None = None, fails: bool = False) -> None:
        self.pages, self.fails = pages or [], fails

    def lazy_load(self) -> Iterator[Document]:
        for number, texts in enumerate(self.pages):
            for page, text in enumerate(texts):
                metadata = {"source": f"https://wiki/{number}%20x", "page": page, "author": "Ada"}
                yield Document(text, metadata=metadata)
        if self.fails:
            raise ConnectionError("the wiki is closed")


def notion_export(folder: Path, fee: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "Rules.md").write_text(f"# Rules\n\nA berth costs {fee} a night.\n")
    (folder / "Boats.md").write_text("# Boats\n\nThe Gull carries forty people.\n")
    return folder


def slack_export(path: Path, words: str) -> Path:
    message = {"text": words, "ts": "1700000000.0", "user": "U1", "type": "message"}
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("channels.json", json.dumps([{"name": "harbour", "id": "C1"}]))
        packed.writestr("harbour/2024-01-02.json", json.dumps([message]))
    return path


def test_a_notion_export_is_taken_in_and_again(footnote: Footnote, tmp_path: Path) -> None:
    def run(fee: str) -> str:
        folder = notion_export(tmp_path / "notion", fee)
        return footnote("ingest", "--loader", NOTION, "--loader-arg", f"path={folder}").out

    first = run("9 euros")
    assert first.count("added") == 2
    assert "9 euros" in footnote("ask", "What does a berth cost a night?").out
    assert run("9 euros").count("unchanged") == 2
    again = run("12 euros")
    assert "changed" in again
    assert "unchanged" in again
    assert "12 euros" in footnote("ask", "What does a berth cost a night?").out


def test_a_slack_export_is_taken_in(footnote: Footnote, tmp_path: Path) -> None:
    path = slack_export(tmp_path / "slack.zip", "The ferry to Hesk leaves at half past six.")
    arguments = ["ingest", "--loader", SLACK, "--loader-arg", f"zip_path={path}"]
    assert "added" in footnote(*arguments).out
    assert "unchanged" in footnote(*arguments).out
    assert "half past six" in footnote("ask", "When does the ferry to Hesk leave?").out


def test_pieces_of_one_source_are_one_document_with_pages() -> None:
    loader = Pages([["The pier is long.", "The pier is old."], ["Nets are mended in May."]])
    found = [as_document(s, some, "x:Pages") for s, some in pieces_by_source(loader, "x").items()]
    assert [one.name for one in found] == ["0 x", "1 x"]
    pier = found[0]
    assert pier.text == "The pier is long.\n\nThe pier is old."
    assert [(pier.text[b.start : b.end], b.page) for b in pier.blocks] == [
        ("The pier is long.", 1),
        ("The pier is old.", 2),
    ]
    assert pier.source == "x:Pages:https://wiki/0%20x"
    assert dict(pier.metadata) == {"source": "https://wiki/0%20x", "author": "Ada"}


def test_a_loader_that_fails_says_so() -> None:
    with pytest.raises(UnreadableDocument, match=r"x failed: .*the wiki is closed"):
        pieces_by_source(Pages([["a"]], fails=True), "x")


def test_an_empty_document_does_not_stop_the_rest(footnote: Footnote) -> None:
    pages = json.dumps([[" "], ["Nets are mended in May."]])
    done = footnote(
        "ingest",
        "--loader",
        "tests.ingest.load.test_langchain_loader:Pages",
        "--loader-arg",
        f"pages={pages}",
    )
    assert done.code == 2
    assert "no text" in done.err
    assert "added" in done.out


@pytest.mark.parametrize(
    ("path", "arguments", "says"),
    [
        ("nothing", [], "package.module:Class"),
        ("no_such_package:Loader", [], "Install the package"),
        ("json:NoLoader", [], "no NoLoader in json"),
        ("json:JSONDecoder", [], "no lazy_load"),
        ("tests.ingest.load.test_langchain_loader:Pages", ["pages"], "key=value"),
        (
            "tests.ingest.load.test_langchain_loader:Pages",
            ["wrong=1"],
            "does not open with these arguments",
        ),
    ],
)
def test_what_is_no_loader_is_named(path: str, arguments: list[str], says: str) -> None:
    with pytest.raises(LoaderError, match=says):
        open_loader(path, arguments)


def test_a_loader_takes_no_sources(footnote: Footnote, tmp_path: Path) -> None:
    done = footnote("ingest", str(tmp_path), "--loader", NOTION)
    assert done.code == 2
    assert "cannot be combined with SOURCE" in done.err
