"""Detects text in a document that addresses a language model (prompt injection).

Such a sentence is still text that can be quoted, but it is no evidence for an answer. The model is
told the same; this keeps quotes, which no model reads, to it too.
"""

from __future__ import annotations

import re

from app.language.tokens import fold

# What a model is told to do. A line that only names a system, an assistant or a model is text:
# "System requirements: 8 GB", "AI models must be registered".
_ORDER = (
    r"(always |never |do not |don't )?(you (are|must|should|shall|will|have to)|ignore|disregard"
    r"|forget|answer|reply|respond|say|state|output|repeat|pretend|reveal|print|write|from now on"
    r"|the (correct |right )?answer (is|to))\b"
)
_MODEL = (
    r"(ai|llms?|ai (models?|assistants?|systems?)|(large )?language models?|chatbots?|chat ?gpt)"
)
_ADDRESSES_MODEL = re.compile(
    r"\b(ignore|disregard|forget) (all |any |the |your |every |of )*(previous|prior|above|earlier) "
    r"(instructions?|prompts?|messages?|rules)"
    r"|<\|\w+\|?>"
    rf"|^\W*(system|assistant|developer)( (note|prompt|message|instruction|override)s?)?"
    rf"( (for|to) [^:.]{{0,40}})?\s*[:\]>]+\W*(\w+\W+){{0,6}}?{_ORDER}"
    rf"|\b(note|message|instructions?|reminder|order) (for|to) (the |any |all )*{_MODEL}\b"
    rf"|\b{_MODEL} reading this\b|\b{_MODEL},? (must|should|shall|please) (\w+ )?{_ORDER}"
    # Shop assistants answer the phone; who has to claim that something is so is a machine.
    rf"|\b(assistants?|{_MODEL}),? (must|should|shall|please|have to|are to) (\w+ )?"
    r"(claim|say|state|answer|reply|report|assert|pretend) that\b"
    r"|^\W*\d+\W+(question|passage|source)\b.*\banswer:"
)


def addresses_model(text: str) -> bool:
    """Whether a sentence speaks to a language model (orders, fake turns, fake sources)."""
    return bool(_ADDRESSES_MODEL.search(fold(text).replace("’", "'")))
