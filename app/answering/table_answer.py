"""Answers a question from a table: the likeliest query, computed, in words, with its rows cited."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from app.answer import Answer, Choice, Computed, Sentence, Verdict
from app.answering.citations import CitationNumbering
from app.answering.extract import MAX_QUOTED_SENTENCES
from app.answering.table_match import MAX_TABLES, TableMatch
from app.evidence.evidence import Evidence, Retrieved, ScoredEvidence
from app.tables.describe_query import describe_query, display_value
from app.tables.query import Operation, TableQuery, meets, run_query
from app.tables.values import Grid, build_grid
from ingest.table import Row

# From this probability on, the rows of a lookup are quoted in place of their neighbours.
ROW_PREFERENCE = 0.4
# So likely must lookups that end in the same rows be, taken together, for the same.
MIN_ROW_SHARE = 0.5
# Rows of one citation, and citations of one answer, at most.
MAX_CITED_ROWS = 20
MAX_CITATIONS = 12


def computed_answer(retrieved: Retrieved, match: TableMatch) -> Answer | None:
    """The answer with its calculation in words and the rows it was computed from; of tables alike
    what each of them gives, by its name.

    None if doing it again, over the cells as the text has them, gives anything else.
    """
    matches = [match, *match.others[: MAX_TABLES - 1]]
    if not all(map(_holds, matches)):
        return None
    footnotes = CitationNumbering()
    names = _names(matches) if len(matches) > 1 else [""]
    sentences, values, notes = list[Sentence](), list[str](), list[str]()
    for one, name in zip(matches, names, strict=True):
        numbers, rows = _cite(footnotes, one)
        said = describe_query(one.grid, one.ranked.query, one.ranked.result)
        sentences.append(Sentence(f"{name}: {said}" if name else said, numbers, Verdict.COMPUTED))
        values += _values(one)
        notes += _notes(rows)
    question = retrieved.question.text
    return Answer(
        question,
        question,
        "answer",
        tuple(sentences),
        footnotes.citations,
        "",
        (),
        match.probability,
        "none",
        tuple(notes),
        computed=Computed(tuple(values), "; ".join(s.text for s in sentences)),
        choices=tuple(Choice(name, f"{name}: {question}") for name in names if name),
    )


def _names(matches: Sequence[TableMatch]) -> list[str]:
    """What distinguishes tables alike: their documents, else what stands above them."""
    documents = [one.hit.stored.document for one in matches]
    if len(set(documents)) == len(documents):
        return documents
    return [
        (*one.grid.table.headings, document)[0]
        for one, document in zip(matches, documents, strict=True)
    ]


def _values(match: TableMatch) -> list[str]:
    result = match.ranked.result
    shown = result.texts or (display_value(match.grid, match.ranked.query, result),)
    return [" ".join(value.split()) for value in shown]


def _cite(footnotes: CitationNumbering, match: TableMatch) -> tuple[tuple[int, ...], list[int]]:
    """The numbers of the citations of a result's cells and rows, and these rows."""
    grid, result = match.grid, match.ranked.result
    before = len(footnotes.citations)
    cells = result.cells if result.number is None else ()
    for row, column in cells[:MAX_CITATIONS]:
        line, cell = grid.table.rows[row], grid.table.rows[row].cells[column]
        footnotes.cite(match.hit, line.start, line.end, (cell.start, cell.end))
    rows = sorted(_rows(match))
    for first, last in _runs(grid.table.rows, rows):
        if len(footnotes.citations) - before < MAX_CITATIONS:
            footnotes.cite(match.hit, first.start, last.end)
    return tuple(c.n for c in footnotes.citations[before:]), rows


def prefer_rows(result: ScoredEvidence, match: TableMatch) -> ScoredEvidence:
    """The evidence with the rows first in which a table's lookup ends, its others left out.

    For what is not sure enough to be computed: the right row is quoted, and not its neighbours.
    """
    rows = [match.grid.table.rows[row] for row in match.rows]
    looked_up = match.ranked.query.operation is Operation.VALUES
    sure = looked_up and match.probability >= ROW_PREFERENCE or match.row_share >= MIN_ROW_SHARE
    if not sure or not result.evidence or not 0 < len(rows) <= MAX_QUOTED_SENTENCES:
        return result
    best = result.evidence[0]
    preferred = [
        replace(best, hit=match.hit, start=r.start, end=r.end, text=_text(match, r), key=None)
        for r in rows
    ]
    others = [e for e in result.evidence if not _in_table(e, match)]
    # What was read by itself is another sentence.
    return replace(result, evidence=(*preferred, *others), alone=None)


def mark_not_computed(answer: Answer, match: TableMatch | None) -> Answer:
    """The answer in quotes with a note if it shows rows of a table that should be computed with.

    No value in the rows is set in bold then: it would look like the result.
    """
    if match is None or not match.asks_to_compute:
        return answer
    table = match.grid.table
    rows = {
        c.n
        for c in answer.citations
        if c.revision == match.hit.stored.revision and table.start <= c.start < table.end
    }
    if not rows or answer.citations[0].n not in rows:
        return answer
    citations = tuple(replace(c, key=None) if c.n in rows else c for c in answer.citations)
    note = f"I did not compute this; these are rows of the table. {match.why_not}".strip()
    return replace(answer, citations=citations, notes=(*answer.notes, note), headline="")


def _text(match: TableMatch, row: Row) -> str:
    return match.hit.source.text[row.start : row.end]


def _in_table(evidence: Evidence, match: TableMatch) -> bool:
    table = match.grid.table
    same = evidence.hit.stored.revision == match.hit.stored.revision
    return same and table.start <= evidence.start < table.end


def _holds(match: TableMatch) -> bool:
    """Whether the query, run again over what the revision's text says today, gives the same."""
    text, grid, table = match.hit.source.text, match.grid, match.grid.table
    cells = [cell for row in table.rows for cell in row.cells]
    if any(text[cell.start : cell.end] != cell.text for cell in cells):
        return False
    query = match.ranked.query
    fresh = build_grid(table, grid.form)
    met = [r for r in query.rows if _meets(fresh, query, r)]
    return len(met) == len(query.rows) and run_query(fresh, query) == match.ranked.result


def _meets(grid: Grid, query: TableQuery, row: int) -> bool:
    met = [meets(grid.rows[row][c.column], c) for c in query.conditions]
    return any(met) if query.either else all(met)


def _rows(match: TableMatch) -> set[int]:
    """The rows that the result depends on, besides those that hold its cells."""
    query, result = match.ranked.query, match.ranked.result
    used = {row for row, _ in result.cells}
    lookups = (Operation.VALUES,)
    return used if query.operation in lookups else used | set(query.rows)


def _runs(rows: Sequence[Row], used: Sequence[int]) -> Iterator[tuple[Row, Row]]:
    """First and last row of each run of rows that follow each other."""
    start = 0
    for at in range(1, len(used) + 1):
        ended = at == len(used) or used[at] != used[at - 1] + 1 or at - start == MAX_CITED_ROWS
        if ended:
            yield rows[used[start]], rows[used[at - 1]]
            start = at


def _notes(rows: Sequence[int]) -> tuple[str, ...]:
    most = MAX_CITED_ROWS * MAX_CITATIONS
    if len(rows) <= most:
        return ()
    return (f"Computed from {len(rows):,} rows; the first of them are cited.",)
