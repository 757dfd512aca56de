"""Footnote in LangChain programs: the retriever in a chain, the answerer in chains and graphs."""

from __future__ import annotations

import asyncio
import operator
from functools import reduce
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from langgraph.graph import END, START, MessagesState, StateGraph

from app.answering.pipeline import Answerer, QuestionError
from app.evidence.reader import Reader
from app.formats.json_forms import answer_payload
from app.langchain import FootnoteAnswerer, FootnoteRetriever
from app.models.base import ChatModel
from app.settings import Settings
from ingest.document import Document
from ingest.load import load_text
from store.library import Library
from store.results import StoreError
from tests.support.scripted import ScriptedChat, scripted

HEIGHT = "How high is the tower?"


@pytest.fixture
def filled(library: Library, sample: Document) -> Library:
    library.add(sample)
    return library


@pytest.fixture
def runnable(filled: Library, reader: Reader) -> FootnoteAnswerer:
    settings = Settings(data=filled.folder, model="none")
    return FootnoteAnswerer(Answerer(filled, settings, None, reader))


def without_times(payload: Any) -> dict[str, Any]:
    return {key: value for key, value in payload.items() if key != "timings_ms"}


def test_a_document_is_a_slice_of_its_revision(filled: Library) -> None:
    best = FootnoteRetriever(library=filled, k=1).invoke(HEIGHT)[0]
    place = best.metadata
    text = filled.text(place["revision"])
    assert text[place["start"] : place["end"]] == best.page_content
    assert "38 metres" in best.page_content
    assert place["document"] == "lighthouse.txt"
    assert place["scores"]["dense"] > 0
    assert best.id


def test_the_documents_to_search_can_be_named(filled: Library) -> None:
    filled.add(load_text("The other tower is 9 metres high.", "other.txt"))
    found = FootnoteRetriever(library=filled, documents=["other.txt"]).invoke(HEIGHT)
    assert {one.metadata["document"] for one in found} == {"other.txt"}
    with pytest.raises(StoreError, match=r"no document 'none\.txt'"):
        FootnoteRetriever(library=filled, documents=["none.txt"]).invoke(HEIGHT)


def test_the_retriever_feeds_a_chain(filled: Library) -> None:
    chat = ScriptedChat(replies=["38 metres."], heard=[])
    prompt = ChatPromptTemplate.from_template("{context}\n\n{question}")
    chain = (
        {"context": FootnoteRetriever(library=filled), "question": RunnablePassthrough()}
        | prompt
        | chat
        | StrOutputParser()
    )
    assert "".join(chain.stream(HEIGHT)) == "38 metres."
    assert "38 metres high" in chat.heard[0]["asked"]


def test_it_answers_as_the_answerer_does(runnable: FootnoteAnswerer) -> None:
    expected = answer_payload(runnable._answerer.answer(HEIGHT))
    assert without_times(runnable.invoke(HEIGHT)) == without_times(expected)
    assert without_times(asyncio.run(runnable.ainvoke(HEIGHT))) == without_times(expected)
    one, refused = runnable.batch([HEIGHT, "Who painted the gallery of the Louvre?"])
    assert without_times(one) == without_times(expected)
    assert refused["question"].startswith("Who painted")


def test_the_stream_adds_up_to_the_answer(filled: Library, reader: Reader) -> None:
    settings = Settings(data=filled.folder, model="none")
    model = scripted("The tower is 38 metres high [1].", yes=5.0)
    runnable = FootnoteAnswerer(Answerer(filled, settings, model, reader))
    pieces = list(runnable.stream(HEIGHT))
    assert "evidence" in pieces[0]
    assert "".join(p.get("draft", "") for p in pieces) == "The tower is 38 metres high [1]."
    whole = reduce(operator.add, pieces)
    assert whole["answer"] == runnable.invoke(HEIGHT)["answer"]
    assert whole["citations"][0]["quote"] in filled.text(whole["citations"][0]["revision"])

    async def collected() -> list[dict[str, Any]]:
        return [piece async for piece in runnable.astream(HEIGHT)]

    assert asyncio.run(collected())[-1]["answer"] == whole["answer"]


def test_it_is_a_step_of_a_chain(runnable: FootnoteAnswerer) -> None:
    chain = RunnableLambda(lambda name: f"How high is the {name}?") | runnable
    answer = chain.invoke("tower")
    assert "38 metres" in answer["answer"]
    assert "38 metres" in list(chain.stream("tower"))[-1]["answer"]


def test_history_and_documents_are_taken(runnable: FootnoteAnswerer) -> None:
    told = runnable.invoke(
        {
            "question": "And how many steps has it?",
            "history": [(HEIGHT, "The tower is 38 metres high.")],
            "documents": ["lighthouse.txt"],
        }
    )
    assert "211 steps" in told["answer"]
    assert told["standalone"] != told["question"]


def test_it_is_a_node_of_a_graph(runnable: FootnoteAnswerer) -> None:
    graph = StateGraph(MessagesState)
    graph.add_node("footnote", runnable)
    graph.add_edge(START, "footnote")
    graph.add_edge("footnote", END)
    asked: list[BaseMessage] = [HumanMessage(HEIGHT)]
    messages = graph.compile().invoke({"messages": asked})["messages"]
    assert isinstance(messages[-1], AIMessage)
    assert "38 metres" in str(messages[-1].content)
    assert messages[-1].response_metadata["citations"][0]["document"] == "lighthouse.txt"


@pytest.mark.parametrize(
    "given", [{"query": "x"}, [], [AIMessage("Hello")], {"messages": []}, ""], ids=str
)
def test_what_is_no_question_is_refused(runnable: FootnoteAnswerer, given: Any) -> None:
    with pytest.raises(QuestionError):
        runnable.invoke(given)


def test_the_local_model_is_a_langchain_model(local_model: ChatModel) -> None:
    prompt = ChatPromptTemplate.from_template("What is the capital of {country}? One word.")
    chain = prompt | local_model.chat.bind(max_tokens=6) | StrOutputParser()
    assert "Rome" in chain.invoke({"country": "Italy"})
