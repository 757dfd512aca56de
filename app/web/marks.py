"""Right, wrong, incomplete: the reader's judgement, kept as a case of their own evaluation set."""

from __future__ import annotations

from app.cases import add_case
from app.web.chat import Chat


def mark(chat: Chat, owner: str, exchange: str, judged: str) -> None:
    """Keep the judgement of an answer, or take it back where it is pressed again."""
    kept = chat.kept.exchange(owner, exchange)
    if kept is None or kept.answer is None or judged not in ("right", "wrong", "incomplete"):
        return
    fresh = "" if kept.mark == judged else judged
    chat.kept.mark(exchange, fresh)
    add_case(chat.engine.settings.data, kept.id, kept.answer, fresh)
