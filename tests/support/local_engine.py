"""The engine of the local language model, and how much it reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from app.models.base import ChatModel
from app.models.openvino.causal_lm import CausalLM


@pytest.fixture
def local_engine(local_model: ChatModel) -> CausalLM:
    """The engine of the local language model, once a reply that was cut off has ended."""
    with local_model.chat._turn():  # type: ignore[attr-defined]
        opened: CausalLM = local_model.chat._open()  # type: ignore[attr-defined]
    return opened


@pytest.fixture
def tokens_fed(local_engine: CausalLM, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many tokens each pass read, as it goes."""
    counts: list[int] = []
    feed = local_engine._feed

    def counted(tokens: Sequence[int], *, out: int) -> Any:
        counts.append(len(tokens))
        return feed(tokens, out=out)

    monkeypatch.setattr(local_engine, "_feed", counted)
    return counts
