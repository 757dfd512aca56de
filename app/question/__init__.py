"""Understanding the question: rewriting follow-ups, and the type of answer that is asked for."""
