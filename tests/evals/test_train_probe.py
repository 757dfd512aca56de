"""Training the probe: what it learns from, and that a run which was ended goes on."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from app.models.base import ChatModel, ModelMissing
from evals.training import train_probe
from evals.training.train_probe import Asked, drawn, fit_probe, hidden_states, read_rows
from tests.support.scripted import scripted

TOWNS = (
    "Aldern",
    "Birkau",
    "Corvin",
    "Dunmore",
    "Eskdal",
    "Falun",
    "Gorlach",
    "Hedby",
    "Isen",
    "Jarn",
)
PASSAGE = "The mill at {} was built in 17{} by Johanna Falk. It ground rye for three villages."


def rows() -> list[Asked]:
    """Twenty questions, every second one without an answer."""
    made = []
    for n, town in enumerate(TOWNS):
        sources = tuple(PASSAGE.format(town, 40 + n).partition(" It")[::2])
        for question, answered in ((f"Who built the mill at {town}?", True),
                                   (f"Who burnt down the church of {town}?", False)):  # fmt: skip
            made.append(Asked(question, sources, answered, "ours", town))
    return made


def test_rows_are_read_and_long_passages_left_out(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl.gz"
    short = {
        "question": "Who?",
        "passage": "Ann came. Ben left.",
        "answerable": True,
        "source": "a1",
    }
    long = {**short, "passage": "word " * train_probe.MOST_CHARS}
    with gzip.open(path, "wt") as out:
        out.writelines(json.dumps(row) + "\n" for row in (short, long))
    (row,) = read_rows([path])
    assert row.sources == ("Ann came.", "Ben left.")
    assert (row.question, row.answerable) == ("Who?", True)


def test_each_family_gives_as_many_of_either_kind() -> None:
    """And questions without an answer by people come before those that a program made."""
    kinds = [("alpha1-train", True), ("alpha2-people", False), ("alpha1+mined-neg", False),
             ("beta", True), ("beta+swap-neg", False), ("gamma", True)]  # fmt: skip
    pool = [
        Asked(f"{source} {n}?", ("It is.",), answerable, source, str(n))
        for source, answerable in kinds
        for n in range(90)
    ]
    taken = Counter((row.source, row.answerable) for row in drawn(pool, 80))
    assert taken == {("alpha1-train", True): 30, ("alpha2-people", False): 30,
                     ("beta", True): 10, ("beta+swap-neg", False): 10}  # fmt: skip
    assert drawn(pool, 80) == drawn(pool, 80)
    assert len(drawn(pool, 10_000)) == 2 * 90 + 2 * 90


def test_a_run_that_was_ended_goes_on_and_tells_the_two_kinds_apart(
    tmp_path: Path, local_model: ChatModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_probe, "SAVE_EVERY", 4)
    kept, asked = tmp_path / "states.npz", rows()

    def stop(done: int, total: int) -> None:
        if done == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hidden_states(asked, local_model, kept, stop)
    read: list[str] = []
    state_of = local_model.hidden_state

    def counted(messages: list[object]) -> object:
        read.append(str(messages[-1]))
        return state_of(messages)  # type: ignore[arg-type]

    monkeypatch.setattr(local_model, "hidden_state", counted)
    states = hidden_states(asked, local_model, kept, lambda *_: None)
    assert len(read) == 12  # eight of the ten were kept
    assert states.shape == (20, 1536)
    weights, bias, auc = fit_probe(states, asked)
    assert auc > 0.9
    told = states @ weights + bias > 0
    assert (told == np.array([row.answerable for row in asked])).all()


def test_a_model_without_hidden_states_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="must be local"):
        hidden_states(rows(), scripted(""), tmp_path / "states.npz", lambda *_: None)
