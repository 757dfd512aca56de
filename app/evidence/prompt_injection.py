"""Detects text in a document that addresses a language model (prompt injection).

Such a sentence is still text that can be quoted, but it is no evidence for an answer. The model is
told the same; this keeps quotes, which no model reads, to it too.
"""

from __future__ import annotations

import re

from app.language.text import fold

_ADDRESSES_MODEL = re.compile(
    r"\b(ignore|disregard|forget) (all |any |the |your |every )*(previous|prior|above|earlier) "
    r"(instructions?|prompts?|messages?|rules)"
    r"|<\|\w+\|?>"
    r"|^\W*(system|assistant|developer)( (note|prompt|message|instruction)s?)?\b[^:.]{0,40}:"
    r"|\b(note|message|instructions?|reminder) (for|to) (the )?(ai|llm|language models?|"
    r"assistants?|chatbots?|models?)\b"
    r"|\b(ai|language) (models?|assistants?)( reading this)? (must|should|shall)\b"
    r"|^\W*\d+\W+(question|passage|source)\b.*\banswer:"
)


def addresses_model(text: str) -> bool:
    """Whether a sentence speaks to a language model (orders, fake turns, fake sources)."""
    return bool(_ADDRESSES_MODEL.search(fold(text)))
