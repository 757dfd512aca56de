"""The local language model as a LangChain chat model, run in this process by OpenVINO."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from langchain_core.messages import AIMessageChunk, BaseMessage, convert_to_openai_messages
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGenerationChunk

from app.models.base import ContextOverflow, ModelMissing, time_limit
from app.models.local_chat import LocalChatModel, overflow_message, usage_of
from app.models.openvino.adapter import load_adapter
from app.models.openvino.causal_lm import CausalLM, Choose, Logits, Step
from app.models.worker_stream import Outlet, worker_stream

UNFINISHED = "\ufffd"
"""What a decoder writes for a character whose last bytes are still to come."""


class ChatOpenVINO(LocalChatModel):
    """The folder ``model_path`` that ``app.models.openvino.convert`` wrote."""

    @property
    def _llm_type(self) -> str:
        return "footnote-openvino"

    @property
    def judges_support(self) -> bool:
        """Whether the adapter, which is taught this, is there."""
        return load_adapter() is not None

    def get_token_ids(self, text: str) -> list[int]:
        """The ids of the text's tokens, as the model's own tokenizer gives them."""
        engine: CausalLM = self._open()
        return engine.encode(text)

    def hidden_state(self, messages: list[BaseMessage]) -> Logits:
        """The hidden state [width] at the end of the messages (``CausalLM.state``).

        Raises ``ContextOverflow`` and ``ModelTimeout``.
        """
        engine: CausalLM = self._open()

        def read(outlet: Outlet[Logits]) -> None:
            with self._turn():
                if self._read(engine, messages, lambda: not outlet.closed) is not None:
                    outlet.put(engine.state())

        with time_limit(self.timeout_s):
            return next(worker_stream(read, timeout_s=self.timeout_s))

    def _read(
        self, engine: CausalLM, messages: list[BaseMessage], wanted: Callable[[], bool]
    ) -> tuple[list[int], Logits] | None:
        """Read the messages: their tokens, and the logits at their end; None once not wanted."""
        prompt = engine.prompt(as_text(messages))
        if len(prompt) >= self.context:
            raise ContextOverflow(overflow_message(len(prompt), self.context))
        logits = engine.read(prompt, wanted)
        return None if logits is None else (prompt, logits)

    def _load(self) -> CausalLM:
        try:
            return CausalLM(self.model_path, threads=self.thread_count, adapter=load_adapter())
        except ImportError as error:
            raise ModelMissing(
                f"OpenVINO, which runs the local language model, cannot be loaded ({error}). "
                "See the README for machines without it; --model none answers in quotes."
            ) from error
        except (RuntimeError, ValueError) as error:
            reason = " ".join(str(error).split())[:200]
            raise ModelMissing(
                f"The local language model in {self.model_path} cannot be loaded: its files are "
                f"damaged, or there is not enough memory ({reason}). Delete that folder and run "
                "footnote pull to get it again."
            ) from error

    def _reply(
        self,
        engine: CausalLM,
        messages: list[BaseMessage],
        options: Mapping[str, Any],
        outlet: Outlet[ChatGenerationChunk],
    ) -> None:
        def wanted() -> bool:
            outlet.put(_chunk(""))
            return not outlet.closed

        read = self._read(engine, messages, wanted)
        if read is None:
            return
        prompt, logits = read
        most = min(options["max_tokens"], self.context - len(prompt))
        steps = engine.reply(prompt, logits, most, _chooser(options["temperature"]))
        writer = _Writer(engine, options)
        for step in steps:
            for chunk in writer.add(step):
                outlet.put(chunk)
            if outlet.closed:
                return
            if writer.stopped:
                break
        ended = writer.stopped or len(writer.tokens) < most
        for chunk in writer.finish():
            outlet.put(chunk)
        outlet.put(
            _chunk(
                "",
                finish_reason="stop" if ended else "length",
                model_name=self.model_path.stem,
                usage=usage_of(len(prompt), len(writer.tokens)),
            )
        )


class _Writer:
    """Turns tokens into text: whole characters, and nothing from a stop word on."""

    def __init__(self, engine: CausalLM, options: Mapping[str, Any]) -> None:
        self.tokens: list[int] = []
        self.stopped = False
        self._engine = engine
        self._stops: Sequence[str] = options["stop"]
        self._top = options.get("top_logprobs") or 0
        self._told = bool(options.get("logprobs"))
        self._text = ""
        self._shown = 0
        self._odds: list[dict[str, Any]] = []

    def add(self, step: Step) -> Iterator[ChatGenerationChunk]:
        """The chunk that a token brings, if it ends a piece of text that may be shown."""
        self.tokens.append(step.token)
        self._text = self._engine.decode(self.tokens)
        if self._told:
            self._odds.append(self._log_probabilities(step))
        found = [at for stop in self._stops if (at := self._text.find(stop)) >= 0]
        if found:
            self.stopped = True
            self._text = self._text[: min(found)]
            yield from self._show(len(self._text))
        elif not self._text.endswith(UNFINISHED):
            yield from self._show(len(self._text) - self._held())

    def finish(self) -> Iterator[ChatGenerationChunk]:
        """What was held back for a stop word that did not come."""
        yield from self._show(len(self._text))

    def _show(self, end: int) -> Iterator[ChatGenerationChunk]:
        if end > self._shown or self._odds:
            text, self._shown = self._text[self._shown : end], max(self._shown, end)
            odds, self._odds = self._odds, []
            yield _chunk(text, logprobs={"content": odds}) if odds else _chunk(text)

    def _held(self) -> int:
        """Characters at the end that may be the beginning of a stop word."""
        longest = max((len(s) for s in self._stops), default=1)
        for count in range(min(longest - 1, len(self._text)), 0, -1):
            if any(s.startswith(self._text[-count:]) for s in self._stops):
                return count
        return 0

    def _log_probabilities(self, step: Step) -> dict[str, Any]:
        """One token in OpenAI's form."""
        logprobs = step.logits - np.logaddexp.reduce(step.logits)

        def entry(token: int) -> dict[str, Any]:
            text = self._engine.decode([token])
            return {"token": text, "logprob": float(logprobs[token]), "bytes": None}

        likeliest = np.argsort(logprobs)[::-1][: self._top]
        return {**entry(step.token), "top_logprobs": [entry(int(t)) for t in likeliest]}


def _chooser(temperature: float) -> Choose:
    """Takes the likeliest token; above temperature 0 draws one, alike for each reply."""
    if temperature <= 0:
        return lambda logits: int(np.argmax(logits))
    random = np.random.default_rng(0)

    def draw(logits: Logits) -> int:
        scaled = logits.astype(np.float64) / temperature
        chances = np.exp(scaled - np.logaddexp.reduce(scaled))
        return int(random.choice(len(chances), p=chances / chances.sum()))

    return draw


def as_text(messages: Sequence[BaseMessage]) -> list[dict[str, str]]:
    """Messages as a chat template takes them: a role and its text."""
    roles = [m["role"] for m in convert_to_openai_messages(messages)]
    return [{"role": role, "content": str(m.text)} for role, m in zip(roles, messages, strict=True)]


def _chunk(text: str, usage: UsageMetadata | None = None, **metadata: Any) -> ChatGenerationChunk:
    message = AIMessageChunk(content=text, response_metadata=metadata, usage_metadata=usage)
    return ChatGenerationChunk(message=message)
