"""Data and examples for training the reader (``python -m evals.training.train_reader``)."""
