"""Servers that speak OpenAI's protocol, by LangChain's own package: their faults are borne."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from langchain_core.messages import HumanMessage

from app.answer import Answer
from app.answering.pipeline import Answerer
from app.evidence.reader import Reader
from app.models.base import ChatModel, ModelError
from app.models.factory import base_address, open_model
from app.settings import load_settings
from ingest.document import Document
from store.library import Library
from tests.support.endpoint import Endpoint, chunk, endpoint

WHY = [HumanMessage("Why?")]
BUILT = "The lighthouse at Skerrow Point was built in 1871 by Ada Thornbury [1]."
QUESTION = "When was the lighthouse at Skerrow Point built?"


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


def model_at(address: str) -> ChatModel:
    made = open_model(load_settings(model="openai:m", base_url=address, timeout_s=60))
    assert made is not None
    return made


def reply(model: ChatModel) -> str:
    return "".join(model.stream(WHY, max_tokens=9))


@pytest.mark.parametrize(
    "form",
    [
        lambda url: url,
        lambda url: f"{url}/",
        lambda url: url.removesuffix("/v1"),
        lambda url: url.removesuffix("v1"),
        lambda url: f"{url}/chat/completions",
        lambda url: url.removeprefix("http://"),
        lambda url: f" {url}\n",
    ],
)
def test_an_address_in_any_form(form: Callable[[str], str]) -> None:
    with endpoint() as said:
        assert reply(model_at(form(said.url))) == "Fine."
    assert [h["path"] for h in said.heard] == ["/v1/chat/completions"]


@pytest.mark.parametrize(
    ("given", "provider", "expected"),
    [
        ("api.example.org", "openai", "https://api.example.org/v1"),
        ("https://example.org/openai/v2", "openai", "https://example.org/openai/v2"),
        ("http://box:11434/v1/", "ollama", "http://box:11434"),
        ("http://box:11434/api/chat", "ollama", "http://box:11434"),
        ("192.168.1.9:8000", "openai", "http://192.168.1.9:8000/v1"),
        ("https://example.org", "anthropic", "https://example.org"),
    ],
)
def test_what_an_address_stands_for(given: str, provider: str, expected: str) -> None:
    assert base_address(given, provider) == expected


@pytest.mark.parametrize("field", ["logprobs", "top_logprobs"])
def test_log_probabilities_that_are_rejected_are_done_without(field: str) -> None:
    with endpoint(rejected=field) as said:
        model = model_at(said.url)
        assert model.yes_log_odds(WHY) is None
        assert reply(model) == "Fine."
        assert model.yes_log_odds(WHY) is None
    assert len(said.heard) == 2  # it is not asked again for what it rejected


def test_log_probabilities_that_are_told() -> None:
    with endpoint() as said:
        assert model_at(said.url).yes_log_odds(WHY) == pytest.approx(2.95)


@pytest.mark.parametrize(("failures", "headers"), [([429], {"Retry-After": "1"}), ([500], {})])
def test_one_failure_is_tried_again(failures: list[int], headers: dict[str, str]) -> None:
    with endpoint(failures=failures, headers=headers) as said:
        assert reply(model_at(said.url)) == "Fine."
    assert len(said.heard) == 2


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (401, "is OPENAI_API_KEY right?"),
        (404, "the address in base_url?"),
        (429, "try again later"),
        (503, "try again later"),
    ],
)
def test_failures_say_what_to_do(status: int, advice: str) -> None:
    headers = {"Retry-After": "1"}
    with endpoint(failures=[status] * 5, headers=headers) as said, pytest.raises(ModelError) as bad:
        reply(model_at(said.url))
    assert advice in str(bad.value)


def test_a_first_chunk_without_choices_is_passed_over() -> None:
    with endpoint(opening=[{**chunk({}, None), "choices": []}]) as said:
        assert reply(model_at(said.url)) == "Fine."


class TestAnswers:
    """Whole answers about the sample by such a model."""

    @pytest.fixture
    def asked(
        self, library: Library, sample: Document, reader: Reader
    ) -> Callable[[Endpoint], Answer]:
        library.add(sample)
        settings = load_settings(data=library.folder, model="openai:m", strictness="eager")

        def answer(said: Endpoint) -> Answer:
            return Answerer(library, settings, model_at(said.url), reader).answer(QUESTION)

        return answer

    def test_without_log_probabilities(self, asked: Callable[[Endpoint], Answer]) -> None:
        with endpoint(pieces=[BUILT], rejected="logprobs") as said:
            made = asked(said)
        assert made.model == "openai:m"
        assert made.sentences[0].text == BUILT.replace(" [1]", "")

    def test_what_came_before_the_connection_broke_is_kept(
        self, asked: Callable[[Endpoint], Answer]
    ) -> None:
        with endpoint(pieces=[BUILT, " It was re", "built"], breaks=2) as said:
            made = asked(said)
        assert made.model == "openai:m"
        assert made.sentences[0].text == BUILT.replace(" [1]", "")
        assert not any("re" in s.text.split() for s in made.sentences)
        assert any("stopped before its end" in note for note in made.notes)

    def test_where_nothing_whole_came_there_are_quotes(
        self, asked: Callable[[Endpoint], Answer]
    ) -> None:
        with endpoint(pieces=["The lighthouse at Skerrow", " Point"], breaks=1) as said:
            made = asked(said)
        assert made.model == "none"
        assert "1871" in made.text
        assert any("did not answer" in note for note in made.notes)

    def test_a_refused_key_leaves_quotes_and_the_reason(
        self, asked: Callable[[Endpoint], Answer]
    ) -> None:
        with endpoint(failures=[401] * 3) as said:
            made = asked(said)
        assert "1871" in made.text
        assert any("OPENAI_API_KEY" in note for note in made.notes)
