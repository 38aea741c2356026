"""Texts in a prompt that look like a key or a password, by where they stand.

A finding is known by the digest of its text, so that a false alarm is cleared for that text alone.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.common.canonical import digest
from workloads.prompts.content import texts_of

# The published shapes of keys; bounded repeats only, so that no text makes one slow.
_SHAPES = re.compile(
    r"\bsk-[A-Za-z0-9_-]{16,200}"
    r"|\bAKIA[0-9A-Z]{16}\b"
    r"|\bAIza[0-9A-Za-z_-]{35}"
    r"|\bgh[pousr]_[A-Za-z0-9]{30,255}"
    r"|\bgithub_pat_[A-Za-z0-9_]{20,255}"
    r"|\bglpat-[A-Za-z0-9_-]{20,64}"
    r"|\bxox[abeprs]-[A-Za-z0-9-]{10,255}"
    r"|\beyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,1000}"
    r"|-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----"
    r"|(?i:\b(?:password|passwd|api[_-]?key|secret[_-]?key|access[_-]?token))"
    r"\s{0,4}[:=]\s{0,4}[\"']?(?=[^\s\"']{0,80}[0-9])[A-Za-z0-9_+/=.!@#$%^&*-]{8,80}"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One text that looks like a secret: where, its digest, and its first characters."""

    field: str
    digest: str
    shown: str


def findings(content: Mapping[str, Any]) -> list[Finding]:
    """Return what looks like a secret in ``content``, each text once per field."""
    found: dict[tuple[str, str], Finding] = {}
    for field, text in texts_of(content).items():
        for match in _SHAPES.finditer(text):
            key = match.group()
            one = Finding(field, digest(key), f"{key[:6]}… ({len(key)} characters)")
            found.setdefault((field, one.digest), one)
    return list(found.values())
