"""Examples that are much like one another, found without comparing all with all. Pure.

Up to some 350 examples every pair is compared. Of more, the pairs that share their rarest words
come first, and comparing ends at a number of pairs, which the page then says.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from rapidfuzz import fuzz

# rapidfuzz's ratio, 0 to 100, from which two texts count as much alike.
NEAR = 88.0
COMPARED = 800
MAX_PAIRS = 60_000
MAX_FOUND = 100
_RARE_WORDS = 6
_MAX_SHARING = 60
_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two examples by their places, and how alike their inputs are, 0 to 100."""

    one: int
    other: int
    alike: float


@dataclass(frozen=True, slots=True)
class Likeness:
    """The pairs found, most alike first; ``complete`` when no pair was left out."""

    pairs: tuple[Pair, ...]
    complete: bool


def text_of(given: Any, context: Sequence[Mapping[str, str]] = ()) -> str:
    """Return an input as it is compared: its texts, folded, at most 800 characters."""
    values = list(given.values()) if isinstance(given, Mapping) else [given]
    values += [item.get("text", "") for item in context]
    text = "\n".join(str(value)[: 2 * COMPARED] for value in values)
    return _SPACE.sub(" ", text[: 2 * COMPARED]).strip().casefold()[:COMPARED]


def near_duplicates(texts: Sequence[str]) -> Likeness:
    """Return the pairs of ``texts`` (see `text_of`) that are at least 88 of 100 alike."""
    n = len(texts)
    everything = n * (n - 1) // 2 <= MAX_PAIRS
    candidates = list(combinations(range(n), 2)) if everything else _likely(texts)
    found = []
    for one, other in candidates[:MAX_PAIRS]:
        short, long = sorted((len(texts[one]), len(texts[other])))
        # The ratio is 2 * common / both lengths: one much shorter text cannot reach it.
        if 200.0 * short < NEAR * (short + long):
            continue
        alike = fuzz.ratio(texts[one], texts[other], score_cutoff=NEAR)
        if alike:
            found.append(Pair(one, other, round(float(alike), 1)))
    found.sort(key=lambda pair: -pair.alike)
    return Likeness(tuple(found[:MAX_FOUND]), everything)


def _likely(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Return pairs that share one of their rarest words, those that share most first."""
    words = [set(_WORD.findall(text)) for text in texts]
    often = Counter(word for found in words for word in found)
    holders: dict[str, list[int]] = {}
    for place, found in enumerate(words):
        # A word that no other text has cannot lead to one.
        shared = (word for word in found if often[word] > 1)
        for word in sorted(shared, key=lambda w: (often[w], w))[:_RARE_WORDS]:
            holders.setdefault(word, []).append(place)
    pairs: Counter[tuple[int, int]] = Counter()
    for places in holders.values():
        for pair in combinations(places[:_MAX_SHARING], 2):
            pairs[pair] += 1
    return [pair for pair, _ in pairs.most_common(MAX_PAIRS)]
