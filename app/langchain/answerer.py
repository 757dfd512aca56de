"""The answerer as a LangChain ``Runnable``, for chains and for LangGraph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.utils import AddableDict

from app.answer import Answer, EvidenceFound, Finished, Turn, Word
from app.answering.pipeline import Answerer, QuestionError
from app.formats.json_forms import answer_payload, citation_payload

Question = str | Mapping[str, Any] | Sequence[BaseMessage]
"""A question; or a mapping with ``question`` and perhaps ``history`` (pairs of question and answer)
and ``documents``; or messages, or a mapping with ``messages``, the last one being the question."""


class FootnoteAnswerer(Runnable[Question, dict[str, Any]]):
    """A question in, a verified answer with citations out.

    ``invoke`` gives the answer as ``footnote ask --json`` prints it; if messages were given,
    ``messages`` holds the answer as an ``AIMessage`` too, so that it can be a node of a LangGraph
    graph. ``stream`` gives ``evidence`` first, then pieces of a ``draft`` (provisional), then the
    answer; the sum of its pieces is what ``invoke`` gives, with those two. ``batch`` and the
    asynchronous forms are LangChain's own. Raises ``QuestionError`` for a question that cannot be
    asked.
    """

    def __init__(self, answerer: Answerer) -> None:
        self._answerer = answerer

    def invoke(
        self,
        input: Question,  # noqa: A002  # LangChain's name
        config: RunnableConfig | None = None,
        **_: Any,
    ) -> dict[str, Any]:
        """The answer; see the class."""
        return self._call_with_config(self._answer, input, config, run_type="chain")

    def stream(
        self,
        input: Question,  # noqa: A002  # LangChain's name
        config: RunnableConfig | None = None,
        **_: Any,
    ) -> Iterator[dict[str, Any]]:
        """The answer as it comes about; see the class."""
        yield from self._transform_stream_with_config(iter([input]), self._pieces, config)

    def transform(
        self,
        input: Iterator[Question],  # noqa: A002  # LangChain's name
        config: RunnableConfig | None = None,
        **_: Any,
    ) -> Iterator[dict[str, Any]]:
        """As ``stream``, if another runnable streams the question."""
        yield from self._transform_stream_with_config(input, self._pieces, config)

    def _answer(self, question: Question) -> dict[str, Any]:
        request = read_question(question)
        return _payload(self._answerer.answer(**request), question)

    def _pieces(self, inputs: Iterator[Question]) -> Iterator[dict[str, Any]]:
        question = _whole(inputs)
        for event in self._answerer.stream(**read_question(question)):
            match event:
                case EvidenceFound():
                    yield AddableDict(evidence=[citation_payload(c) for c in event.citations])
                case Word():
                    yield AddableDict(draft=event.text)
                case Finished():
                    yield AddableDict(_payload(event.answer, question))


def read_question(question: Question) -> dict[str, Any]:
    """The arguments of ``Answerer.answer``: question, history and documents."""
    if isinstance(question, str):
        return {"question": question}
    if not isinstance(question, Mapping):
        return _from_messages(question)
    documents = question.get("documents")
    if "messages" in question:
        return {**_from_messages(question["messages"]), "documents": documents}
    if not isinstance(question.get("question"), str):
        raise QuestionError("There is no question: give a string, “question” or “messages”.")
    history = [t if isinstance(t, Turn) else Turn(*t) for t in question.get("history") or ()]
    return {"question": question["question"], "history": history, "documents": documents}


def _from_messages(messages: Sequence[BaseMessage]) -> dict[str, Any]:
    """The last human message, and the exchanges before it."""
    if not messages or not isinstance(messages[-1], HumanMessage):
        raise QuestionError("There is no question: the last message must be a human's.")
    history = [
        Turn(str(question.text), str(answered.text))
        for question, answered in pairwise(messages[:-1])
        if isinstance(question, HumanMessage) and isinstance(answered, AIMessage)
    ]
    return {"question": str(messages[-1].text), "history": history}


def _whole(inputs: Iterator[Question]) -> Question:
    """The question, put together if it was streamed in pieces."""
    first, *rest = inputs
    return first + "".join(map(str, rest)) if isinstance(first, str) else first


def _payload(answer: Answer, question: Question) -> dict[str, Any]:
    payload = answer_payload(answer)
    if isinstance(question, str) or (isinstance(question, Mapping) and "messages" not in question):
        return payload
    message = AIMessage(
        answer.text, response_metadata={"citations": payload["citations"]}, name="footnote"
    )
    return {**payload, "messages": [message]}
