"""How many calls a second one model takes, learned from what it let through."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

# First guesses look this far back: most limits are written per second or per minute.
LOOK_BACK = 1.0
# The first rate after a refusal, unless more was let through: high, since too high shows at once
# and costs few calls, while too low would cost time.
FIRST_RATE = 128.0
# An epoch ends when it has shown enough: so many replies without a refusal while the limit is still
# searched for, so many once it is known from above, so many when the rate is settled.
CLEAR_SEARCHING = 4
CLEAR_BELOW = 12
FINE_SAMPLE = 25
SHORTEST_EPOCH = 0.1
# Overload: at least so many refusals, and at least this share; a smaller share than the strong one
# needs more replies.
OVERLOAD_REFUSALS = 3
OVERLOAD_SHARE = 0.08
STRONG_SHARE = 0.5
STRONG_SAMPLE = 5
MILD_SAMPLE = 15
# A closed gate: at least so many refusals, and hardly anything else.
CLOSED_REFUSALS = 5
CLOSED_SHARE = 0.9
# A pause longer than this means a limit over a longer time, which is spread evenly.
SHORT_PAUSE = 1.5
# Refusals that go on while the rate falls three times in a row are not refused because of the rate.
# From then on only a clearly greater share is a sign.
NOISE_FROM = 0.1
NOISE_CUTS = 3
NOISE_SAMPLE = 40
NOISE_MARGIN = 0.25
SAFETY = 0.98
# A few replies do not measure how low to go.
DEEPEST_COARSE_CUT = 0.4
PROBE = 1.02
PROBE_AFTER = 5.0
FORGET_AFTER = 10.0
CLOSE_ENOUGH = 1.04
SLOWEST = 0.5


@dataclass(slots=True)
class _Epoch:
    """What was seen of one rate: only replies to calls that were sent at it."""

    number: int
    started: float
    sent: int = 0
    accepted: int = 0
    refused: int = 0
    first_sent: float | None = None
    last_sent: float = 0.0
    earliest: float | None = None

    @property
    def replies(self) -> int:
        return self.accepted + self.refused

    @property
    def share(self) -> float:
        return self.refused / self.replies if self.replies else 0.0


class LearnedRate:
    """No limit until a call is refused; then calls are spaced at the rate that the gateway was seen
    to let through.

    Time is cut into epochs of one rate each. Only replies to calls that were sent within the epoch
    count, so that the echo of an older, faster rate is not taken for the answer to the new one.
    What ends an epoch:

    - Hardly anything let through: the gate is closed. Nothing is sent until the earliest time that
      the gateway named; then at the rate of the last second before, or at the mean of the whole
      cycle when the pause was long.
    - Refusals: what was accepted per second is what the gateway takes; calls go on at 98 % of that.
    - Refusals although the rate was lowered again and again: they have another reason than the
      rate. The limit is dropped, and that share of refusals is what is normal from now on.
    - No refusal: faster. Twice as fast while no limit was met, half-way to the lowest rate that was
      too fast after that, by 2 % at a time once the limit is known.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.rate: float | None = None
        self.paused_until = 0.0
        self._next_at = 0.0
        self._epoch = _Epoch(0, 0.0)
        self._recent: deque[float] = deque()
        self._learning_since: tuple[int, float] | None = None
        self._after_first = 0
        self._cycle_started: float | None = None
        self._cycle_accepted = 0
        self._closed_again = False
        self._too_fast: float | None = None
        self._settled_at: float | None = None
        self._cuts = 0
        self._cut_replies = [0, 0]
        self._falling = False
        self._guessed = False
        self._noise = 0.0
        self._unused_since: float | None = None

    @property
    def epoch(self) -> int:
        """The number of the present epoch, to be given back with the reply."""
        return self._epoch.number

    @property
    def noisy(self) -> bool:
        """Whether a share of the refusals is known to have nothing to do with how much is sent."""
        return self._noise > 0

    def wait(self) -> float:
        """Seconds until the next call may be sent; 0.0 means now."""
        ready_at = self.paused_until if self.rate is None else max(self._next_at, self.paused_until)
        return max(0.0, ready_at - self._clock())

    def sent(self, now: float) -> None:
        """A call is sent."""
        if self._cycle_started is None:
            self._cycle_started = now
        if self.rate is None:
            return
        self._epoch.sent += 1
        gap = 1 / self.rate
        # A little lateness is made good, so that the timer's own delay does not lower the rate.
        self._next_at = max(self._next_at + gap, now - max(2 * gap, 0.02))

    def accepted(self, number: int, epoch: int, sent_at: float) -> None:
        """A reply came that was not a refusal."""
        now = self._clock()
        self._cycle_accepted += 1
        self._recent.append(now)
        while self._recent[0] < now - LOOK_BACK:
            self._recent.popleft()
        if self.rate is None and not self._noise:
            return
        if epoch == self._epoch.number:
            self._epoch.accepted += 1
            self._seen(sent_at)
            self._decide(now)
        elif (
            self.rate is not None
            and self._learning_since is not None
            and number > self._learning_since[0]
        ):
            # Let through although an earlier call was refused: the gate was open after all.
            self._after_first += 1
            self.rate = max(
                self.rate, self._after_first / max(now - self._learning_since[1], SHORTEST_EPOCH)
            )
            self._next_at = min(self._next_at, now + 1 / self.rate)

    def refused(self, number: int, epoch: int, sent_at: float, until: float) -> None:
        """A call was refused (429) and may be repeated at ``until``."""
        now = self._clock()
        if self.rate is None and not self._noise:
            self._first_rate(now, FIRST_RATE)
            self._learning_since, self._after_first = (number, sent_at), 0
        elif epoch == self._epoch.number:
            self._epoch.refused += 1
            earliest = self._epoch.earliest
            self._epoch.earliest = until if earliest is None else min(earliest, until)
            self._seen(sent_at)
            self._decide(now)

    def adopt(self, rate: float | None, paused_until: float) -> None:
        """Take over what another driver of the same model has learned: the lower rate, the later
        pause.
        """
        self.paused_until = max(self.paused_until, paused_until)
        if rate is not None and (self.rate is None or rate < self.rate):
            now = self._clock()
            self.rate = max(rate, SLOWEST)
            self._next_at = max(self._next_at, now)
            self._settled_at = now
            self._new_epoch(now)

    def relieved(self, factor: float) -> None:
        """Whoever shared the limit is gone: from now on it is ``factor`` times as high for us."""
        if self.rate is not None and factor > 1:
            now = self._clock()
            self.rate *= factor
            self._too_fast = None
            self._next_at = min(self._next_at, now + 1 / self.rate)
            self._settled_at = now
            self._new_epoch(now)

    def _seen(self, sent_at: float) -> None:
        if self._epoch.first_sent is None or sent_at < self._epoch.first_sent:
            self._epoch.first_sent = sent_at
        self._epoch.last_sent = max(self._epoch.last_sent, sent_at)

    def _decide(self, now: float) -> None:
        epoch, age = self._epoch, now - self._epoch.started
        if self.rate is None:
            self._listen(now)
        elif epoch.share >= CLOSED_SHARE:
            enough = CLOSED_REFUSALS if age >= SHORTEST_EPOCH else 2 * CLOSED_REFUSALS
            if self._closed_again or epoch.refused >= enough:
                self._closed(now)
        elif epoch.refused == 0:
            if self._settled_at is not None:
                enough = FINE_SAMPLE
            else:
                enough = CLEAR_SEARCHING if self._too_fast is None else CLEAR_BELOW
            if epoch.replies >= max(enough, self.rate * SHORTEST_EPOCH) and age >= SHORTEST_EPOCH:
                self._clear(now)
        elif epoch.refused >= OVERLOAD_REFUSALS and epoch.share >= OVERLOAD_SHARE:
            enough = STRONG_SAMPLE if epoch.share >= STRONG_SHARE else MILD_SAMPLE
            if age >= SHORTEST_EPOCH and epoch.replies >= enough:
                self._overloaded(now)
        elif epoch.replies >= 2 * FINE_SAMPLE:
            # One or two in fifty: a rate that was measured is a little too high. One that was
            # guessed from a few replies is as likely too low, and these the echo of what was
            # before: the search goes on.
            if self._guessed:
                self._clear(now)
            else:
                self._overloaded(now)

    def _first_rate(self, now: float, lowest: float) -> None:
        self._noise = 0.0
        self._too_fast = self._settled_at = None
        self.rate = max(self._last_second(now), lowest)
        self._next_at = now + 1 / self.rate
        self._new_epoch(now)

    def _listen(self, now: float) -> None:
        """Without a limit, while a share of the refusals is known to be no sign of one."""
        epoch = self._epoch
        if epoch.replies >= NOISE_SAMPLE:
            if epoch.share > self._noise + NOISE_MARGIN:
                self._first_rate(now, SLOWEST)
            else:
                self._noise = max(epoch.share, self._noise * 0.8) if epoch.refused else 0.0
                self._new_epoch(now)

    def _closed(self, now: float) -> None:
        assert self.rate is not None
        until = max(now, self._epoch.earliest or now)
        started = now if self._cycle_started is None else self._cycle_started
        if self._closed_again or until - now > SHORT_PAUSE:
            rate = self._cycle_accepted / max(until - started, SHORTEST_EPOCH)
        else:
            rate = SAFETY * self._last_second(now)
        # Too little let through, in too short a time, measures nothing: then the way up is searched
        # for again.
        measured = self._cycle_accepted >= FINE_SAMPLE or now - started >= LOOK_BACK
        self._settled_at = until if measured and self._cycle_accepted >= OVERLOAD_REFUSALS else None
        self.rate = max(rate, SLOWEST)
        self.paused_until = self._next_at = until
        self._too_fast = None
        self._falling = False
        self._cycle_started, self._cycle_accepted = until, 0
        self._closed_again = True
        self._new_epoch(until)

    def _overloaded(self, now: float) -> None:
        assert self.rate is not None
        epoch = self._epoch
        through = epoch.accepted / (epoch.last_sent - (epoch.first_sent or 0.0) + 1 / self.rate)
        if epoch.share < NOISE_FROM or not self._falling:
            self._cuts, self._cut_replies = 0, [0, 0]
        self._cuts += 1
        self._cut_replies = [
            self._cut_replies[0] + epoch.refused,
            self._cut_replies[1] + epoch.replies,
        ]
        self._falling = True
        self._closed_again = False
        if self._cuts >= NOISE_CUTS and epoch.share < STRONG_SHARE:
            self._noise = self._cut_replies[0] / self._cut_replies[1]
            self._forget()
        else:
            self._too_fast = self.rate
            fine = epoch.replies >= FINE_SAMPLE
            lowest = SLOWEST if fine else self.rate * DEEPEST_COARSE_CUT
            self.rate = max(lowest, min(self.rate, SAFETY * through))
            self._settled_at = now if fine else None
            self._guessed = epoch.replies < MILD_SAMPLE
        self._next_at = max(self._next_at, now)
        self._new_epoch(now)

    def _clear(self, now: float) -> None:
        assert self.rate is not None
        epoch, age = self._epoch, now - self._epoch.started
        self._falling = self._closed_again = False
        if epoch.sent < 0.5 * self.rate * age:
            # Something else holds the calls back. A limit that is not reached for a while is
            # forgotten.
            self._unused_since = self._unused_since or now
            if now - self._unused_since >= FORGET_AFTER:
                self._forget()
        else:
            self._unused_since = None
            if self._settled_at is not None:
                if now - self._settled_at >= FORGET_AFTER:
                    self._too_fast = None
                if now - self._settled_at >= PROBE_AFTER:
                    self.rate = min(self.rate * PROBE, self._too_fast or self.rate * PROBE)
            elif self._too_fast is None:
                self.rate *= 2
            else:
                middle = (self.rate + self._too_fast) / 2
                if middle < CLOSE_ENOUGH * self.rate:
                    self._settled_at = now
                else:
                    self.rate = middle
        self._new_epoch(now)

    def _forget(self) -> None:
        self.rate = None
        self._falling = False
        self._too_fast = self._settled_at = self._unused_since = None

    def _last_second(self, now: float) -> float:
        """How many calls were let through in the last second."""
        return sum(1 for at in self._recent if at >= now - LOOK_BACK) / LOOK_BACK

    def _new_epoch(self, started: float) -> None:
        if self._epoch.replies:
            # The first epoch has spoken: what was sent before it tells nothing more.
            self._learning_since = None
        self._epoch = _Epoch(self._epoch.number + 1, started)
