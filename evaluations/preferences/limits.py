"""The numbers of the policy that bound a study, given out typed."""

from dataclasses import dataclass

from portal.common.policy import policy

# Before the brief says enough for a tier, a study is held to what the strictest tier asks for.
STRICTEST_TIER = 4


@dataclass(frozen=True, slots=True)
class Limits:
    """How many pairs and raters a study needs and may have.

    ``pairs_min`` is per comparison of two candidates, ``pairs_max`` over all of a study.
    ``spread_raters`` is how many raters it takes before an interval is spread over them too.
    """

    pairs_min: int
    pairs_max: int
    raters_min: int
    raters_max: int
    candidates_max: int
    open_max: int
    reason_min: int
    spread_raters: int

    def as_json(self) -> dict[str, int]:
        """Return what a result was held to, as documents keep it."""
        return {
            "pairs_min": self.pairs_min,
            "raters_min": self.raters_min,
            "spread_raters": self.spread_raters,
        }


def limits(tier: int | None) -> Limits:
    """Return the limits of the company's policy for a workload of ``tier``."""

    def whole(name: str) -> int:
        return int(policy().number("preferences", name))

    by_tier = policy().numbers["preferences"]["pairs_min"]
    return Limits(
        pairs_min=int(by_tier[f"tier{tier or STRICTEST_TIER}"]),
        pairs_max=whole("pairs_max"),
        raters_min=whole("raters_min"),
        raters_max=whole("raters_max"),
        candidates_max=whole("candidates_max"),
        open_max=whole("open_max"),
        reason_min=whole("close_reason_min"),
        spread_raters=whole("spread_raters"),
    )
