"""Sets are read whole, or each mistake is told with its line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.answer import Turn
from evals.datasets.case import Case, SetError
from evals.datasets.check_set import check_set
from evals.datasets.importers import import_set, write_folder
from evals.datasets.question_sets import load_set, shipped_sets, write_set
from ingest.load import expand
from store.library import Library

ROW = {"id": "q1", "question": "How high is the tower?", "answers": [["38 metres", "38 m"]]}

MISTAKES = [
    ('{"question": ', "line 1: not JSON"),
    ('["question"]', "line 1: a question is an object"),
    ('{"answers": [["x"]]}', "there is no “question”"),
    ('{"question": 7, "answers": [["x"]]}', "“question” must be text, not 7"),
    ('{"question": "  ", "answers": [["x"]]}', "“question” is empty"),
    (json.dumps({"question": "a" * 20_001, "answers": [["x"]]}), "at most 20000"),
    ('{"question": "?", "answer": [["x"]]}', "unknown field “answer”; did you mean “answers”?"),
    ('{"question": "?", "id": 7, "answers": [["x"]]}', "“id” must be text, not 7"),
    ('{"question": "?", "kind": "", "answers": [["x"]]}', "“kind” is empty"),
    ('{"question": "?", "answers": "x"}', '“answers” must be a list of lists, not "x"'),
    ('{"question": "?", "answers": ["x"]}', '“answers” must be a list of lists: write [["x"]]'),
    ('{"question": "?", "answers": [[]]}', "group 1 of “answers” is empty"),
    ('{"question": "?", "answers": [[3]]}', "an accepted answer in group 1 of “answers” must be"),
    ('{"question": "?", "answers": [[" "]]}', "is empty; everything would count as right"),
    ('{"question": "?"}', "an answerable question needs “answers”"),
    ('{"question": "?", "answerable": "no"}', "“answerable” must be true or false"),
    ('{"question": "?", "answerable": false, "answers": [["x"]]}', "is not answerable has"),
    ('{"question": "?", "answers": [["x"]], "evidence": ["x"]}', "“evidence” must be a list of"),
    (
        json.dumps({"question": "?", "answers": [["x"]], "evidence": [["y" * 201]]}),
        "has 201 characters; give the few words that matter",
    ),
    ('{"question": "?", "answers": [["x"]], "forbidden": "y"}', "“forbidden” must be a list"),
    ('{"question": "?", "answers": [["the x"]], "forbidden": ["x"]}', "“x” is forbidden, but"),
    ('{"question": "?", "answers": [["x"]], "turns": "y"}', "“turns” must be a list"),
    ('{"question": "?", "answers": [["x"]], "turns": [{"question": "y"}]}', "turn 1 must have"),
    ('{"question": "?", "relevant": {"d": 0.5}}', "“relevant” must map documents to"),
]


@pytest.mark.parametrize(("line", "message"), MISTAKES)
def test_each_mistake_has_its_message(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(SetError) as caught:
        load_set(path)
    assert message in str(caught.value)
    assert caught.value.exit_code == 2


def test_all_mistakes_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    good = json.dumps(ROW)
    path.write_text("\n".join([good, *(line for line, _ in MISTAKES), good]), encoding="utf-8")
    with pytest.raises(SetError) as caught:
        load_set(path)
    told = caught.value.problems
    for number, (_, message) in enumerate(MISTAKES, 2):
        assert any(p.startswith(f"line {number}: ") for p in told), number
        assert any(message.removeprefix("line 1: ") in p for p in told)
    assert "line 26: id “q1” is already used on line 1" in told


def test_files_that_are_no_sets(tmp_path: Path) -> None:
    files = {
        "empty.jsonl": (b"\n", "the set is empty"),
        "latin.jsonl": ('{"question": "caf\u00e9"}'.encode("latin-1"), "is not UTF-8"),
        "set.txt": (b"?", "use .jsonl, .yaml, .yml, .csv"),
        "bad.yaml": (b"- question: [a\n- b: }", "line 2: not YAML"),
        "map.yaml": (b"question: a", "a YAML set is a list"),
        "wide.csv": (b"question,answers\na,b,c\n", "line 2: more cells than the header"),
    }
    for name, (data, message) in files.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(SetError, match=message):
            load_set(tmp_path / name)
    with pytest.raises(SetError, match="no such file"):
        load_set(tmp_path / "missing.jsonl")
    with pytest.raises(SetError, match="holds “questions.jsonl”"):
        load_set(tmp_path)


def test_one_set_in_three_forms(tmp_path: Path) -> None:
    jsonl, yaml, csv = (tmp_path / f"set{ending}" for ending in (".jsonl", ".yaml", ".csv"))
    case = Case(
        id="q1",
        question="How high?",
        answers=(("38 metres", "38 m"), ("tower",)),
        forbidden=("211",),
        evidence=(("tower", "38"),),
        kind="fact",
        turns=(Turn("What is it?", "A tower."),),
    )
    write_set(jsonl, [case])
    yaml.write_text(
        "- id: q1\n  question: How high?\n  answers: [[38 metres, 38 m], [tower]]\n"
        '  forbidden: ["211"]\n  evidence: [[tower, "38"]]\n  kind: fact\n'
        '  turns: [{question: "What is it?", answer: A tower.}]\n'
    )
    csv.write_text(
        "id,question,answers,forbidden,evidence,kind,turns,answerable\n"
        'q1,How high?,38 metres | 38 m; tower,211,tower | 38,fact,"[{""question"": '
        '""What is it?"", ""answer"": ""A tower.""}]",yes\n'
    )
    loaded = [load_set(path) for path in (jsonl, yaml, csv)]
    assert [s.cases for s in loaded] == [(case,)] * 3
    assert len({s.fingerprint for s in loaded}) == 1


def test_a_question_without_id_gets_one_that_stays(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text(
        '{"question": "a?", "answers": [["x"]]}\n{"question": "b?", "answerable": false}'
    )
    first, second = load_set(path).cases
    assert first.id != second.id
    assert load_set(path).cases[0].id == first.id


def test_shipped_sets_load() -> None:
    assert list(shipped_sets()) == ["briefing", "dialogues", "near-misses", "office", "yes-no"]
    for name in shipped_sets():
        assert len(load_set(name).cases) >= 60
    assert len(list(expand([str(load_set("office").documents)]))) == 5


def test_a_benchmark_folder_gives_each_question_its_document_and_paragraph(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "a.txt").write_text("One is here.\n\nTwo is there.\n")
    rows = [
        {"id": "1", "document": "a.txt", "question": "Where is two?", "answers": ["there"],
         "answerable": True, "paragraph": 1},
        {"id": "2", "document": "a.txt", "question": "Where is six?", "answers": [],
         "answerable": False, "paragraph": 0},
    ]  # fmt: skip
    lines = tmp_path / "questions.jsonl"
    lines.write_text("\n".join(map(json.dumps, rows)))
    loaded = load_set(tmp_path)
    assert loaded.documents == tmp_path / "documents"
    assert loaded.cases[0].passage == "Two is there."
    assert loaded.cases[0].answers == (("there",),)
    assert loaded.cases[0].document == "a.txt"
    assert not loaded.cases[1].answerable
    lines.write_text(json.dumps({**rows[0], "document": "b.txt"}))
    with pytest.raises(SetError, match="no document “b.txt”"):
        load_set(tmp_path)


def test_squad_becomes_a_folder(tmp_path: Path) -> None:
    context = "The tower is 38 metres high."
    qas = [
        {
            "id": "1",
            "question": "How high?",
            "answers": [{"text": "38 metres", "answer_start": 13}],
        },
        {"id": "2", "question": "How old?", "answers": [], "is_impossible": True},
    ]
    article = {"title": "The Tower", "paragraphs": [{"context": context, "qas": qas}]}
    source = tmp_path / "squad.json"
    source.write_text(json.dumps({"version": "v2.0", "data": [article]}))
    imported = import_set(source)
    write_folder(imported, tmp_path / "set")
    loaded = load_set(tmp_path / "set")
    assert loaded.cases == imported.cases
    assert loaded.cases[0].passage == context
    assert [case.answerable for case in loaded.cases] == [True, False]
    with pytest.raises(SetError, match="there is a set already"):
        write_folder(imported, tmp_path / "set")
    source.write_text(json.dumps({"data": [{"title": "x"}]}))
    with pytest.raises(SetError, match="not SQuAD's layout"):
        import_set(source)


def test_beir_keeps_grades_and_judged_queries(tmp_path: Path) -> None:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "corpus.jsonl").write_text(
        '{"_id": "d1", "title": "T", "text": "One."}\n{"_id": "d2", "text": "Two."}\n'
    )
    (tmp_path / "queries.jsonl").write_text(
        '{"_id": "1", "text": "one?"}\n{"_id": "2", "text": "x?"}'
    )
    qrels = tmp_path / "qrels" / "test.tsv"
    qrels.write_text("query-id\tcorpus-id\tscore\n1\td1\t2\n1\td2\t0\n")
    imported = import_set(tmp_path)
    assert imported.documents == {"d1.txt": "T\n\nOne.", "d2.txt": "Two."}
    assert [case.id for case in imported.cases] == ["1"]
    assert dict(imported.cases[0].relevant) == {"d1.txt": 2, "d2.txt": 0}
    write_folder(imported, tmp_path / "set")
    assert load_set(tmp_path / "set").cases == imported.cases
    qrels.write_text("q\td\ts\n1\td1\n")
    with pytest.raises(SetError, match="line 2: query, document and grade"):
        import_set(tmp_path)


def test_task_lines_keep_their_turns(tmp_path: Path) -> None:
    task = {
        "task_id": "t1",
        "input": [
            {"speaker": "user", "text": "Who built it?"},
            {"speaker": "agent", "text": "Thornbury."},
            {"speaker": "user", "text": "When?"},
        ],
        "contexts": [{"document_id": "d1", "text": "Built in 1871."}],
        "targets": [{"text": "It was built in 1871."}],
        "Answerability": ["ANSWERABLE"],
    }
    source = tmp_path / "tasks.jsonl"
    refused = {**task, "task_id": "t2", "Answerability": ["UNANSWERABLE"]}
    source.write_text(json.dumps(task) + "\n" + json.dumps(refused) + "\n")
    first, second = import_set(source).cases
    assert first.turns == (Turn("Who built it?", "Thornbury."),)
    assert first.question == "When?"
    assert dict(first.relevant) == {"d1.txt": 1}
    assert not second.answerable and not second.relevant


def test_check_finds_what_only_the_documents_show(library: Library, sample) -> None:  # type: ignore[no-untyped-def]
    library.add(sample)
    from evals.datasets.case import QuestionSet

    def case(id: str, question: str, answer: str, *words: str, **more: str) -> Case:
        return Case(id, question, ((answer,),), evidence=(words,), **more)  # type: ignore[arg-type]

    cases = (
        case("good", "How high is the tower?", "38 metres", "tower", "38"),
        case("same", "how high is the tower", "38 metres", "tower", "38"),
        case("gone", "How wide?", "9 metres", "tower", "wide"),
        case("stray", "How many steps?", "1999", "steps", "211"),
        case("lost", "How deep?", "1 m", "tower", document="other.txt"),
        Case("none", "Who painted it?", answerable=False),
    )
    problems = {(p.id, p.message.split()[0]) for p in check_set(QuestionSet("s", cases), library)}
    assert problems == {("same", "asks"), ("gone", "no"), ("stray", "answer"), ("lost", "its")}
