"""Chat models: LangChain's interface, the local model, and how its file is fetched."""
