"""From evidence to a verified answer: quotes or a model's draft, citations, verdicts, refusals."""
