"""Data and examples for training the reader (``python -m evals.train_reader``)."""
