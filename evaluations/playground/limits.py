"""The numbers of the policy that bound a trial, given out typed."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from portal.common.policy import policy


@dataclass(frozen=True, slots=True)
class Limits:
    """How large, how dear and how many trials may be, and how long they are kept."""

    models: int
    prompts: int
    inputs: int
    calls: int
    cap: Decimal
    active: int
    in_flight: int
    kept: timedelta


def limits() -> Limits:
    """Return the limits of the company's policy."""

    def whole(name: str) -> int:
        return int(policy().number("playground", name))

    return Limits(
        models=whole("models_max"),
        prompts=whole("prompts_max"),
        inputs=whole("inputs_max"),
        calls=whole("calls_max"),
        cap=Decimal(str(policy().number("playground", "cap_max"))),
        active=whole("active_max"),
        in_flight=max(1, whole("calls_in_flight")),
        kept=timedelta(days=policy().number("playground", "kept_days")),
    )
