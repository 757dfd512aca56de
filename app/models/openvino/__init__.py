"""The local language model, run by OpenVINO: its conversion, its engine, its LangChain model."""
