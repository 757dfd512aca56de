"""Rewrites a follow-up into a standalone question, and recognises small talk.

Rules come first: they are instant and predictable. What they make is shown to the person as
"understood as …" and can be edited.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.answer import Turn
from app.language.facts import find_names
from app.language.tokens import STOP_WORDS, fold, stems
from app.question.parsed_question import ParsedQuestion

# Earlier exchanges that may matter for a follow-up.
MAX_TURNS = 4

_GREETING = re.compile(
    r"^(hi|hello|hey|good (morning|afternoon|evening|day)|greetings|salut|hallo|"
    r"salam)( there| everyone| all| footnote)?$"
)
_THANKS = re.compile(
    r"^((many )?(thanks|thank you|thx|cheers|great|perfect|ok(ay)?|got it|bye|goodbye|see you)"
    r"( (so|very) much| a lot| again| you| for (that|this|your help|the help))*( |$)"
    r"|(that|this|it)('s| is| was)( (very|really|so))?"
    r"( (great|perfect|good|nice|helpful|fine))( |$))+$"
)
_HELP = re.compile(
    r"^(help( me)?|what can (i|you) (ask|do|help|tell|answer|know)"
    r"( (me|you|us|about|with|for|here))*|what (should|could) i ask( you)?|"
    r"how (do|does) (you|this) work|who are you|what are you|what is this)$"
)
_POINTS_BACK = re.compile(
    r"\b(he|she|it|they|him|them|his|hers?|its|theirs?|that one|this one|those|these|"
    r"(that|this) (country|city|year|visit|event|agreement|document|time|day|place|person|meeting|"
    r"exhibition|project|route|group|organi[sz]ation|date|number|one)|there|then|"
    r"the (former|latter|same|other|others|first one|second one|last one)|one of them)\b"
)
# "How much did it cost to build the bridge?": "it" stands for what follows.
_EMPTY_IT = re.compile(r"\bit ((?:costs?|takes?|took|is possible|is allowed)\b.* to\b)")
# A clause of its own: an auxiliary, or something that an article names.
_CLAUSE = re.compile(
    r"\b(is|are|was|were|am|do|does|did|has|have|had|can|could|will|would|shall|should|may|might|"
    r"must|the|an?)\b"
)
_ASKS_MORE = re.compile(
    r"\b(in return|as well|what else|who else|where else|anything else|any others?|"
    r"(which|that|this|another|other|the|first|second|third|last|next|new|old) ones?)\b"
)
_WHAT_ABOUT = re.compile(
    r"^(?:and |but |so )?(?:(?:what|how) about|and|or|but)\s+(.+?)\??$", re.IGNORECASE
)
_PHRASE = re.compile(r"(for|from|to|with|at|on|by|during|before|after|under|between)\b (?=\w)")
_OWNED = re.compile(r"\b(his|her|its|their)(?= \w)")
_KIND_ASKED = re.compile(
    r"^(which|what|whose|how many) (?!(?:of|is|was|are|were|did|does|do|has|have|had|can|will)\b)\w"
)
_THESE = re.compile(r"\b(these|those|this|that) (\w+)")
_PERSON = re.compile(r"\b(he|she|him|her|his)\b", re.IGNORECASE)
_TITLE = re.compile(
    r"\b(Mr|Mrs|Ms|Dr|Prof|Professor|Sir|Dame|Lady|Lord|King|Queen|Prince|Princess|President|Minister|"
    r"Prime Minister|Chancellor|Ambassador|Mayor|Judge|Captain|General|Doctor|Pope|Saint)\b"
)
_NAME_RUN = re.compile(r"(?:[A-Z][\w’'.-]*(?:\s+(?:of|the|and|de|al)\s+(?=[A-Z])|\s+)?)+")
# A phrase with a figure at the end of a question: "in 2023", "for the Model 3".
_ENDING = re.compile(r"\b(?:in|on|at|during|since|until|before|after|for)\s[^?]*\d[^?\s]*(?=\W*$)")
_DETERMINERS = frozenset(["the", "a", "an", "its", "their", "his", "her"])
_QUESTION_WORD = re.compile(
    r"^((in|on|at|by|for|from|to|with|since|until|during|of) )?(who|what|when|where|why|which"
    r"|whose|whom|how|is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|name|list)\b"
)


@dataclass(frozen=True, slots=True)
class Rewritten:
    """``talk`` is the reply to small talk ("" for a question); ``standalone`` what is searched;
    ``first`` says that no question was asked before it."""

    standalone: ParsedQuestion
    talk: str = ""
    first: bool = False


def rewrite_question(
    question: ParsedQuestion, history: Sequence[Turn], documents: Callable[[], Sequence[str]]
) -> Rewritten:
    """Read a question in its conversation. ``documents`` gives the titles that can be asked."""
    reply = small_talk_reply(question, documents)
    if reply:
        return Rewritten(question, reply)
    asked = ((turn, ParsedQuestion(turn.question)) for turn in history if turn.question.strip())
    recent = [(t, q) for t, q in asked if not small_talk_reply(q, list)][-MAX_TURNS:]
    if not recent or not is_follow_up(question):
        return Rewritten(question, first=not recent)
    whole: list[Turn] = []
    for turn, earlier in recent:
        follows = whole and is_follow_up(earlier)
        alone = standalone(turn.question, whole) if follows else turn.question
        whole.append(Turn(alone, turn.answer))
    return Rewritten(ParsedQuestion(standalone(question.text, whole)))


def small_talk_reply(question: ParsedQuestion, documents: Callable[[], Sequence[str]]) -> str:
    """The reply to a greeting, thanks or a request for help; "" for anything else."""
    plain = " ".join(re.sub(r"[^\w\s']", " ", question.folded).split())
    if _GREETING.match(plain):
        about = _what_to_ask_about(documents())
        return f"Hello. {about} Every sentence of an answer carries a footnote to its source."
    if _HELP.match(plain):
        return (
            f"{_what_to_ask_about(documents())} Ask who, what, when, where, how many or why, or "
            "for a list. Each sentence of the answer has a footnote that opens the source at "
            "the exact words; when the documents do not say, so will I."
        )
    return "You are welcome." if _THANKS.match(plain) else ""


def _what_to_ask_about(titles: Sequence[str]) -> str:
    if not titles:
        return "No document has been added yet."
    listed = ", ".join(f"“{title}”" for title in titles[:5])
    return f"You can ask about {listed}{' and more' if len(titles) > 5 else ''}."


def is_follow_up(question: ParsedQuestion) -> bool:
    """Whether the question leans on the one before it."""
    folded, content = question.folded, question.content_words
    if _POINTS_BACK.search(_without_own_antecedents(question.text)):
        # "What does the plan say about its members?" names what "its" means.
        return not (question.later_names and len(content) >= 5)
    if _WHAT_ABOUT.match(question.text.strip()) and not re.match(
        r"^(and|or|but),?\s+(who|what|when|where"
        r"|why|which|how|did|do|does|is|was)\b",
        folded,
    ):
        return True
    if re.match(r"(and|but|or|so)\b", folded) or _ASKS_MORE.search(folded):
        return len(content) <= 5
    # "Since when?", "Which country?", "Who leads?": a question without a clause of its own.
    if question.later_names:
        return False
    elliptical = _QUESTION_WORD.match(folded) and not _CLAUSE.search(folded)
    return not content or bool(elliptical) and len(content) == 1


def _without_own_antecedents(question: str) -> str:
    """The folded question without the words that point at something earlier in itself.

    "its" after a name or after "Which country …", and "these meetings" after "meetings".
    """
    folded = re.sub(r"\b(is|was|are|were) there\b|\bthere (is|was|are|were)\b", "", fold(question))
    folded = _EMPTY_IT.sub(r"\1", folded)

    def owned(match: re.Match[str]) -> str:
        before = folded[: match.start()]
        named = find_names(". " + question[1 : match.start()])
        return "" if named or _KIND_ASKED.match(before.strip()) else match[0]

    def these(match: re.Match[str]) -> str:
        return "" if stems(match[2]) & stems(folded[: match.start()]) else match[0]

    return _THESE.sub(these, _OWNED.sub(owned, folded))


def _topics(turns: Sequence[Turn]) -> list[str]:
    """Name runs of the last question, then of its answer, then of older questions."""
    texts = [turns[-1].question, turns[-1].answer, *(t.question for t in reversed(turns[:-1]))]
    named = set(find_names("\n".join(texts)))
    runs: list[str] = []
    for text in texts:
        for match in _NAME_RUN.finditer(text):
            run = match[0].strip(" .'’-")
            if match.start() == 0 and text.rstrip().endswith("?"):
                run = " ".join(run.split()[1:])
            run = re.sub(r"^(The|A|An) ", "", run)
            # "First, the council voted": a word before a comma is no name if it is none elsewhere.
            opener = text[match.end() : match.end() + 1] == "," and fold(run) not in named
            if run and fold(run) not in STOP_WORDS and not (opener and " " not in run):
                runs.append(run)
    return list(dict.fromkeys(runs))


def standalone(question: str, turns: Sequence[Turn]) -> str:
    """The follow-up with what it leans on written out.

    "What about X?" becomes the last question, asked about X; a pronoun for a person whom the last
    exchange names becomes that name; anything else is kept as asked and followed by the
    question that it continues.
    """
    last = _root(turns[-1].question.strip())
    about = _WHAT_ABOUT.match(question.strip())
    if about and not _QUESTION_WORD.match(fold(about[1])):
        new = about[1].strip()
        return _swapped(last, new) or _in_its_place(last, new) or f"{last.rstrip('?')}, {new}?"
    return _named(question.strip(), turns) or f"{question.strip()} ({last})"


def understood_as(question: str, standalone: str) -> str:
    """How a question was understood, to be shown; "" if it reads as it was asked.

    A question that is followed by the one that it continues is what it says already.
    """
    asked, meant = question.strip(), standalone.strip()
    continued = meant.startswith(f"{asked} (") and _root(meant) != meant
    return "" if continued or meant == asked else meant


def _root(question: str) -> str:
    """The question that a follow-up of this module's making continues."""
    inner = re.search(r"\? \((.+)\)$", question)
    return inner[1] if inner else question


def _named(question: str, turns: Sequence[Turn]) -> str:
    """The question with its pronoun replaced by the name that it stands for; "" if unclear."""
    match = _PERSON.search(question)
    if match is None:
        return ""
    last = turns[-1]
    if re.search(r"\bwho\b", fold(last.question)):
        candidates = _names_of(last.answer) or _names_of(last.question)
        candidates = [n for n in candidates if _TITLE.search(n)] or candidates
    else:
        # Only a title distinguishes a person's name from a firm's or a report's.
        candidates = [n for n in _names_of(last.question) if _TITLE.match(n)]
    if not candidates:
        return ""
    name = candidates[0]
    owns = match[1].lower() == "his" or (
        match[1].lower() == "her" and re.match(r"\s+\w", question[match.end() :]) is not None
    )
    return question[: match.start()] + name + ("\u2019s" if owns else "") + question[match.end() :]


def _names_of(text: str) -> list[str]:
    return _topics([Turn(text, "")])


def _in_its_place(last: str, new: str) -> str:
    """The new thing at the time or for the model that the last question ends with; "" if it ends
    otherwise: "What did a ticket cost in 2023?", "And the visitors?"."""
    ending = _ENDING.search(last)
    named = fold(new).split()[0] in _DETERMINERS
    return f"What about {new} {ending[0]}?" if ending and named else ""


def _swapped(last: str, new: str) -> str:
    """The last question with its last name run (or year) replaced by the new one; "" if none."""
    phrase = _PHRASE.match(new)
    if phrase and f" {phrase[1]} " in last:
        return f"{last.rpartition(f' {phrase[1]} ')[0]} {new}?"
    if re.fullmatch(r"(in )?\d{4}", new):
        years = re.findall(r"\b\d{4}\b", last)
        return last.replace(years[-1], new.removeprefix("in ")) if years else ""
    runs = [r for r in _topics([Turn(last, "")]) if r in last]
    if not runs or not new[:1].isupper():
        return ""
    head, _, tail = last.rpartition(runs[-1])
    return f"{head}{new}{tail}"
