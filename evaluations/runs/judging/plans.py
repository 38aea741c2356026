"""The plans of judging runs: a judge as a candidate, on answers, on its checks, on labels."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import ROUND_UP, Decimal
from typing import Any

from django.conf import settings

from catalog.models import CatalogEntry
from evaluations.datasets.models import DatasetVersion
from evaluations.judges.models import JudgeVersion
from evaluations.runs.enums import RunPurpose
from evaluations.runs.judging.cases import PAIRS, RUN, Part
from evaluations.runs.plan import CandidatePin, DatasetPin, JudgePin, RunPlan, Subject
from evaluations.runs.planning import content_candidate, estimate, make_plan

# Room for a retry or two beyond the worst case of every call.
HEADROOM, SMALLEST_CAP = Decimal("1.25"), Decimal("0.01")
NAME_LENGTH = 120
SWAPPED = ", the other way round"


def judge_pin(version: JudgeVersion, checks: DatasetPin) -> JudgePin:
    """Pin a judge; ``checks`` holds its own examples. Its caps are to be set by the caller. Raises
    Invalid (price_missing)."""
    entry: CatalogEntry = version.entry
    candidate = content_candidate(entry, {"params": {"max_tokens": version.max_tokens}})
    return JudgePin(
        name=version.judge.name,
        version_id=str(version.pk),
        number=version.number,
        digest=version.digest,
        alias=entry.gateway_alias,
        entry_id=str(entry.pk),
        entry_digest=entry.digest(),
        price=candidate.price,
        max_tokens=version.max_tokens,
        checks=checks,
        cap=SMALLEST_CAP,
        checks_cap=SMALLEST_CAP,
        accept_models=candidate.accept_models,
    )


def judge_candidate(pin: JudgePin, name: str, judged: int | None = None) -> CandidatePin:
    """Return the judge as a candidate; ``judged`` is the place of whom it judges, if of a run."""
    return CandidatePin(
        name=name[:NAME_LENGTH],
        alias=pin.alias,
        entry_id=pin.entry_id,
        entry_digest=pin.entry_digest,
        params={"max_tokens": pin.max_tokens, "temperature": 0.0},
        price=pin.price,
        accept_models=pin.accept_models,
        judge_version_id=pin.version_id,
        judge_digest=pin.digest,
        judged=judged,
    )


def asked_alone(pin: JudgePin, *, pairwise: bool = False) -> list[CandidatePin]:
    """Return the judge as the candidate of a run on its own examples; twice, in both orders, where
    these are pairs."""
    name = f"{pin.name} version {pin.number}"
    return both_orders(judge_candidate(pin, name)) if pairwise else [judge_candidate(pin, name)]


def both_orders(pin: CandidatePin) -> list[CandidatePin]:
    """Return a judge of two answers as two candidates: once with the second answer shown first."""
    room = NAME_LENGTH - len(SWAPPED)
    return [pin, replace(pin, name=f"{pin.name[:room]}{SWAPPED}", swapped=True)]


def judging_plan(
    pin: JudgePin,
    candidates: Sequence[CandidatePin],
    part: Part,
    subject: Subject,
    *,
    repeats: int = 1,
    notes: Mapping[str, Any] | None = None,
) -> RunPlan:
    """Return the plan of asking a judge about the examples that its pin brings, for ``subject``."""
    return make_plan(
        version=DatasetVersion.objects.select_related("dataset").get(pk=pin.checks.id),
        candidates=candidates,
        metrics=(),
        cap=pin.checks_cap,
        purpose=RunPurpose.JUDGING,
        concurrency=settings.RUN_CONCURRENCY,
        repeats=repeats,
        subject=subject,
        notes={**(notes or {}), "judge": pin.name, "part": part.value},
    )


def plan_for(pin: JudgePin, plan: RunPlan, part: Part, ref: str) -> RunPlan:
    """Return the plan of one part of judging the run ``ref``, whose plan is ``plan``."""
    if part is Part.CHECKS:
        return judging_plan(pin, asked_alone(pin), part, Subject(RUN, ref))
    candidates = [
        judge_candidate(pin, f"{place + 1}. {pin.name} on {one.name}", place)
        for place, one in enumerate(plan.candidates)
    ]
    made = judging_plan(pin, candidates, part, Subject(RUN, ref), repeats=plan.repeats)
    return on_answers_of(plan, replace(made, cap=pin.cap))


def pairs_plan(
    pin: JudgePin, plan: RunPlan, ref: str, places: tuple[int, int], notes: Mapping[str, Any]
) -> RunPlan:
    """Return the plan of comparing two candidates of the run ``ref``, whose plan is ``plan``."""
    first, second = places
    names = [plan.candidates[place].name for place in places]
    name = f"{pin.name} on {names[0]} and {names[1]}"
    asked = replace(judge_candidate(pin, name, first), against=second)
    made = judging_plan(
        pin,
        both_orders(asked),
        Part.PAIRS,
        Subject(PAIRS, ref),
        repeats=plan.repeats,
        notes={**notes, "first": first, "second": second},
    )
    return on_answers_of(plan, made)


def on_answers_of(plan: RunPlan, made: RunPlan) -> RunPlan:
    """Return a judging plan on the examples of the judged plan, at its pace."""
    return replace(
        made,
        dataset_version=plan.dataset_version,
        concurrency=plan.concurrency,
        timeout_seconds=plan.timeout_seconds,
    )


def with_room(plan: RunPlan) -> Decimal:
    """Return what a plan can cost at most, with room for a retry or two."""
    worst = estimate(plan).worst_case * HEADROOM
    return worst.quantize(SMALLEST_CAP, rounding=ROUND_UP) + SMALLEST_CAP
