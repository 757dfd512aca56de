"""Chat models: the LangChain wrapper, the local model, and the download of its file."""
