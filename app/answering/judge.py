"""What a chat model makes of the sources: do they answer, and do they support a sentence?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log

from app.answer import Verdict
from app.answering.prompt import ANSWER_PROMPT, JUDGE_PROMPT, messages, support_messages
from app.answering.verify import OTHERWISE_REASON, UNSURE_REASON, Judgement
from app.evidence.model_probe import load_probe
from app.models.base import ChatModel

SUPPORT_LOG_ODDS = 1.3
"""From these log-odds of yes on, the sources support a sentence: chosen on pairs that trained
nothing (evals/FIGURES.md, "Verdicts")."""


def judge(model: ChatModel, question: str, sources: Sequence[str]) -> float | None:
    """Log-odds (natural) that the sources answer the question; None if the model cannot say.

    The local model is asked nothing: its hidden state at the end of the prompt for the answer is
    judged by a probe, so that the judgement and the draft share one reading. Any other model is
    asked for a yes or a no. Raises ``ModelError``.
    """
    state = model.hidden_state(messages(question, sources, ANSWER_PROMPT))
    if state is not None:
        return load_probe().log_odds(state)
    return model.yes_log_odds(messages(question, sources, JUDGE_PROMPT))


@dataclass(frozen=True, slots=True)
class Support:
    """What a model says of a sentence: log-odds (natural) that the sources support all of it, and
    whether they rather say otherwise than nothing about it."""

    log_odds: float
    otherwise: bool


def support(model: ChatModel, sentence: str, sources: Sequence[str]) -> Support | None:
    """Whether the sources support a whole sentence; None if the model was not taught to judge it.

    The sources were read for the answer, so that only the sentence is. Raises ``ModelError``.
    """
    if not model.judges_support:
        return None
    masses = model.first_word(support_messages(sentence, sources), ("yes", "no", "unknown"))
    if masses is None:
        return None
    against = log(exp(masses["no"]) + exp(masses["unknown"]))
    return Support(masses["yes"] - against, masses["no"] > masses["unknown"])


def judged_again(
    first: Judgement, model: ChatModel, sentence: str, sources: Sequence[str]
) -> Judgement:
    """The verdict on a sentence by a model that was taught to judge, where the reader alone
    decided the ``first``; that one otherwise. A wrong number, name or reservation stays wrong.

    Raises ``ModelError``.
    """
    passed = first.verdict in (Verdict.SUPPORTED, Verdict.PARTLY)
    if not passed and first.why not in (UNSURE_REASON, OTHERWISE_REASON):
        return first
    judged = support(model, sentence, sources)
    if judged is None:
        return first
    if judged.log_odds >= SUPPORT_LOG_ODDS:
        return Judgement(Verdict.SUPPORTED)
    reason = OTHERWISE_REASON if judged.otherwise else UNSURE_REASON
    return Judgement(Verdict.UNSUPPORTED, reason, rests=True)
