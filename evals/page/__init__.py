"""The Evaluate page of the chat: choose a set and settings, run it, read the result.

The chat knows this page by its entry point only (group ``footnote.pages``).
"""

from __future__ import annotations

from typing import Any

__all__ = ["build"]


def build(engine: Any, tab: Any) -> None:
    """Fill the page's tab of a served chat, given its ``Engine``."""
    from evals.page.evaluate_tab import fill

    fill(engine, tab)
