"""Whether a failed call is tried again, and when."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from portal.gateway.errors import GatewayError

Reason = Literal["not_retryable", "tries_used_up", "patience_used_up"]


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again at ``at`` (seconds of the policy's clock). ``counts``: this try counts against
    ``max_tries``.
    """

    at: float
    counts: bool


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Do not try again. ``reason`` says why; what went wrong is in the error itself."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """The one retry rule: full jitter for failures, the gateway's word for refused calls, an end to
    both.

    Pauses after the n-th failed try lie evenly between 0 and ``min(cap, base * 2**n)`` seconds
    ("full jitter", Brooker, AWS Architecture Blog 2015). A refused call (429) waits as long as
    ``Retry-After`` says, at most ``longest_retry_after`` seconds, and uses up no try; ``patience``
    seconds after its first try it is given up.
    """

    max_tries: int = 5
    base: float = 0.5
    cap: float = 30.0
    longest_retry_after: float = 60.0
    patience: float = 600.0
    clock: Callable[[], float] = time.monotonic
    random: Callable[[], float] = field(default=random.random)

    def decide(
        self,
        error: GatewayError,
        tries: int,
        *,
        waiting_since: float | None = None,
        refusals: int = 1,
    ) -> Retry | GiveUp:
        """What to do after ``error``.

        ``tries`` counts the tries made so far that count, this one included unless it was refused;
        ``refusals`` the 429s in a row, this one included; ``waiting_since`` is when the item was
        first tried, by the policy's clock.
        """
        if not error.retryable:
            return GiveUp("not_retryable")
        refused = error.code == "rate_limited"
        if not refused and tries >= self.max_tries:
            return GiveUp("tries_used_up")
        now = self.clock()
        pause = self._pause(error, refusals if refused else tries)
        if waiting_since is not None and now + pause - waiting_since > self.patience:
            return GiveUp("patience_used_up")
        return Retry(at=now + pause, counts=not refused)

    def _pause(self, error: GatewayError, number: int) -> float:
        if error.retry_after is not None:
            return min(error.retry_after, self.longest_retry_after)
        # The exponent is bounded so that a long-refused item does not compute a number without end.
        return self.random() * min(self.cap, self.base * 2.0 ** min(number, 30))
