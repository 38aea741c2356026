"""What a probe asks, what it can cost, and what its answers mean: pure.

A probe is a handful of short calls. Latency is what a caller waits for the whole answer; tokens per
second are all output tokens over all that time.
"""

import re
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from catalog.enums import Answered
from portal.gateway.cost import Price, estimate_prompt_tokens, worst_case
from portal.gateway.types import Message

MAX_TOKENS = 64
TIMEOUT_SECONDS = 30.0
MESSAGES: tuple[Message, ...] = (
    {"role": "user", "content": "Name the twelve months of the year, in order, with commas."},
)
# What may follow a snapshot's name and still be the same snapshot: a revision such as "-v2:0".
_REVISION = re.compile(r"[-:@]v?\d+(?:[.:]\d+)*")


@dataclass(frozen=True, slots=True)
class Call:
    """One answered call: how long it took, what it wrote, as what the gateway says it answered."""

    latency_ms: float
    tokens_out: int
    model: str


@dataclass(frozen=True, slots=True)
class Figures:
    """Latency in milliseconds, tokens per second; None without an answer."""

    p50_ms: int | None = None
    p95_ms: int | None = None
    tokens_per_second: float | None = None


def most_of(price: Price, calls: int) -> Decimal:
    """Return what ``calls`` calls can cost at most, with nothing cached and full answers."""
    return worst_case(estimate_prompt_tokens(MESSAGES), MAX_TOKENS, price) * calls


def figures(calls: Sequence[Call]) -> Figures:
    """Return percentiles (linear interpolation, as PostgreSQL's percentile_cont) and the speed."""
    if not calls:
        return Figures()
    times = [call.latency_ms for call in calls]
    seconds = sum(times) / 1000
    if len(times) == 1:
        p50 = p95 = times[0]
    else:
        cuts = statistics.quantiles(times, n=100, method="inclusive")
        p50, p95 = cuts[49], cuts[94]
    speed = sum(call.tokens_out for call in calls) / seconds if seconds > 0 else None
    return Figures(round(p50), round(p95), speed)


def standing(pinned: str, names: Iterable[str], answers: Iterable[str]) -> tuple[Answered, str]:
    """Return as what a model answered, and the other snapshot's name when it was another.

    ``pinned`` is the snapshot on the card, ``names`` what the model goes by without a date (alias,
    model): an answer under one of those proves nothing either way.
    """
    said = [answer for answer in answers if answer]
    if not pinned:
        return Answered.UNPINNED, ""
    neutral = {_bare(name) for name in names if name}
    proved = False
    for answer in said:
        if is_snapshot(answer, pinned):
            proved = True
        elif _bare(answer) not in neutral:
            return Answered.OTHER, answer
    return (Answered.PINNED if proved else Answered.UNSAID), ""


def is_snapshot(answer: str, pinned: str) -> bool:
    """Whether ``answer`` names the snapshot ``pinned``, maybe with its provider or a revision."""
    found, wanted = _bare(answer), _bare(pinned)
    if found == wanted:
        return True
    # Some providers write their name before the model's: anthropic.x-20250929-v1:0.
    start = found.find(wanted)
    if start < 0 or (start > 0 and found[start - 1] not in ".:@"):
        return False
    rest = found[start + len(wanted) :]
    return not rest or _REVISION.fullmatch(rest) is not None


def _bare(name: str) -> str:
    return name.casefold().rsplit("/", 1)[-1]
