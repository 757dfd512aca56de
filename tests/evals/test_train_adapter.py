"""Training the adapter: what is learnt, that ended runs go on, and what it changes in the graph."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
import torch

from app.models.openvino.adapter import MODULES, adapt
from app.models.openvino.causal_lm import STATE_LAYER, CausalLM
from app.models.pull import model_path
from app.settings import load_settings
from evals.training import train_adapter
from evals.training.adapter.examples import (
    NO,
    NOT_STATED,
    UNKNOWN,
    YES,
    SupportPair,
    answer_example,
    answer_sentence,
    read_pairs,
    support_example,
    support_pairs,
    twin,
    yes_no_example,
    yes_no_pairs,
    yes_no_question,
)
from evals.training.adapter.mixture import answers
from evals.training.train_adapter import Prepared, Training, load, prepare, prepared
from evals.training.train_probe import Asked

WIDTH, WIDE, HEADS, VOCABULARY, LAYERS = 32, 64, 4, 40, STATE_LAYER + 2
MILL = Asked(
    "Who built the mill at Aldern?",
    ("The mill at Aldern is old.", "It was built in 1740 by Johanna Falk."),
    True,
    "ours",
    "a1",
    "Johanna Falk",
)


def says(sentence: str) -> Any:
    return lambda _: sentence


def test_an_answer_becomes_a_sentence_of_its_words_with_its_source() -> None:
    example = answer_example(MILL, says("Johanna Falk built the mill at Aldern.\nmore"))
    assert example is not None
    assert example.reply == "Johanna Falk built the mill at Aldern [2]."
    assert "[2] It was built in 1740 by Johanna Falk." in str(example.prompt[-1].content)
    denied = answer_example(replace(MILL, answerable=False, answer=""), says("unused"))
    assert denied is not None and denied.reply == NOT_STATED


@pytest.mark.parametrize(
    "sentence",
    [
        "Johanna Falk built the mill at Aldern in 1740.",  # more than the answer
        "The mill at Aldern was built.",  # less
        "Johanna Falk.",
        MILL.question,
        "",
    ],
)
def test_a_sentence_that_adds_or_loses_words_is_not_learnt(sentence: str) -> None:
    assert answer_sentence(MILL.question, MILL.answer, says(sentence)) == ""
    assert answer_example(MILL, says(sentence)) is None


def test_a_twin_lacks_what_answers_and_what_is_denied_does_not_outnumber_the_rest() -> None:
    other = twin(MILL)
    assert other is not None
    assert other.sources == ("The mill at Aldern is old.",)
    assert not other.answerable
    assert twin(replace(MILL, sources=MILL.sources[1:])) is None
    assert twin(replace(MILL, answer="", answerable=False)) is None

    rows = [replace(MILL, question=f"Who built mill {n} at Aldern?") for n in range(4)]
    rows += [replace(MILL, question=f"Who burnt {n}?", answerable=False) for n in range(9)]
    made = answers(rows, says("Johanna Falk built the mill at Aldern."))
    assert [e.reply == NOT_STATED for e in made] == [False] * 4 + [True] * 4
    assert [e.source for e in made].count("ours+twin") == 1


def test_support_comes_by_turns_and_as_often_as_not(tmp_path: Path) -> None:
    rows = [
        {"source": f"{family}-x", "premise": f"Mill {n} burnt down.", "claim": "It burnt.",
         "label": "supported" if n % 3 else ("contradicted", "neither")[n % 2]}
        for family in ("alpha", "beta", "bump")
        for n in range(12)
    ]  # fmt: skip
    with gzip.open(tmp_path / "pairs.gz", "wt") as out:
        out.writelines(json.dumps(row) + "\n" for row in rows)
    pairs = support_pairs(read_pairs([tmp_path / "pairs.gz"]), [], seed=1)
    taught = [support_example(pair) for pair in pairs]
    assert [e.reply == YES for e in taught[:4]] == [True, False, True, False]
    assert {e.reply for e in taught} == {YES, NO, UNKNOWN}
    assert {e.source for e in taught[:4]} == {"alpha-x", "beta-x"}
    assert len(taught) == 2 * 2 * 4  # "bump" misleads and is left out
    assert "Statement: It burnt." in str(taught[0].prompt[-1].content)


@pytest.mark.parametrize(
    ("claim", "written", "expected"),
    [
        ("The mill opened in May.", "Did the mill open in May?\nmore", "Did the mill open in May?"),
        ("The mill opened in May.", "Did the old mill open in May?", ""),  # more
        ("The mill opened in May.", "Did it open in May?", ""),  # less
        ("The mill opened in May.", "Who opened the mill in May?", ""),  # of another kind
        ("The mill did not burn down.", "unused", ""),  # what would a yes say?
        ("Did it burn down?", "unused", "Did it burn down?"),
    ],
)
def test_a_claim_becomes_a_question_for_yes_or_no(claim: str, written: str, expected: str) -> None:
    assert yes_no_question(claim, says(written)) == expected
    pair = SupportPair(claim, "It burnt. All of it did.", "contradicted", "ours")
    example = yes_no_example(pair, says(written))
    assert (example is not None) == bool(expected)
    if example:
        assert example.reply == NO
        assert f"[2] All of it did.\n\nQuestion: {expected}\n" in str(example.prompt[-1].content)


def test_yes_no_and_unknown_come_as_often(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "asked.gz", "wt") as out:
        for n in range(8):
            row = {"source": "people", "question": f"Did {n} burn?", "passage": "It burnt.",
                   "answer": ("yes", "no")[n % 2], "licence": "ours"}  # fmt: skip
            out.write(json.dumps(row) + "\n")
    labels = ("supported", "contradicted", "neither")
    claims = [
        SupportPair(f"{n} burnt.", "It burnt.", label, source)
        for label in labels
        for source in ("fever", "snli-dev")
        for n in range(8)
    ]
    taken = list(yes_no_pairs(tmp_path / "asked.gz", claims, seed=1))
    assert [p.label for p in taken[:6]] == [label for label in labels for _ in range(2)]
    assert [p.source for p in taken[:4]] == ["fever", "people-yesno"] * 2
    assert "snli-dev" not in {p.source for p in taken}  # a caption answers no such question
    assert len(taken) == 3 * 6


def tiny_qwen(path: Path) -> Path:
    """A Qwen2 model with random weights whose upper two layers are trained in the tests."""
    random, writer = np.random.default_rng(0), gguf.GGUFWriter(path, "qwen2")
    writer.add_context_length(512)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(WIDE)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS // 2)
    writer.add_rope_freq_base(10_000.0)
    writer.add_layer_norm_rms_eps(1e-6)

    def add(name: str, *shape: int) -> None:
        values = np.ones(shape) if "norm" in name else random.normal(0, 0.2, shape)
        writer.add_tensor(name, values.astype(np.float32))

    add("token_embd.weight", VOCABULARY, WIDTH)
    add("output_norm.weight", WIDTH)
    for n in range(STATE_LAYER, LAYERS):
        for name, rows in (("q", WIDTH), ("k", WIDTH // 2), ("v", WIDTH // 2)):
            add(f"blk.{n}.attn_{name}.weight", rows, WIDTH)
            add(f"blk.{n}.attn_{name}.bias", rows)
        add(f"blk.{n}.attn_output.weight", WIDTH, WIDTH)
        add(f"blk.{n}.ffn_gate.weight", WIDE, WIDTH)
        add(f"blk.{n}.ffn_up.weight", WIDE, WIDTH)
        add(f"blk.{n}.ffn_down.weight", WIDTH, WIDE)
        add(f"blk.{n}.attn_norm.weight", WIDTH)
        add(f"blk.{n}.ffn_norm.weight", WIDTH)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def twenty(work: Path) -> list[Prepared]:
    """Examples whose first state says which of two replies is right."""
    random, rows = np.random.default_rng(1), []
    work.mkdir()
    for n in range(20):
        states = random.normal(0, 1, (9, WIDTH)).astype(np.float16)
        states[:, 0] = 4 if n % 2 else -4
        tokens = np.array([1, 2, 3, 4, 5, 6, 10 + n % 2, 20, 30])
        np.savez(work / f"{n}.npz", tokens=tokens, states=states, start=6)
        rows.append(Prepared(str(n), "support", (NO, YES)[n % 2], "ours", f"{n + 1:x}"))
    return rows


def test_an_ended_training_goes_on_to_the_same_weights_and_learns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_adapter, "RATE", 0.03)  # random weights move slowly
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # matrices so small lose more by waiting for each other
    try:
        _ends_and_goes_on(tmp_path)
    finally:
        torch.set_num_threads(threads)


def _ends_and_goes_on(tmp_path: Path) -> None:
    model = tiny_qwen(tmp_path / "tiny.gguf")
    rows = twenty(tmp_path / "whole")
    twenty(tmp_path / "parts")
    whole = Training(model, tmp_path / "whole", passes=10)
    before = whole.figures(rows)
    whole.run(rows, most_minutes=60)
    assert whole.step == 25
    after = whole.figures(rows)
    assert after["support loss"] < before["support loss"] / 2
    assert after["support AUC"] == 1.0

    parts = Training(model, tmp_path / "parts", passes=10)
    ended = [0]

    def learn(row: Prepared, learnt: Any = parts._learn) -> Any:
        ended[0] += 1
        if ended[0] > 12 * 8 + 3:
            raise KeyboardInterrupt
        return learnt(row)

    parts._learn = learn  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        parts.run(rows, most_minutes=60)
    again = Training(model, tmp_path / "parts", passes=10)
    assert again.step == 10  # the last that was kept
    again.run(rows, most_minutes=60)
    for name, weight in whole.network.thin_weights().items():
        assert np.array_equal(weight, again.network.thin_weights()[name]), name


def random_adapter(size: float) -> dict[str, Any]:
    random = np.random.default_rng(2)
    shapes = {"o": (1536, 1536), "gate": (1536, 8960), "up": (1536, 8960), "down": (8960, 1536)}
    weights = {}
    for module in MODULES:
        inner, outer = shapes[module]
        weights[f"{STATE_LAYER}.{module}.a"] = random.normal(0, 0.03, (8, inner))
        weights[f"{STATE_LAYER}.{module}.b"] = random.normal(0, size, (outer, 8))
    return {name: w.astype(np.float16) for name, w in weights.items()}


def test_states_are_kept_once_and_an_adapter_changes_only_what_is_above(
    tmp_path: Path, local_engine: CausalLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = model_path(load_settings(model="local"))
    assert folder is not None
    engine = CausalLM(folder, threads=2, adapter=random_adapter(0.3))
    example = answer_example(MILL, says("Johanna Falk built the mill at Aldern."))
    denied = answer_example(replace(MILL, question="Who burnt it?", answerable=False), says(""))
    assert example is not None and denied is not None
    prepare([example], engine, tmp_path / "work", most_minutes=5)
    read: list[int] = []
    states_of = engine.states

    def counted(tokens: Sequence[int]) -> Any:
        read.append(len(tokens))
        return states_of(tokens)

    monkeypatch.setattr(engine, "states", counted)
    prepare([example, denied], engine, tmp_path / "work", most_minutes=5)
    kept = prepared(tmp_path / "work")
    assert [(row.task, row.positive) for row in kept] == [("answer", True), ("answer", False)]
    assert len(read) == 1

    tokens, states, start = load(kept[0], tmp_path / "work")
    ids = tokens.tolist()
    assert engine.decode(ids[start:-1]) == example.reply and ids[-1] == engine.end
    below = torch.from_numpy(local_engine.states(ids))
    assert torch.allclose(states, below, rtol=0.1, atol=0.5)
    adapted, usual = (one.read(ids[:start], lambda: True) for one in (engine, local_engine))
    assert adapted is not None and usual is not None
    assert np.corrcoef(adapted, usual)[0, 1] < 0.9


def test_a_graph_that_is_built_otherwise_is_named() -> None:
    class Other:
        def input_values(self) -> list[Any]:
            return []

    with pytest.raises(ValueError, match="does not end as expected"):
        adapt([Other()] * 56, random_adapter(0.1))


def test_the_command_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train_adapter, "model_path", lambda _: None)
    command = ["train_adapter", "--training", "x", "--gguf", "x", "--work", "x", "--out", "x"]
    monkeypatch.setattr("sys.argv", command)
    with pytest.raises(SystemExit) as ended:
        train_adapter.main()
    assert ended.value.code == 2
