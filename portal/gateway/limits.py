"""How many calls to one model may be in flight, and whether any may be at all."""

from collections.abc import Callable
from typing import Literal


class AdaptiveLimit:
    """Additive increase, multiplicative decrease, in proportion to how much goes wrong.

    The share of bad calls is followed by a moving average ``bad`` (gain 1/8). A bad call lowers the
    limit to ``limit * (1 - bad / 2)``, once per round trip: calls that were started before the last
    decrease say nothing about it. Every ``limit`` good calls raise it by one. This is the rule of
    DCTCP (Alizadeh et al., SIGCOMM 2010): a gateway that loses 4 % of its calls keeps its
    concurrency, one that loses all of them is left alone within a few rounds.
    """

    GAIN = 1 / 8
    # More than this at once, before the first answer, is a flood. Until the first bad call every
    # good one adds one, so that a limit of 128 is reached within the first round trip.
    START = 64

    def __init__(self, highest: int) -> None:
        self.highest = highest
        self.value = float(min(highest, self.START))
        self.bad = 0.0
        self._decreased_after = -1

    def good(self) -> None:
        """A call was answered."""
        if self.bad:
            self.bad = 0.0 if self.bad < 1e-6 else self.bad * (1 - self.GAIN)
        if self.value < self.highest:
            step = 1.0 if self._decreased_after < 0 else 1 / self.value
            self.value = min(float(self.highest), self.value + step)

    def bad_call(self, number: int, newest: int) -> None:
        """Call ``number`` failed or was refused while ``newest`` was the last one started."""
        self.bad += (1 - self.bad) * self.GAIN
        if number > self._decreased_after:
            self._decreased_after = newest
            self.value = max(1.0, self.value * (1 - self.bad / 2))

    @property
    def decreased(self) -> bool:
        """Whether a bad call has lowered the limit so far."""
        return self._decreased_after >= 0

    @property
    def calls(self) -> int:
        """How many calls may be in flight now: at least one."""
        return int(self.value)


class Circuit:
    """Opens after ``after`` failures in a row; then nothing is sent for ``rest`` seconds, then one
    call tries.

    The call that tries closes the circuit by succeeding, or leaves it open for twice as long, at
    most ``longest_rest``.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        after: int = 10,
        rest: float = 5.0,
        longest_rest: float = 60.0,
    ) -> None:
        self._clock = clock
        self._after = after
        self._first_rest = rest
        self._rest = rest
        self._longest_rest = longest_rest
        self._failures = 0
        self._open_until: float | None = None
        self._trying = False
        self.openings = 0

    @property
    def state(self) -> Literal["closed", "open", "half_open"]:
        """``half_open`` when the rest is over and one call may try."""
        if self._open_until is None:
            return "closed"
        return "open" if self._clock() < self._open_until else "half_open"

    def wait(self) -> float | None:
        """Seconds until a call may start: 0.0 now, ``None`` while one call is trying."""
        if self._open_until is None:
            return 0.0
        if self._trying:
            return None
        return max(0.0, self._open_until - self._clock())

    def started(self) -> bool:
        """A call starts. True when it is the one that tries."""
        self._trying = self._open_until is not None
        return self._trying

    def succeeded(self) -> None:
        """The gateway answered: whatever was open is closed."""
        self._failures = 0
        self._open_until = None
        self._trying = False
        self._rest = self._first_rest

    def failed(self, *, tried: bool) -> None:
        """A call failed in a way that another attempt may mend."""
        self._failures += 1
        if tried:
            self._trying = False
            self._rest = min(self._rest * 2, self._longest_rest)
        elif self._open_until is not None or self._failures < self._after:
            return
        self.openings += 1
        self._open_until = self._clock() + self._rest

    def released(self, *, tried: bool) -> None:
        """A call ended without saying anything about the gateway's health."""
        if tried:
            self._trying = False
