"""What passes between a driver and the ledger: leases in hand, rows that ended, what came of it."""

import os
import socket
import uuid
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

# A lease whose drivers died this often is cut into single items, each driven alone.
NARROW_AFTER = 3
# A single item that was driven alone each time and whose driver died this often is given up.
GIVE_UP_AFTER = 2


class Outcome(StrEnum):
    """How a claim ended."""

    TAKEN = "taken"
    EMPTY = "empty"
    WAIT = "wait"  # the cap has no room now, but calls in flight will give some back
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Held:
    """A lease in a driver's hands. ``finished`` are the items that have a result already."""

    id: int
    first: int
    count: int
    fence: int
    deaths: int
    alone: bool
    finished: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Claim:
    """What a claim brought: leases, and which candidates (by position) are given up."""

    outcome: Outcome
    leases: tuple[Held, ...] = ()
    given_up: frozenset[int] = frozenset()
    alone_waiting: bool = False


@dataclass(frozen=True, slots=True)
class Beat:
    """What a driver learns at each beat. ``lost`` are leases that somebody else took over."""

    running: bool
    slots: int
    settled: bool
    lost: frozenset[int]


# What `Row.result` and `Row.scores` hold, in this order; the time is the database's own.
RESULT_COLUMNS = (
    "id", "run_id", "candidate_id", "revision_id", "repeat", "output", "finish_reason", "refused",
    "error_class", "error_detail", "tokens_in", "tokens_cached", "tokens_out", "latency_ms",
    "ttft_ms", "cost_micro", "gateway_cost_micro", "resolved_model", "attempts", "request_id",
    "flags",
)  # fmt: skip
SCORE_COLUMNS = (
    "result_id", "place", "metric", "version", "outcome", "value", "passed", "detail",
)  # fmt: skip


@dataclass(slots=True)
class Row:
    """One item that ended: the result to write, its scores, and what it does to the ledger.

    ``estimate`` is the item's reservation, which ends; ``charge`` of it is spent, ``booked`` the
    part of the charge that is itself an estimate, for calls without an answer; ``overrun`` what
    the gateway reported beyond the worst case. A skipped item has no result: ``skipped`` is how
    many of its lease are skipped so far.
    """

    lease: int
    fence: int
    result: tuple[Any, ...] | None
    scores: list[tuple[Any, ...]] = field(default_factory=list)
    charge: int = 0
    booked: int = 0
    overrun: int = 0
    estimate: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Written:
    """What a write did. ``stale`` are leases whose fence has moved on: their rows were dropped."""

    results: int
    stale: frozenset[int]
    running: bool


@dataclass(frozen=True, slots=True)
class Timing:
    """How long leases hold and how long one driver drives, in seconds."""

    lease: float
    drive: float


@dataclass(frozen=True, slots=True)
class Drive:
    """How a drive ended. ``left_over``: there is work that a successor should take up."""

    owner: str
    written: int
    left_over: bool


def new_owner() -> str:
    """Return a name for a driver: host, process and something that no restart repeats."""
    return f"{socket.gethostname()[:60]}/{os.getpid()}/{uuid.uuid4().hex[:12]}"
