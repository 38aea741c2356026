"""What a judge said of pairs of answers, each shown in both orders. Pure.

By the strict rule one answer wins when both orders say so; anything else is a tie, and two orders
that disagree are counted besides. A pair with an output that could not be read is no tie: it is
counted, and nothing is made of it.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from evaluations.judges.verdicts import JUDGE_ERROR, Verdict
from evaluations.statistics.intervals import wilson
from evaluations.statistics.judging import Preferred, position_report, strict
from evaluations.statistics.preference import LOSS, TIE, WIN, by_pair, clustered_win_rate

_PREFERRED = {"first": Preferred.X, "second": Preferred.Y, "tie": Preferred.TIE}
_OUTCOMES = {preferred: outcome for outcome, preferred in _PREFERRED.items()}
_TURNED = {"first": "second", "second": "first"}
_WORTH = {"first": WIN, "second": LOSS, "tie": TIE}


def turned(verdict: Verdict) -> Verdict:
    """Return a verdict that was given on the pair the other way round, as one on the pair."""
    return replace(verdict, outcome=_TURNED.get(verdict.outcome, verdict.outcome))


@dataclass(frozen=True, slots=True)
class PairVerdict:
    """Both verdicts on one pair, of which "first" and "second" are the same answers.

    ``straight`` was given with the first answer shown first, ``crossed`` with the second one.
    """

    straight: Verdict
    crossed: Verdict

    @property
    def readable(self) -> bool:
        """Whether both outputs could be read."""
        return JUDGE_ERROR not in (self.straight.outcome, self.crossed.outcome)

    @property
    def consistent(self) -> bool:
        """Whether both orders say the same."""
        return self.readable and self.straight.outcome == self.crossed.outcome

    @property
    def outcome(self) -> str:
        """The verdict by the strict rule: first, second, tie or judge_error."""
        if not self.readable:
            return JUDGE_ERROR
        return _OUTCOMES[strict(*self.seen)]

    @property
    def seen(self) -> tuple[Preferred, Preferred]:
        """Both verdicts as the statistics read them. Only of a pair that is readable."""
        return _PREFERRED[self.straight.outcome], _PREFERRED[self.crossed.outcome]


def position(pairs: Iterable[PairVerdict]) -> dict[str, Any] | None:
    """Return how far the place of an answer decides, as JSON; None without a readable pair.

    ``consistency`` is the share of pairs judged alike in both orders with Wilson's interval,
    ``flips`` the pairs whose verdicts disagree; those that twice preferred one place are
    ``to_first`` and ``to_second``, and ``p`` is the exact test of "to either place alike".
    """
    both = [pair.seen for pair in pairs if pair.readable]
    if not both:
        return None
    found = position_report(both)
    alike = sum(one is other for one, other in both)
    interval = wilson(alike, len(both))
    return {
        "pairs": found.pairs,
        "consistency": found.consistency,
        "low": interval.low,
        "high": interval.high,
        "flips": found.pairs - alike,
        "to_first": found.flips_to_first,
        "to_second": found.flips_to_second,
        "p": found.flip_p,
    }


def preference(said: Sequence[tuple[Hashable, PairVerdict]], planned: int) -> dict[str, Any]:
    """Return how often the first answer wins, as JSON. ``said`` names the example of each pair.

    ``rate`` is (wins + ties / 2) / n over the readable pairs, by the strict rule; its interval is
    clustered on the example. ``n`` counts pairs, ``planned`` those that were to be judged,
    ``errors`` those with an output that could not be read. ``sign_p`` is the two-sided sign test
    over wins and losses; with repeats it counts each example once, as what most of them say.
    """
    read = [(example, pair) for example, pair in said if pair.readable]
    outcomes = [pair.outcome for _, pair in read]
    found: dict[str, Any] = {
        "planned": planned,
        "n": len(read),
        "examples": len({example for example, _ in read}),
        "errors": len(said) - len(read),
        "missing": planned - len(said),
        "wins": outcomes.count("first"),
        "losses": outcomes.count("second"),
        "ties": outcomes.count("tie"),
        "inconsistent": sum(not pair.consistent for _, pair in read),
        "rate": None,
        "low": None,
        "high": None,
        "method": "",
        "sign_p": None,
        "position": position(pair for _, pair in read),
    }
    if not read:
        return found
    values = [_WORTH[outcome] for outcome in outcomes]
    examples = [example for example, _ in read]
    rate = clustered_win_rate(values, examples, ["judge"] * len(values))
    found |= {"rate": rate.rate, "method": rate.method}
    if rate.interval is not None:
        found |= {"low": rate.interval.low, "high": rate.interval.high}
    return found | {"sign_p": by_pair(values, examples).sign_p}
