"""Data and fits of the ranker of table queries (``app.tables.ranker``);
``evals.training.train_tables`` runs them."""
