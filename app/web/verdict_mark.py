"""The small mark of a verdict behind a sentence, with its meaning in words."""

from __future__ import annotations

from app.answer import Verdict

VERDICT_MEANINGS: dict[Verdict, tuple[str, str, str]] = {
    Verdict.QUOTED: ("❝", "quoted", "The document's own words"),
    Verdict.SUPPORTED: ("✓", "supported", "The cited words hold what this sentence says"),
    Verdict.COMPUTED: (
        "=",
        "computed",
        "Worked out from what is cited, and checked by doing it again",
    ),
    Verdict.PARTLY: ("◐", "partly supported", "The cited words hold only part of this sentence"),
    Verdict.UNSUPPORTED: ("✕", "not supported", "The cited words do not hold this sentence"),
}


def verdict_meaning(verdict: Verdict) -> str:
    """What a verdict says of its sentence, in words."""
    return f"{VERDICT_MEANINGS[verdict][2]}."


def verdict_mark(verdict: Verdict) -> str:
    """The mark as HTML; quiet if all is well."""
    sign, name, meaning = VERDICT_MEANINGS[verdict]
    quiet = verdict in (Verdict.QUOTED, Verdict.SUPPORTED)
    words = "" if quiet else f" {name}"
    return (
        f'<span class="verdict {verdict.value}" role="img" aria-label="{name}" '
        f'title="{name}: {meaning}"><span aria-hidden="true">{sign}{words}</span></span>'
    )
