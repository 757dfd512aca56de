"""A long conversation is drawn less often while words arrive, so that no page is flooded."""

from __future__ import annotations

from app.web.components import REDRAW_RATE, REDRAW_S, redraw_s


def test_a_long_conversation_is_drawn_less_often() -> None:
    assert redraw_s("") == REDRAW_S
    assert redraw_s("x" * REDRAW_RATE) == 1.0
    for length in (0, 10_000, 500_000, 3_000_000):
        assert length / redraw_s("x" * length) <= REDRAW_RATE
