"""Imports public sets: benchmark folders, SQuAD 1.1/2.0, BEIR folders, multi-turn task files.

What has documents becomes a folder in our format: ``questions.jsonl`` next to ``documents/``.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.answer import Turn
from evals.datasets.case import Case, QuestionSet, SetError
from evals.datasets.case_validation import build_cases, question_id
from evals.datasets.set_files import read_jsonl, read_text


@dataclass(frozen=True, slots=True)
class Imported:
    """Cases and the texts of their documents, by document name."""

    cases: tuple[Case, ...]
    documents: Mapping[str, str]


def load_folder(folder: Path) -> QuestionSet:
    """A folder with ``questions.jsonl`` and ``documents/``: a benchmark, or an import of ours.

    In a benchmark ``answers`` is a flat list of accepted spans and ``paragraph`` the index of the
    gold paragraph (paragraphs are parted by an empty line).
    """
    questions = folder / "questions.jsonl"
    if not questions.is_file():
        if (folder / "corpus.jsonl").is_file():
            raise SetError(str(folder), ["a BEIR folder; run `footnote eval import` on it first"])
        raise SetError(str(folder), ["a set's folder holds “questions.jsonl” and “documents/”"])
    documents = folder / "documents"
    paragraphs = _Paragraphs(documents)
    rows = [(line, paragraphs.as_ours(row)) for line, row in read_jsonl(questions)]
    cases = build_cases(questions, rows)
    missing = sorted({c.document for c in cases if c.document} - paragraphs.names)
    if missing:
        raise SetError(str(questions), [f"{documents} has no document “{n}”" for n in missing])
    return QuestionSet(folder.name, cases, documents if documents.is_dir() else None)


class _Paragraphs:
    """The paragraphs of a benchmark's documents, each file read once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names = {p.name for p in folder.iterdir()} if folder.is_dir() else set()
        self.read: dict[str, list[str]] = {}

    def as_ours(self, row: Any) -> Any:
        if not isinstance(row, dict) or "paragraph" not in row:
            return row
        ours = {key: value for key, value in row.items() if key != "paragraph"}
        flat = ours.get("answers", [])
        if isinstance(flat, list) and all(isinstance(a, str) for a in flat):
            ours["answers"] = [flat] if flat else []
        passage = self.paragraph(row.get("document"), row["paragraph"])
        if passage:
            ours["passage"] = passage
        ours.setdefault("kind", "answerable" if row.get("answerable") else "not answerable")
        return ours

    def paragraph(self, name: Any, index: Any) -> str:
        if name not in self.names or not isinstance(index, int):
            return ""
        if name not in self.read:
            self.read[name] = re.split(r"\n\s*\n", (self.folder / name).read_text("utf-8").strip())
        return self.read[name][index] if 0 <= index < len(self.read[name]) else ""


def import_set(source: Path) -> Imported:
    """Read a foreign set, by what its file or folder looks like.

    Raises :class:`SetError` if it is none of the known kinds.
    """
    if source.is_dir():
        return import_beir(source)
    text = read_text(source)
    try:
        data = json.loads(text)
    except json.JSONDecodeError:
        return import_turns(source)
    if isinstance(data, dict) and isinstance(data.get("data"), list):
        return import_squad(source, data)
    return import_turns(source)


def import_squad(source: Path, data: Mapping[str, Any]) -> Imported:
    """SQuAD 1.1 or 2.0 (Rajpurkar et al. 2016, 2018): articles of paragraphs with questions."""
    cases: dict[str, Case] = {}
    documents: dict[str, str] = {}
    try:
        for article in data["data"]:
            name = file_name(article.get("title") or f"article-{len(documents) + 1}")
            documents[name] = "\n\n".join(p["context"].strip() for p in article["paragraphs"])
            for paragraph in article["paragraphs"]:
                for qa in paragraph["qas"]:
                    case = _squad_case(qa, name, paragraph["context"].strip())
                    cases[case.id] = case
    except (KeyError, TypeError, AttributeError) as error:
        raise SetError(str(source), [f"not SQuAD's layout: {error!r} is missing"]) from error
    return Imported(tuple(cases.values()), documents)


def _squad_case(qa: Mapping[str, Any], document: str, context: str) -> Case:
    spans = sorted({a["text"].strip() for a in qa.get("answers", [])}, key=lambda s: (len(s), s))
    answerable = bool(spans) and not qa.get("is_impossible", False)
    return Case(
        id=str(qa.get("id") or question_id(qa["question"])),
        question=qa["question"].strip(),
        answers=(tuple(spans),) if answerable else (),
        answerable=answerable,
        kind="answerable" if answerable else "not answerable",
        document=document,
        passage=context,
    )


def import_beir(folder: Path) -> Imported:
    """A BEIR folder (Thakur et al. 2021): ``corpus.jsonl``, ``queries.jsonl``, ``qrels/*.tsv``.

    Queries without a judgement are left out, as BEIR does; the test split is taken if there are
    several. The cases are for retrieval: they have judged documents and no accepted answers.
    """
    wanted = [folder / "corpus.jsonl", folder / "queries.jsonl"]
    splits = sorted((folder / "qrels").glob("*.tsv"))
    absent = [p.name for p in wanted if not p.is_file()] + ([] if splits else ["qrels/*.tsv"])
    if absent:
        raise SetError(str(folder), [f"a BEIR folder needs {name}" for name in absent])
    test = folder / "qrels" / "test.tsv"
    names: dict[str, str] = {}
    documents: dict[str, str] = {}
    for row in _objects(wanted[0]):
        name = names[str(row["_id"])] = file_name(str(row["_id"]))
        documents[name] = "\n\n".join(t for t in (row.get("title", ""), row.get("text", "")) if t)
    judged = _read_qrels(test if test in splits else splits[0])
    cases = tuple(
        Case(
            id=str(row["_id"]),
            question=row["text"].strip(),
            kind="retrieval",
            relevant=tuple((names[d], g) for d, g in judged[str(row["_id"])] if d in names),
        )
        for row in _objects(wanted[1])
        if str(row["_id"]) in judged
    )
    return Imported(cases, documents)


def _read_qrels(path: Path) -> dict[str, list[tuple[str, int]]]:
    judged: dict[str, list[tuple[str, int]]] = {}
    lines = read_text(path).splitlines()
    for number, cells in enumerate(csv.reader(lines, delimiter="\t"), 1):
        if number == 1 and not cells[-1].lstrip("-").isdigit():
            continue
        if len(cells) != 3 or not cells[2].lstrip("-").isdigit():
            raise SetError(str(path), [f"line {number}: query, document and grade, by tabs"])
        judged.setdefault(cells[0], []).append((cells[1], int(cells[2])))
    return judged


def import_turns(source: Path) -> Imported:
    """Multi-turn task lines (as MT-RAG's): ``input`` turns, ``contexts``, ``Answerability``.

    The last turn of ``input`` is the question and the turns before it its history. A task whose
    answerability is unanswerable (or underspecified) is to be refused; the ``targets`` are whole
    answers, too long to stand in ours, so the tasks measure retrieval, refusal and token F1.
    """
    cases: dict[str, Case] = {}
    documents: dict[str, str] = {}
    for line, row in read_jsonl(source):
        if not isinstance(row, dict) or not row.get("input"):
            raise SetError(str(source), [f"line {line}: neither SQuAD nor a task with “input”"])
        relevant = []
        for context in row.get("contexts", []):
            name = file_name(str(context.get("document_id") or f"context-{len(documents) + 1}"))
            documents.setdefault(name, str(context.get("text", "")))
            relevant.append((name, 1))
        case = _task_case(row, tuple(dict(relevant).items()))
        cases[case.id] = case
    return Imported(tuple(cases.values()), documents)


def _task_case(row: Mapping[str, Any], relevant: tuple[tuple[str, int], ...]) -> Case:
    messages = [(str(t.get("speaker", "user")), str(t.get("text", ""))) for t in row["input"]]
    question = messages[-1][1].strip()
    turns = tuple(
        Turn(asked, answered)
        for (who, asked), (_, answered) in zip(messages, messages[1:], strict=False)
        if who == "user"
    )
    labels = row.get("Answerability") or row.get("answerability") or ["ANSWERABLE"]
    label = str(labels[0] if isinstance(labels, list) else labels).upper()
    answerable = label in ("ANSWERABLE", "PARTIAL")
    targets = tuple(str(t.get("text", "")) for t in row.get("targets", []) if t.get("text"))
    return Case(
        id=str(row.get("task_id") or question_id(question, turns)),
        question=question,
        answers=(targets,) if answerable and targets else (),
        answerable=answerable,
        kind=label.lower(),
        turns=turns,
        relevant=relevant if answerable else (),
    )


def _objects(path: Path) -> list[dict[str, Any]]:
    rows = []
    for line, row in read_jsonl(path):
        if not isinstance(row, dict) or "_id" not in row or "text" not in row:
            raise SetError(str(path), [f"line {line}: needs “_id” and “text”"])
        rows.append(row)
    return rows


def file_name(title: str) -> str:
    """A file name for a document of this title."""
    return re.sub(r"[^\w.(),-]+", "_", title).strip("_")[:120] + ".txt"


def write_folder(imported: Imported, folder: Path) -> None:
    """Write ``questions.jsonl`` and ``documents/``; raises :class:`SetError` if they exist."""
    if (folder / "questions.jsonl").exists():
        raise SetError(str(folder), ["there is a set already; name another folder"])
    (folder / "documents").mkdir(parents=True, exist_ok=True)
    for name, text in imported.documents.items():
        (folder / "documents" / name).write_text(text + "\n", encoding="utf-8")
    with (folder / "questions.jsonl").open("w", encoding="utf-8") as file:
        for case in imported.cases:
            file.write(json.dumps(case.as_row(), ensure_ascii=False) + "\n")
