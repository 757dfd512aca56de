"""From hits to evidence: sentences scored and read, and whether they answer the question."""
