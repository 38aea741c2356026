"""What an answer took: time and money."""

from decimal import Decimal

from evaluations.metrics.types import (
    Answer,
    Arguments,
    ExampleView,
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
    ),
)
