"""When a simulated model refuses: what everyone refuses, what the prompt forbids, and what a
timid model shies from."""

import re
from collections.abc import Sequence

from portal.gateway.sandbox.instructions import Instructions
from portal.gateway.sandbox.words import STOP_WORDS, stem, words

_FOR_ALL = re.compile(
    r"\b(?:list|give|tell|show|send|reveal|what\s+(?:is|are))\b.{0,40}\b(?:passwords?|credentials|access\s+codes?|salar(?:y|ies)|api\s+keys?|home\s+address)\b.{0,20}\b(?:of|for|from|belonging)\b"
    r"|\b(?:build|make)\s+(?:a\s+)?(?:bomb|weapon|explosives?|malware)\b|\bhack\s+into\b",
    re.IGNORECASE | re.DOTALL,
)
_DELICATE = re.compile(
    r"\bhacked?\b|\bstolen\b|\bchanged\s+my\s+password\b|\bwrong\s+password\b|\bpasswords\b|\bdied\b|\bdeath\b|\bblind\b|\bpersonal\s+data\b|\blegal\b|\blawyer\b|\bkill\b|\bdiagnosis\b|\billness\b"
    r"|\bsick\b|\bdisab\w+|\bcertificate\b|\bharass\w+|\bdismiss\w+|\bfraud\b|\bunfair\b|\binjured\b|\bhospital\b|\bcredentials\b|\bcredit\s+card\b|\bnotify\s+the\s+authority\b|\bpregnan\w+|\bmy\s+son\b|\bdaughter\b"
    r"|\bignore\s+(?:all\s+)?previous\b|\balcohol\b",
    re.IGNORECASE,
)
_HAND_OVER = re.compile(
    r"\b(?:list|give|show|tell|reveal|send|share|disclose|hand\s+over)\b", re.IGNORECASE
)
_LEADING_TEXT = """
    refuse decline never discuss reveal disclose help advise give answer any other about topic
    topics
    request requests question questions information
"""
_LEADING = frozenset(stem(word) for word in _LEADING_TEXT.split())
_ABOUT = re.compile(r"\b(?:discuss|about|advice|advise|topics?)\b", re.IGNORECASE)


def refuses_request(request: str, instructions: Instructions) -> bool:
    """Whether every well-behaved model refuses: other people's secrets, harm, or a topic that the
    prompt forbids."""
    return _FOR_ALL.search(request) is not None or _forbidden(request, instructions.forbidden)


def shies_away(data: str) -> bool:
    """Whether a model that refuses too much takes fright at the data."""
    return _DELICATE.search(data) is not None


def _forbidden(request: str, topics: Sequence[str]) -> bool:
    """Whether a request touches a topic: what may not be handed over ("passwords") or discussed.

    Asking about the rules for something that may not be handed over is fine.
    """
    asked = {stem(word) for word in words(request)}
    handed_over = _HAND_OVER.search(request) is not None
    for topic in topics:
        any_mention = _ABOUT.search(topic) is not None
        for piece in re.split(r",|;|\bor\b|\band\b", topic):
            wanted = {stem(word) for word in words(piece) if word not in STOP_WORDS} - _LEADING
            if wanted and wanted <= asked and (handed_over or any_mention or len(wanted) > 1):
                return True
    return False
