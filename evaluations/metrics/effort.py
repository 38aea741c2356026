"""What an answer took: time and money."""

from collections.abc import Iterable
from decimal import Decimal

from evaluations.metrics.types import (
    About,
    Answer,
    Arguments,
    ExampleView,
    Family,
    Metric,
    Outcome,
    Scale,
    Score,
    arguments_schema,
    missing,
)

_LIMIT = {"type": ["number", "null"], "exclusiveMinimum": 0, "default": None}


def _latency(example: ExampleView, answer: Answer, arguments: Arguments) -> Score:
    first = arguments["part"] == "first_token"
    taken = answer.ttft_ms if first else answer.latency_ms
    if answer.error and taken is None:
        taken = answer.latency_ms
    if taken is None:
        return missing("no time to first token was recorded" if first else "no time was recorded")
    limit = arguments["limit_ms"]
    if answer.error:
        # A timed-out call took at least this long: leaving it out would make slow models look fast.
        return Score(Outcome.SCORED, taken, False, "timed out, counted at the time-out")
    return Score(Outcome.SCORED, taken, None if limit is None else taken <= limit)


def output_speed(tokens_out: int, latency_ms: float, ttft_ms: float | None = None) -> float | None:
    """Tokens per second while the answer was written; None where no time passed.

    With a time to first token only the time after it counts, and the first token is not counted
    with the others; without one it is the whole time.
    """
    if ttft_ms is not None and latency_ms > ttft_ms >= 0 and tokens_out > 1:
        return (tokens_out - 1) / ((latency_ms - ttft_ms) / 1000.0)
    return tokens_out / (latency_ms / 1000.0) if latency_ms > 0 else None


def cost_per_correct(calls: Iterable[tuple[Decimal, bool]]) -> Decimal | None:
    """What one right answer costs: the cost of all calls over the number of right ones.

    None when no answer is right: the price is then not known, not 0.
    """
    spent, right = Decimal(0), 0
    for cost, correct in calls:
        spent += cost
        right += correct
    return spent / right if right else None


def _output_speed(example: ExampleView, answer: Answer, arguments: Arguments) -> Score:
    if not answer.tokens_out or answer.latency_ms is None:
        return missing("no output tokens or no time was recorded")
    speed = output_speed(answer.tokens_out, answer.latency_ms, answer.ttft_ms)
    if speed is None:
        return missing("no time passed")
    least = arguments["at_least"]
    return Score(Outcome.SCORED, speed, None if least is None else speed >= least)


def _cost(example: ExampleView, answer: Answer, arguments: Arguments) -> Score:
    if answer.cost is None:
        return missing("no price is known for this call")
    limit = arguments["limit"]
    passed = None if limit is None else answer.cost <= Decimal(str(limit))
    return Score(Outcome.SCORED, float(answer.cost), passed, format(answer.cost, "f"))


METRICS = (
    Metric(
        name="latency",
        version=1,
        label="Latency",
        definition=(
            "Time to the whole answer, or to its first token, in milliseconds. A time-out "
            "counts at the time-out. Read it by percentiles."
        ),
        source="measured by the gateway client",
        unit="ms",
        scale=Scale.QUANTITY,
        direction="down",
        arguments=arguments_schema(
            {
                "part": {"enum": ["total", "first_token"], "default": "total"},
                "limit_ms": {**_LIMIT, "description": "an answer passes at or below it"},
            }
        ),
        compute=_latency,
        scored_errors=frozenset({"timeout"}),
        about=About(
            family=Family.EFFORT,
            formula="time of the last byte, or of the first token, minus time of sending",
            blind_spots=(
                "Waiting in our own queue is not in it.",
                "Below 72 calls a p95 has no two-sided 95 % interval.",
            ),
            agrees_with="statistics.json, percentiles: 12 rows",
        ),
    ),
    Metric(
        name="output_speed",
        version=1,
        label="Output speed",
        definition=(
            "Output tokens per second. With a recorded time to first token, the tokens after the "
            "first over the time after it; else all tokens over the whole time."
        ),
        source="measured by the gateway client; tokens as the provider counts them",
        unit="tokens/s",
        scale=Scale.QUANTITY,
        direction="up",
        arguments=arguments_schema(
            {"at_least": {**_LIMIT, "description": "an answer passes at or above it"}}
        ),
        compute=_output_speed,
        about=About(
            family=Family.EFFORT,
            formula=(
                "(tokens out - 1) / (total - first token); tokens out / total without the latter"
            ),
            blind_spots=(
                "Providers cut text into tokens of different lengths: compare times where two "
                "providers are compared.",
                "With and without a recorded first token it means two things; a gateway that does "
                "not stream gives the second.",
            ),
        ),
    ),
    Metric(
        name="cost",
        version=1,
        label="Cost per call",
        definition="What the call cost by the sealed prices; the exact amount is in the detail.",
        source="tokens by kind times price",
        unit="currency",
        scale=Scale.QUANTITY,
        direction="down",
        arguments=arguments_schema(
            {"limit": {**_LIMIT, "description": "a call passes at or below it"}}
        ),
        compute=_cost,
        about=About(
            family=Family.EFFORT,
            formula="((in - cached)·price in + cached·price cached + out·price out) / 1,000,000",
            blind_spots=(
                "Cost per right answer says more: a cheap model that is often wrong is dear. "
                "It stands beside this on the scorecard.",
            ),
            agrees_with="judge_cost_groundedness.json, cost: 10 rows",
        ),
    ),
)
