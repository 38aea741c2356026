"""From what the gateway said to the rows that are written. Pure."""

import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from hashlib import sha256
from typing import Any

from evaluations.metrics import registry
from evaluations.metrics.types import Answer, Outcome, Score
from evaluations.runs.hands import Row
from evaluations.runs.runtime import MetricInUse, Workbench
from evaluations.runs.targets import Reply
from portal.common.money import from_micro, to_micro
from portal.common.text import storable
from portal.gateway.cost import Price, charged, cost
from portal.gateway.types import Completion

# A gateway may report any sum; what is kept stays within the column.
MOST_MICRO = 10**15


@dataclass(slots=True)
class Work:
    """One item in a driver's hands, with what its attempts have used so far."""

    index: int
    key: str
    candidate: int
    example: int
    repeat: int
    lease: int
    fence: int
    estimate: int
    tries: int = 0
    refusals: int = 0
    attempts: int = 0
    first_tried: float | None = None


def charge_of(completion: Completion, price: Price) -> int:
    """Return what an answer cost, in micro: the larger of the list price and the gateway's word."""
    listed = cost(completion.tokens_in, completion.tokens_cached, completion.tokens_out, price)
    # The gateway reports in US dollars; beside a price in another currency it is only kept.
    reported = completion.gateway_cost if price.currency == "USD" else None
    return min(to_micro(charged(reported, listed)), MOST_MICRO)


def added(first: Completion, second: Completion) -> Completion:
    """Return the second answer with the tokens, the cost and the time of both."""
    costs = [one.gateway_cost for one in (first, second) if one.gateway_cost is not None]
    return replace(
        second,
        tokens_in=first.tokens_in + second.tokens_in,
        tokens_cached=first.tokens_cached + second.tokens_cached,
        tokens_out=first.tokens_out + second.tokens_out,
        latency_ms=first.latency_ms + second.latency_ms,
        gateway_cost=sum(costs, Decimal(0)) if len(costs) == 2 else None,
    )


def answer_of(completion: Completion, reply: Reply, micro: int) -> Answer:
    """Return an answer as metrics see it, its text such as can be stored."""
    return Answer(
        text=_storable(reply.text),
        finish_reason=reply.finish_reason,
        refused=reply.refused,
        latency_ms=completion.latency_ms,
        ttft_ms=completion.ttft_ms,
        tokens_in=completion.tokens_in,
        tokens_cached=completion.tokens_cached,
        tokens_out=completion.tokens_out,
        cost=from_micro(micro),
    )


class Recorder:
    """Turns the end of one item into its row, for one run."""

    def __init__(self, bench: Workbench, run_id: uuid.UUID, candidate_ids: Sequence[int]) -> None:
        self._bench = bench
        self._run = str(run_id)
        self._candidates = list(candidate_ids)
        self._revisions = [str(one.revision_id) for one in bench.examples]

    def answered(self, work: Work, completion: Completion, reply: Reply) -> Row:
        """The model answered."""
        micro = charge_of(completion, self._bench.prices[work.candidate])
        kept = completion.gateway_cost
        answer = answer_of(completion, reply, micro)
        result = self._result(
            work,
            output=answer.text,
            finish_reason=reply.finish_reason[:40],
            refused=reply.refused,
            tokens_in=completion.tokens_in,
            tokens_cached=completion.tokens_cached,
            tokens_out=completion.tokens_out,
            latency_ms=completion.latency_ms,
            ttft_ms=completion.ttft_ms,
            cost_micro=micro,
            gateway_cost_micro=None if kept is None else min(to_micro(kept), MOST_MICRO),
            resolved_model=_storable(completion.model)[:200],
            request_id=_storable(completion.call_id)[:200],
            flags=reply.flags,
        )
        return self._row(work, result, answer, micro)

    def held_back(self, work: Work, guard: str) -> Row:
        """A guard stopped the input: a refusal that cost nothing."""
        answer = Answer(text="", finish_reason="blocked", refused=True, cost=Decimal(0))
        result = self._result(
            work,
            finish_reason="blocked",
            refused=True,
            attempts=0,
            flags=(f"blocked_{guard}"[:40],),
        )
        return self._row(work, result, answer, 0)

    def failed(
        self,
        work: Work,
        code: str,
        detail: str,
        *,
        latency_ms: float | None = None,
        billed: bool = False,
    ) -> Row:
        """No usable answer will come; ``billed``: the last attempt may cost all the same."""
        answer = Answer(text="", finish_reason="", error=code, latency_ms=latency_ms)
        result = self._result(
            work, error_class=code, error_detail=_storable(detail)[:400], latency_ms=latency_ms
        )
        return self._row(work, result, answer, 0, booked=work.estimate if billed else 0)

    def skipped(self, work: Work, total: int) -> Row:
        """The item's candidate was given up before its turn; ``total`` of its lease so far."""
        return Row(lease=work.lease, fence=work.fence, result=None, skipped=total)

    def _result(
        self,
        work: Work,
        *,
        output: str = "",
        finish_reason: str = "",
        refused: bool = False,
        error_class: str = "",
        error_detail: str = "",
        tokens_in: int | None = None,
        tokens_cached: int = 0,
        tokens_out: int | None = None,
        latency_ms: float | None = None,
        ttft_ms: float | None = None,
        cost_micro: int = 0,
        gateway_cost_micro: int | None = None,
        resolved_model: str = "",
        attempts: int | None = None,
        request_id: str = "",
        flags: Sequence[str] = (),
    ) -> tuple[Any, ...]:
        """Return a result in the order of `hands.RESULT_COLUMNS`."""
        return (
            # Made of what it is the result of: an item has one id, however often it is written.
            sha256(f"{self._run}/{work.index}".encode()).hexdigest()[:32],
            self._run,
            self._candidates[work.candidate],
            self._revisions[work.example],
            work.repeat,
            output,
            finish_reason,
            refused,
            error_class,
            error_detail,
            tokens_in,
            tokens_cached,
            tokens_out,
            latency_ms,
            ttft_ms,
            cost_micro,
            gateway_cost_micro,
            resolved_model,
            work.attempts if attempts is None else attempts,
            request_id,
            list(flags) if flags else "{}",
        )

    def _row(
        self, work: Work, result: tuple[Any, ...], answer: Answer, micro: int, booked: int = 0
    ) -> Row:
        within = min(micro, work.estimate)
        example = self._bench.examples[work.example].view
        scores = [
            _score(result[0], used, registry.score(used.metric, example, answer, used.arguments))
            for used in self._bench.metrics
        ]
        return Row(
            lease=work.lease,
            fence=work.fence,
            result=result,
            scores=scores,
            charge=within + booked,
            booked=booked,
            overrun=micro - within,
            estimate=work.estimate,
        )


def _score(result_id: str, used: MetricInUse, score: Score) -> tuple[Any, ...]:
    """Return a score in the order of `hands.SCORE_COLUMNS`."""
    value, outcome, detail = score.value, score.outcome, score.detail
    if value is not None and not math.isfinite(value):
        value, outcome, detail = None, Outcome.ERROR, "the metric gave no finite number"
    return (
        result_id,
        used.place,
        used.metric.name,
        used.metric.version,
        outcome.value,
        value,
        score.passed if value is not None else None,
        detail,
    )


def _storable(text: str) -> str:
    # The client's texts are clean already; the common case must cost next to nothing.
    try:
        text.encode()
    except UnicodeEncodeError:
        return storable(text)[0]
    return storable(text)[0] if "\x00" in text else text
