"""Questions answered: evidence, drafts, verdicts, and the ways people ask."""
