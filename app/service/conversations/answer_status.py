"""Whether answers that were given still hold, judged once for each state of the library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from ingest.errors import FootnoteError

if TYPE_CHECKING:
    from store.library import Library
    from store.results import StoredAnswer


@dataclass(frozen=True, slots=True)
class StoredAnswerStatus:
    """An answer's status today, and the ids of the documents whose cited words have changed."""

    status: str = "current"
    changed: frozenset[str] = frozenset()


class AnswerStatusCache:
    """The status of answers by id. Safe between threads: what is judged twice is the same."""

    def __init__(self) -> None:
        # Who may read more than others sees more change: each view of the library has its own.
        self._known: WeakKeyDictionary[Library, tuple[int, dict[str, StoredAnswerStatus]]]
        self._known = WeakKeyDictionary()

    def of(self, library: Library, ids: Iterable[str]) -> Mapping[str, StoredAnswerStatus]:
        """The status of each; ``current`` for an answer that the library does not keep."""
        now = library.generation
        generation, known = self._known.get(library, (now, {}))
        if now != generation:
            known = {}
        self._known[library] = now, known
        distinct = list(dict.fromkeys(ids))
        unknown = [each for each in distinct if each not in known]
        if unknown:
            try:
                judged = {
                    a.id: _stored_answer_status(library, a) for a in library.answers(ids=unknown)
                }
            except FootnoteError:  # a library that must be indexed again says so when it is asked
                return dict.fromkeys(distinct, StoredAnswerStatus())
            known.update({each: judged.get(each, StoredAnswerStatus()) for each in unknown})
        return {each: known[each] for each in distinct}


def _stored_answer_status(library: Library, answer: StoredAnswer) -> StoredAnswerStatus:
    kept = "current", "unreadable"
    changed = {c.revision for c in answer.citations if c.status not in kept}
    return StoredAnswerStatus(
        answer.status, frozenset(library.revision(r).document_id for r in changed)
    )
