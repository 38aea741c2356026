"""Word-level differences of two prompts, falling back to lines where words would take too long."""

import re
from difflib import SequenceMatcher

_WORDS = re.compile(r"\s+|[^\s\w]|\w+")
_LINES = re.compile(r"[^\n]*\n?")
# Beyond this many pieces the matcher's worst case is felt in a page; lines are coarser and fast.
MAX_PIECES = 6_000

Piece = tuple[str, str]


def difference(before: str, after: str) -> list[Piece]:
    """Return pieces ("equal" | "insert" | "delete", text) that lead from before to after.

    The equal and delete pieces together are ``before``, the equal and insert ones ``after``.
    """
    pattern = _WORDS
    if len(before) + len(after) > MAX_PIECES * 6:
        pattern = _LINES
    old = [piece for piece in pattern.findall(before) if piece]
    new = [piece for piece in pattern.findall(after) if piece]
    if max(len(old), len(new)) > MAX_PIECES:
        return _whole(before, after)
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
