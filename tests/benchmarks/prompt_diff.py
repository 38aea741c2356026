"""How long the difference of two prompts of 100 kB takes: ``python -m tests.benchmarks.prompt_diff``.

Prints the milliseconds (the best of five) of comparing and of laying both views out, the stage
that was reached, and the number of pieces. The budget of a page is 400 ms, 1,500 ms at worst.
"""

import random
import sys
import time
from collections.abc import Callable
from functools import partial

from portal.common.differences import Piece, compare, hunks, rows

SIZE = 100_000
CHANCE = random.Random(20260101)
WORDS = ["".join(CHANCE.choices("abcdefghijklmnop", k=CHANCE.randint(2, 10))) for _ in range(3_000)]


def prose(size: int = SIZE) -> str:
    """Return text of sentences and paragraphs, ``size`` characters long."""
    parts: list[str] = []
    length = 0
    while length < size:
        part = " ".join(CHANCE.choices(WORDS, k=CHANCE.randint(6, 22))).capitalize()
        part += CHANCE.choice([". ", ". ", ".\n", ".\n\n"])
        parts.append(part)
        length += len(part)
    return "".join(parts)[:size]


def edited(text: str, share: float) -> str:
    """Return ``text`` with a share of its words replaced."""
    words = text.split(" ")
    return " ".join(CHANCE.choice(WORDS) if CHANCE.random() < share else word for word in words)


def cases() -> dict[str, tuple[str, str]]:
    """Return pairs of texts by what is hard about them."""
    text = prose()
    line = prose().replace("\n", " ")
    return {
        "one word changed": (text, edited(text, 1 / 16_000)),
        "similar, 2 % of the words": (text, edited(text, 0.02)),
        "similar, 30 % of the words": (text, edited(text, 0.3)),
        "unrelated": (text, prose()),
        "one line, 2 % of the words": (line, edited(line, 0.02)),
        "one line, unrelated": (line, prose().replace("\n", " ")),
        "adversarial: one word repeated": ("a " * 50_000, "b a " * 25_000),
        "adversarial: lines of one sign": ("a\nb\n" * 25_000, "a\nc\n" * 25_000),
        "adversarial: shuffled lines": ("a\nb\nc\n" * 16_000, "c\nb\na\n" * 16_000),
        "adversarial: signs": (".," * 50_000, ",;" * 50_000),
        "adversarial: line ends": ("\n" * 100_000, "\n" * 50_000 + "x" + "\n" * 49_999),
        "adversarial: two letters": (
            "".join(CHANCE.choices("a ", k=SIZE)),
            "".join(CHANCE.choices("a ", k=SIZE)),
        ),
    }


def best(act: Callable[[], object], times: int = 5) -> float:
    """Return the least milliseconds that ``act`` took."""
    found = []
    for _ in range(times):
        started = time.perf_counter()
        act()
        found.append((time.perf_counter() - started) * 1000)
    return min(found)


def laid_out(pieces: list[Piece]) -> None:
    """Lay the pieces out for both views."""
    hunks(pieces)
    rows(pieces)


def main() -> None:
    """Print one line a case."""
    tell = sys.stdout.write
    tell(f"{'two texts of 100 kB':<34}{'compare':>10}{'views':>9}  {'detail':<10}{'pieces':>7}\n")
    for name, (before, after) in cases().items():
        found = compare(before, after)
        comparing = best(partial(compare, before, after))
        views = best(partial(laid_out, found.pieces))
        tell(
            f"{name:<34}{comparing:>7.0f} ms{views:>6.0f} ms"
            f"  {found.detail:<10}{len(found.pieces):>7}\n"
        )


if __name__ == "__main__":
    main()
