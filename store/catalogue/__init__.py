"""The catalogue: documents, revisions, collections and vectors in one database."""
