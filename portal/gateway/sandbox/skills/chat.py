"""A short polite answer when a request asks for nothing that the simulated models have learnt."""

import re

from portal.gateway.sandbox.words import split_sentences

_GREETING = re.compile(
    r"^\s*(?:hi|hello|hey|good\s+(?:morning|evening|afternoon)|ping|test)\b", re.IGNORECASE
)


def chat(text: str) -> str:
    """A reply in one or two sentences that takes up the last question or sentence of the text."""
    pieces = split_sentences(text)
    if not pieces:
        return "I did not receive any text. What can I do for you?"
    if _GREETING.search(text) and len(text.split()) < 8:
        return "Hello! What can I do for you?"
    asked = next((piece for piece in reversed(pieces) if piece.endswith("?")), pieces[-1])
    taken_up = f"You asked about: {asked[:160]}"
    return f"{taken_up} I am a simulated model and can only work with what the request contains."
