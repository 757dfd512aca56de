"""LangChain's own standard tests, for the local chat model, the retriever and the embeddings."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_tests.integration_tests import (
    ChatModelIntegrationTests,
    EmbeddingsIntegrationTests,
    RetrieversIntegrationTests,
)
from langchain_tests.unit_tests import ChatModelUnitTests, EmbeddingsUnitTests

from app.langchain import FootnoteRetriever
from app.models.base import ChatModel
from app.models.openvino.chat import ChatOpenVINO
from app.models.pull import model_path
from app.settings import load_settings
from ingest.document import Document
from ingest.load import load_text
from store.embedding.sentence_transformer import SentenceTransformerEmbedder
from store.library import Library


@pytest.fixture(autouse=True)
def _pulled(local_model: ChatModel) -> None:
    """The model's file must be here before the tests build models of their own."""
    assert local_model.chat


class TestChatUnit(ChatModelUnitTests):
    @property
    def chat_model_class(self) -> type[ChatOpenVINO]:
        return ChatOpenVINO

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model_path": model_path(load_settings())}


class TestChat(ChatModelIntegrationTests):
    """The real local model; one instance serves every test that does not build its own."""

    @pytest.fixture
    def model(self, local_model: ChatModel) -> Any:
        return local_model.chat

    @property
    def chat_model_class(self) -> type[ChatOpenVINO]:
        return ChatOpenVINO

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model_path": model_path(load_settings())}


class TestEmbeddingsUnit(EmbeddingsUnitTests):
    @property
    def embeddings_class(self) -> type[SentenceTransformerEmbedder]:
        return SentenceTransformerEmbedder


class TestEmbeddings(EmbeddingsIntegrationTests):
    @pytest.fixture
    def model(self, embedder: SentenceTransformerEmbedder) -> SentenceTransformerEmbedder:
        return embedder

    @property
    def embeddings_class(self) -> type[SentenceTransformerEmbedder]:
        return SentenceTransformerEmbedder


class TestRetriever(RetrieversIntegrationTests):
    @pytest.fixture(autouse=True)
    def _filled(self, library: Library, sample: Document) -> None:
        for number, block in enumerate(sample.blocks):
            text = sample.text[block.start : block.end]
            library.add(load_text(text, f"{number}.txt"))
        self._library = library

    @property
    def retriever_constructor(self) -> type[FootnoteRetriever]:
        return FootnoteRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"library": self._library}

    @property
    def retriever_query_example(self) -> str:
        return "How high is the tower?"
