"""Question sets: their format, checks, imports, and questions drafted by a model."""
