"""Differences of two texts: by words where they are alike, coarser where that would take long.

Each stage looks closer at what the stage before found changed: lines, then sentences, then words.
Equal pieces are a longest common subsequence (rapidfuzz, bit-parallel). How much may be compared
is counted beforehand, so that no two texts, however made, hold a page up.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import Literal

from rapidfuzz.distance import Indel

Detail = Literal["words", "sentences", "lines", "whole"]
Piece = tuple[str, str]

# White space goes with the word before it: alone it would match itself everywhere.
_STAGES: tuple[tuple[Detail, re.Pattern[str]], ...] = (
    ("lines", re.compile(r"[^\n]*\n|[^\n]+")),
    ("sentences", re.compile(r"[^.!?;\n]*[.!?;\n]+\s*|[^.!?;\n]+")),
    ("words", re.compile(r"\w+\s*|[^\s\w]\s*|\s+")),
)
# Pairs of tokens that one comparison may look at, a byte an eighth: some 80 ms and 15 MB.
MAX_CELLS = 120_000_000
# Pieces that a page may show; more would be confetti and slow to draw.
MAX_PIECES = 4_000
CONTEXT = 3
MAX_ROWS = 1_000
_LINE_END = re.compile(r"(?<=\n)")


@dataclass(frozen=True, slots=True)
class Difference:
    """What leads from one text to the other, and how finely it was looked at.

    ``pieces`` are ("equal" | "delete" | "insert", text): the equal and delete ones together are
    the text before, the equal and insert ones the text after. ``detail`` is the coarsest stage
    that a part of the texts was left at.
    """

    pieces: list[Piece]
    detail: Detail

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return all(op == "equal" for op, _ in self.pieces)


@dataclass(slots=True)
class _Block:
    """A stretch of both texts: the same in both, or ``old`` that became ``new``."""

    old: str
    new: str

    @property
    def equal(self) -> bool:
        return self.old == self.new


def compare(before: str, after: str) -> Difference:
    """Return the difference of two texts, within `MAX_CELLS` and `MAX_PIECES`."""
    blocks = [_Block(before, after)]
    budget = MAX_CELLS
    reached: Detail = "whole"
    left = False
    for stage, pattern in _STAGES:
        finer: list[_Block] = []
        skipped = False
        for block in blocks:
            found, cells = (None, 0) if block.equal else _refined(block, pattern, budget)
            budget -= cells
            skipped = skipped or (found is None and not block.equal)
            finer.extend([block] if found is None else found)
        finer = _cleaned(finer)
        if len(finer) > MAX_PIECES:
            break
        blocks = finer
        # Once a part was too large for a stage, that stage is not what the page shows.
        left = left or skipped
        if not left:
            reached = stage
    pieces = list(_pieces(blocks))
    if all(op == "equal" for op, _ in pieces):
        reached = "words"
    return Difference(pieces, reached)


def difference(before: str, after: str) -> list[Piece]:
    """Return the pieces of `compare`."""
    return compare(before, after).pieces


def _refined(
    block: _Block, pattern: re.Pattern[str], budget: int
) -> tuple[list[_Block] | None, int]:
    """Return the finer blocks of a changed one and what comparing cost; None when too much."""
    old = pattern.findall(block.old)
    new = pattern.findall(block.new)
    start = 0
    shorter = min(len(old), len(new))
    while start < shorter and old[start] == new[start]:
        start += 1
    end = 0
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    middle_old, middle_new = old[start : len(old) - end], new[start : len(new) - end]
    cells = len(middle_old) * len(middle_new)
    if cells > budget:
        return None, 0
    same_start, same_end = "".join(old[:start]), "".join(old[len(old) - end :])
    found = [_Block(same_start, same_start), *_matched(middle_old, middle_new)]
    found.append(_Block(same_end, same_end))
    return [one for one in found if one.old or one.new], cells


def _matched(old: Sequence[str], new: Sequence[str]) -> Iterator[_Block]:
    if not old or not new:
        yield _Block("".join(old), "".join(new))
        return
    for step in Indel.opcodes(old, new):
        removed = "".join(old[step.src_start : step.src_end])
        added = "".join(new[step.dest_start : step.dest_end])
        yield _Block(removed, added)


def _cleaned(blocks: Sequence[_Block]) -> list[_Block]:
    """Join changes that stand side by side, or with less between them than they change.

    A word that two rewritten sentences happen to share is no anchor for a reader (the rule of
    Neil Fraser's semantic cleanup: an equality no longer than the edits on both its sides).
    """
    found: list[_Block] = []
    for block in blocks:
        if found and found[-1].equal == block.equal:
            found[-1] = _Block(found[-1].old + block.old, found[-1].new + block.new)
        else:
            found.append(_Block(block.old, block.new))
        while len(found) >= 3 and not found[-1].equal and not found[-3].equal:
            before, between, last = found[-3:]
            size = len(between.old)
            if size > _size(before) or size > _size(last):
                break
            old = before.old + between.old + last.old
            found[-3:] = [_Block(old, before.new + between.new + last.new)]
    return found


def _size(block: _Block) -> int:
    return max(len(block.old), len(block.new))


def _pieces(blocks: Sequence[_Block]) -> Iterator[Piece]:
    for block in blocks:
        if block.equal:
            yield "equal", block.old
            continue
        if block.old:
            yield "delete", block.old
        if block.new:
            yield "insert", block.new


# How it is shown ---------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Hunk:
    """Pieces that stand together, after ``skipped`` lines that are the same in both."""

    skipped: int
    pieces: list[Piece]


def hunks(pieces: Sequence[Piece], *, context: int | None = CONTEXT) -> list[Hunk]:
    """Return the pieces with long stretches of equal lines left out and counted.

    A last hunk without pieces counts what is left out at the end. Without ``context`` nothing is
    left out.
    """
    if context is None:
        return [Hunk(0, list(pieces))]
    found: list[Hunk] = []
    current: list[Piece] = []
    skipped = 0
    for place, (op, text) in enumerate(pieces):
        head = 0 if place == 0 else context
        tail = 0 if place == len(pieces) - 1 else context
        if op != "equal" or text.count("\n") <= head + tail + 1:
            current.append((op, text))
            continue
        lines = text.split("\n")
        # What follows the last line end belongs to the line that changes next.
        kept = lines[len(lines) - tail - 1 :]
        left_out = len(lines) - head - len(kept)
        if not tail and kept == [""]:
            kept = []
        elif not tail:
            kept, left_out = [], left_out + 1
        if head:
            current.append(("equal", "\n".join(lines[:head]) + "\n"))
        if current:
            found.append(Hunk(skipped, current))
        skipped = left_out
        current = [("equal", "\n".join(kept))] if any(kept) or len(kept) > 1 else []
    if current or skipped:
        found.append(Hunk(skipped, current))
    return found


@dataclass(frozen=True, slots=True)
class Row:
    """A line of each side, in pieces; None where the other side has one more line.

    A row with ``skipped`` stands for that many lines that are the same in both.
    """

    before: list[Piece] | None = None
    after: list[Piece] | None = None
    before_number: int = 0
    after_number: int = 0
    skipped: int = 0

    @property
    def changed(self) -> bool:
        """Whether the two sides differ here."""
        sides = (*(self.before or ()), *(self.after or ()))
        return not self.skipped and (
            self.before is None or self.after is None or any(op != "equal" for op, _ in sides)
        )


def rows(
    pieces: Sequence[Piece], *, context: int | None = CONTEXT, limit: int = MAX_ROWS
) -> list[Row]:
    """Return the two texts line beside line; without ``context`` every line of them.

    Lines stand beside each other from the last line end that both sides share. At most ``limit``
    rows come back, and one more when there are more.
    """
    return list(islice(_rows(hunks(pieces, context=context), limit + 1), limit + 1))


def _rows(parts: Sequence[Hunk], limit: int) -> Iterator[Row]:
    before_number = after_number = 0
    for part in parts:
        if part.skipped:
            before_number += part.skipped
            after_number += part.skipped
            yield Row(skipped=part.skipped)
        for before, after in _aligned(part.pieces, limit):
            before_number += before is not None
            after_number += after is not None
            yield Row(before, after, before_number, after_number)


def _aligned(
    pieces: Sequence[Piece], limit: int
) -> Iterator[tuple[list[Piece] | None, list[Piece] | None]]:
    sides: tuple[list[list[Piece]], list[list[Piece]]] = ([[]], [[]])
    for op, text in pieces:
        # Of more lines than are shown, no more than that many are looked at.
        for line in _LINE_END.split(text, maxsplit=limit)[: limit + 1]:
            if not line:
                continue
            for side, other in ((0, "insert"), (1, "delete")):
                if op != other:
                    sides[side][-1].append((op, line))
                    if line[-1] == "\n":
                        sides[side].append([])
            if op == "equal" and line[-1] == "\n":
                yield from zip_longest(sides[0][:-1], sides[1][:-1])
                sides = ([[]], [[]])
    yield from zip_longest(*([line for line in side if line] for side in sides))
