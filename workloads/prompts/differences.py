"""Word-level differences of two prompts, falling back to lines where words would take too long."""

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

# White space goes with the word before it: alone it would match itself everywhere.
_WORDS = re.compile(r"\w+\s*|[^\s\w]\s*|\s+")
_LINES = re.compile(r"[^\n]*\n?")
# What the matcher may compare: the pairs of equal pieces. Its worst case grows with their square
# root times as much again, so that beyond this a page would be felt to hang.
MAX_PAIRS = 300_000

Piece = tuple[str, str]


def difference(before: str, after: str) -> list[Piece]:
    """Return pieces ("equal" | "insert" | "delete", text) that lead from before to after.

    The equal and delete pieces together are ``before``, the equal and insert ones ``after``.
    """
    for pattern in (_WORDS, _LINES):
        old = [piece for piece in pattern.findall(before) if piece]
        new = [piece for piece in pattern.findall(after) if piece]
        if _pairs(old, new) <= MAX_PAIRS:
            return _matched(old, new)
    return _whole(before, after)


def _pairs(old: Sequence[str], new: Sequence[str]) -> int:
    counts = Counter(new)
    return sum(counts[piece] for piece in old)


def _matched(old: Sequence[str], new: Sequence[str]) -> list[Piece]:
    found: list[Piece] = []
    for op, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if op == "equal":
            found.append(("equal", "".join(old[a:b])))
            continue
        if b > a:
            found.append(("delete", "".join(old[a:b])))
        if d > c:
            found.append(("insert", "".join(new[c:d])))
    return found


def _whole(before: str, after: str) -> list[Piece]:
    """Mark all as changed but a common start and end: too large for anything finer."""
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    longest = min(len(before), len(after)) - start
    while end < longest and before[-1 - end] == after[-1 - end]:
        end += 1
    pieces = [
        ("equal", before[:start]),
        ("delete", before[start : len(before) - end]),
        ("insert", after[start : len(after) - end]),
        ("equal", before[len(before) - end :] if end else ""),
    ]
    return [piece for piece in pieces if piece[1]]
