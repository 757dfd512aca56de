"""Training of the reader and of the table ranker, and the export of models."""
