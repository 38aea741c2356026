"""How a comparison of two candidates by a judge is shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluations.judges.pairs import PairVerdict
from evaluations.judges.verdicts import JUDGE_ERROR, Verdict
from evaluations.runs.enums import RunState
from evaluations.runs.judging.reading import Paired
from evaluations.scorecards.pairing import Comparison
from portal.shell.formats import MISSING, number, percent

# What the list of pairs can be narrowed to, with its words.
SHOWS = {
    "": "Every pair",
    "first": "First preferred",
    "second": "Second preferred",
    "tie": "Tie in both orders",
    "disagree": "The orders disagree",
    "error": "Not readable",
}


@dataclass(frozen=True, slots=True)
class ComparisonRow:
    """One comparison: what it says in words and in figures, and how far it may be believed."""

    found: Comparison
    state: RunState
    tone: str
    verdict: str
    rate: str
    interval: str
    sign: str
    consistency: str

    @property
    def moving(self) -> bool:
        """Whether its figures are still to come."""
        return self.found.figures is None


@dataclass(frozen=True, slots=True)
class PairRow:
    """One pair: what came of it, what was said in each order, and whether its text is hidden."""

    paired: Paired
    tone: str
    label: str
    orders: Sequence[tuple[str, str, Verdict]]
    hidden: bool
    url: str

    @property
    def summary(self) -> str:
        """What unfolds into both orders: the reason where they agree, else both in words."""
        if self.paired.pair.consistent and not self.hidden and self.orders[0][2].reason:
            return self.orders[0][2].reason
        return "; ".join(f"{words}: {said}" for words, said, _ in self.orders)


def comparison_row(found: Comparison) -> ComparisonRow:
    """Return how one comparison is shown."""
    figures = found.figures
    state = RunState(found.run.state)
    if figures is None:
        return ComparisonRow(
            found, state, state.tone, state.label, MISSING, MISSING, MISSING, MISSING
        )
    tone, words = _verdict(found)
    interval = "no interval"
    if figures["low"] is not None:
        interval = f"{percent(figures['low'])} to {percent(figures['high'])}"
    place = figures["position"]
    p = figures["sign_p"]
    return ComparisonRow(
        found=found,
        state=state,
        tone=tone,
        verdict=words,
        rate=MISSING if figures["rate"] is None else percent(figures["rate"]),
        interval=interval,
        sign=MISSING if p is None else "p < 0.001" if p < 0.001 else f"p = {p:.3f}",
        consistency=MISSING
        if place is None
        else f"{percent(place['consistency'])} of {number(place['pairs'])}",
    )


def _verdict(found: Comparison) -> tuple[str, str]:
    if found.why:
        return "warn", "not believed"
    figures = found.figures or {}
    if figures["low"] is None:
        return "none", "cannot tell"
    if figures["low"] > 0.5:
        return "info", f"{found.first} preferred"
    if figures["high"] < 0.5:
        return "info", f"{found.second} preferred"
    return "none", "cannot tell"


def outcome_of(one: Paired) -> str:
    """Return which of `SHOWS` a pair belongs to."""
    if one.pair.outcome == JUDGE_ERROR:
        return "error"
    return one.pair.outcome if one.pair.consistent else "disagree"


def in_interest(pairs: Sequence[Paired]) -> list[Paired]:
    """Return pairs with those first that say something: trouble, then wins, then ties."""
    order = ("error", "disagree", "first", "second", "tie")
    return sorted(pairs, key=lambda one: (one.same, order.index(outcome_of(one))))


def pair_row(one: Paired, names: tuple[str, str], *, hidden: bool, url: str) -> PairRow:
    """Return how one pair is shown."""
    what = outcome_of(one)
    label, tone = {
        "first": (f"{names[0]} better", "info"),
        "second": (f"{names[1]} better", "info"),
        "tie": ("Word for word the same" if one.same else "No difference", "none"),
        "disagree": ("The orders disagree: a tie", "warn"),
        "error": ("Not readable", "fail"),
    }[what]
    return PairRow(one, tone, label, () if one.same else _orders(one.pair, names), hidden, url)


def _orders(pair: PairVerdict, names: tuple[str, str]) -> list[tuple[str, str, Verdict]]:
    words = {
        "first": f"{names[0]} better",
        "second": f"{names[1]} better",
        "tie": "no difference",
        JUDGE_ERROR: "not readable",
    }
    return [
        (f"{shown} shown first", words[said.outcome], said)
        for shown, said in zip(names, (pair.straight, pair.crossed), strict=True)
    ]
