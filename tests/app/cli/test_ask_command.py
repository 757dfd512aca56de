"""Asking on the command line, its JSON, and what becomes of mistakes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.commands import Footnote

LIGHTHOUSE = """# Skerrow Point

The lighthouse at Skerrow Point was built in 1871 by the engineer Ada Thornbury.

Its lamp burned rapeseed oil until 1902, when paraffin took over.

The tower is 38 metres high and has 211 steps.
"""


@pytest.fixture
def filled(footnote: Footnote, tmp_path: Path) -> Footnote:
    """With the lighthouse ingested."""
    (tmp_path / "lighthouse.md").write_text(LIGHTHOUSE)
    assert footnote("ingest", tmp_path / "lighthouse.md").code == 0
    return footnote


class TestAsk:
    def test_the_answer_shows_its_footnote(self, filled: Footnote) -> None:
        shown = filled("ask", "How many steps does the tower have?")
        assert shown.code == 0
        assert "211 steps. [1]" in shown.out
        assert "[1] lighthouse.md › Skerrow Point" in shown.out

    def test_json_is_the_whole_answer_and_its_quotes_are_slices(self, filled: Footnote) -> None:
        answer = json.loads(filled("ask", "When was the lighthouse built?", "--json").out)
        text = filled("show", "lighthouse.md").out
        assert answer["refused"] is False
        assert answer["id"]
        assert answer["model"] == "none"
        assert set(answer["timings_ms"]) == {"search", "first_word", "total"}
        cited = answer["citations"][0]
        assert text[cited["start"] : cited["end"]] == cited["quote"]
        assert "1871" in cited["quote"]

    def test_a_file_gives_a_line_for_each_line_in_order(
        self, filled: Footnote, tmp_path: Path
    ) -> None:
        lines = [
            {"id": "b", "question": "How high is the tower?"},
            {"id": 7, "turns": ["Who built the lighthouse?", "When did she build it?"]},
        ]
        (tmp_path / "q.jsonl").write_text("\n".join(json.dumps(line) for line in lines) + "\n\n")
        shown = filled("ask", "--file", tmp_path / "q.jsonl", "--json")
        answers = [json.loads(line) for line in shown.out.splitlines()]
        assert shown.code == 0
        assert [answer["id"] for answer in answers] == ["b", 7]
        assert "38 metres" in answers[0]["answer"]
        # A line holds what one answer holds.
        alone = json.loads(filled("ask", "How high is the tower?", "--json").out)
        assert list(answers[0]) == list(alone)
        for part in ("citations", "sentences"):
            assert list(answers[0][part][0]) == list(alone[part][0])
        assert {"kind", "headline", "further", "answerable", "closest"} <= set(answers[0])

    def test_bad_lines_are_named_and_the_others_answered(
        self, filled: Footnote, tmp_path: Path
    ) -> None:
        (tmp_path / "q.jsonl").write_text(
            'no json\n{"id": 2, "question": ""}\n{"id": 3, "question": "How high is the tower?"}'
        )
        shown = filled("ask", "--file", tmp_path / "q.jsonl", "--json")
        first, second, third = (json.loads(line) for line in shown.out.splitlines())
        assert shown.code == 2
        assert (first["line"], second["line"]) == (1, 2)
        assert (second["id"], third["id"]) == (2, 3)
        assert "line 1" in shown.err
        assert "38 metres" in third["answer"]

    def test_only_the_named_document_is_asked(self, filled: Footnote, tmp_path: Path) -> None:
        (tmp_path / "other.txt").write_text("The other tower has 40 steps and is of wood.")
        filled("ingest", tmp_path / "other.txt")
        shown = filled("ask", "How many steps has the tower?", "--document", "other.txt", "--json")
        assert {c["document"] for c in json.loads(shown.out)["citations"]} == {"other.txt"}

    def test_a_document_cannot_steer_the_terminal(self, filled: Footnote, tmp_path: Path) -> None:
        (tmp_path / "evil.txt").write_text(
            "The password of the harbour is \x1b]0;owned\x07[bold]rosebud[/bold]\u202e."
        )
        filled("ingest", tmp_path / "evil.txt")
        shown = filled("ask", "What is the password of the harbour?")
        assert "[bold]rosebud[/bold]" in shown.out
        assert "\x1b]" not in shown.out
        assert "\u202e" not in shown.out


MISTAKES = [
    (["ask"], "Give a question"),
    (["ask", "x", "--file", "y"], "Give a question"),
    (["ask", "Where?"], "no documents"),
    (["ask", "  "], "empty"),
    (["ask", "why " * 6000], "at most"),
    (["ask", "Where?", "--model", "gpt"], "PROVIDER:MODEL"),
    (["ask", "--file", "nowhere.jsonl"], "no file"),
    (["ask", "Where?", "--strictness", "harsh"], "strictness"),
    (["ingest"], "--sample"),
    (["ingest", "nowhere.txt"], "no such file"),
    (["ingest", "x", "--watch", "--dry-run"], "use one of them"),
    (["history", "nothing"], "no document"),
    (["show", "nothing"], "no document"),
    (["diff", "nothing"], "no document"),
    (["restore", "nothing", "1"], "no document"),
    (["remove", "nothing"], "no document"),
    (["verify", "nowhere.json"], "nowhere.json"),
    (["answers", "export"], "no answers"),
    (["nonsense"], "No such command"),
    (["ask", "--nonsense"], "No such option"),
]


@pytest.mark.parametrize(("arguments", "said"), MISTAKES, ids=lambda v: " ".join(v)[:30])
def test_a_mistake_gets_a_message_and_the_code_2(
    footnote: Footnote,
    arguments: list[str],
    said: str,
) -> None:
    shown = footnote(*arguments)
    assert shown.code == 2
    assert said.lower() in shown.err.lower()
    assert "Traceback" not in shown.err + shown.out


def test_a_folder_that_is_not_one_is_a_message(footnote: Footnote, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    shown = footnote("documents", "--data", tmp_path / "file")
    assert shown.code == 2
    assert "Traceback" not in shown.err


def test_debug_shows_where_it_came_from(footnote: Footnote) -> None:
    from ingest.errors import UnreadableDocument

    footnote._patch.setattr("sys.argv", ["footnote", "--debug", "history", "nothing"])
    with pytest.raises(Exception, match="no document") as caught:
        from app.cli import main

        main()
    assert not isinstance(caught.value, UnreadableDocument | SystemExit)


@pytest.mark.parametrize(
    "command",
    ["chat", "ingest", "ask", "documents", "eval", "pull", "reindex", "doctor", "history", "diff",
     "show", "restore", "remove", "answers", "verify"],
)  # fmt: skip
def test_every_command_has_help(footnote: Footnote, command: str) -> None:
    shown = footnote(command, "--help")
    assert shown.code == 0
    assert f"footnote {command}" in shown.out


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['footnote', '--help']\n"
        "from app.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'chromadb', 'gradio', 'langchain', 'xllamacpp', 'numpy'}\n"
        "print('LOADED', sorted(heavy & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "LOADED []" in shown.stdout


def test_doctor_says_what_is_here(filled: Footnote) -> None:
    shown = filled("doctor")
    assert shown.code == 0
    assert "documents: 1, " in shown.out
    assert "search model: 384" in shown.out


def test_reindex_makes_the_vectors_again(filled: Footnote) -> None:
    shown = filled("reindex")
    assert shown.code == 0
    assert "211 steps" in filled("ask", "How many steps does the tower have?").out
