"""Chance, by pure functions: which examples are asked, in which order, and who stands left."""

import random
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Turn:
    """One pair in a rater's order; ``first_is_a`` says whether its first answer stands at A."""

    pair: int
    first_is_a: bool


def ranked(keys: Sequence[T], seed: int) -> list[T]:
    """Return ``keys`` in an order that only the seed decides.

    One order for all comparisons of a study, so that they ask about the same examples wherever
    they can.
    """
    found = list(keys)
    random.Random(seed).shuffle(found)
    return found


def drawn(kinds: Mapping[T, str], order: Sequence[T], count: int) -> list[T]:
    """Return ``count`` keys, each kind in its share of ``kinds``, the first of ``order`` in each.

    Shares are rounded by largest remainder, ties to the kind that comes first by name; with fewer
    keys than ``count`` all of them are returned. In the order of ``order``.
    """
    wanted = _quotas(kinds, min(count, len(kinds)))
    found = []
    for key in order:
        if key in kinds and wanted[kinds[key]]:
            wanted[kinds[key]] -= 1
            found.append(key)
    return found


def _quotas(kinds: Mapping[T, str], count: int) -> dict[str, int]:
    names = sorted(set(kinds.values()))
    sizes = {name: sum(kind == name for kind in kinds.values()) for name in names}
    exact = {name: count * sizes[name] / len(kinds) for name in names}
    found = {name: int(exact[name]) for name in names}
    rest = count - sum(found.values())
    for name in sorted(names, key=lambda one: (found[one] - exact[one], one))[:rest]:
        found[name] += 1
    return found


def turns(groups: Mapping[int, Hashable], dice: random.Random) -> list[Turn]:
    """Return one rater's order of the pairs, each with its sides.

    ``groups`` names the comparison that each pair belongs to. Order and sides are random and
    independent of each other; within a comparison each candidate stands at A as often as at B,
    to one pair where their number is odd, so that a habit of the hand cannot help either.
    """
    order = list(groups)
    dice.shuffle(order)
    members: dict[Hashable, list[int]] = {}
    for pair in order:
        members.setdefault(groups[pair], []).append(pair)
    first_is_a: dict[int, bool] = {}
    for pairs in members.values():
        half, odd = divmod(len(pairs), 2)
        sides = [True] * half + [False] * half + ([dice.random() < 0.5] if odd else [])
        dice.shuffle(sides)
        first_is_a.update(zip(pairs, sides, strict=True))
    return [Turn(pair, first_is_a[pair]) for pair in order]
