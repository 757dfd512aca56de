"""Whether the sources answer, as a chat model sees it before it writes."""

from __future__ import annotations

from collections.abc import Sequence

from app.answering.prompt import ANSWER_PROMPT, JUDGE_PROMPT, messages
from app.evidence.model_probe import load_probe
from app.models.base import ChatModel


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
