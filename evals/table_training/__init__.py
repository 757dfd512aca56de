"""Data and fits of the ranker of table queries (``app.tables.ranker``); ``evals.train_tables`` runs
them."""
