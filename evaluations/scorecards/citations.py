"""How scorecards and winners are found by the phases below, which cannot import this slice."""

from django.urls import reverse

from evaluations.metrics import registry
from evaluations.scorecards.document.measures import COST, LATENCY
from evaluations.scorecards.models import Scorecard, WinnerChoice
from evaluations.scorecards.selectors import (
    candidate_named,
    latest_baseline,
    newest_baseline,
    scored_prompts,
    winner_choice,
)
from workloads.lifecycle.evidence import EvidenceCard
from workloads.lifecycle.measures import Measure
from workloads.lifecycle.models import Cycle
from workloads.lifecycle.phases import EvidenceItem
from workloads.lifecycle.selectors import cited_cycle
from workloads.reviews.evidence import Baseline, BaselineMeasure
from workloads.tuning.winners import Winner


def scorecard_card(ref: str, version: str) -> EvidenceCard | None:
    """Return how a manifest shows scorecard ``version`` of workload ``ref``."""
    if not version.isdecimal():
        return None
    cycle = cited_cycle(ref)
    found = newest_baseline(cycle) if cycle is not None else None
    if found is None or found.number != int(version):
        scorecards = Scorecard.objects.filter(workload__ref=ref, number=int(version))
        found = scorecards.defer("document").first()
    if found is None:
        return None
    return EvidenceCard(
        f"Scorecard {found.number}",
        reverse("scorecards:scorecard", args=[ref, found.number]),
        found.digest,
    )


def winner_card(ref: str, version: str) -> EvidenceCard | None:
    """Return how a manifest shows a winner: "<cycle>.<number>" of workload ``ref``."""
    cycle, _, number = version.partition(".")
    if not (cycle.isdecimal() and number.isdecimal()):
        return None
    newest = cited_cycle(ref)
    found = winner_choice(newest) if newest is not None and newest.number == int(cycle) else None
    if found is None or found.number != int(number):
        found = (
            WinnerChoice.objects.filter(
                cycle__workload__ref=ref, cycle__number=int(cycle), number=int(number)
            )
            .select_related("scorecard")
            .first()
        )
    if found is None:
        return None
    return EvidenceCard(
        f"Winner {found.alias}",
        reverse("scorecards:scorecard", args=[ref, found.scorecard.number]),
        found.digest,
    )


def scorecard_item(scorecard: Scorecard, ref: str) -> EvidenceItem:
    """Return the line of a manifest that pins a scorecard of workload ``ref``."""
    return EvidenceItem("scorecard", ref, str(scorecard.number), scorecard.digest)


def winner_item(choice: WinnerChoice, cycle: Cycle) -> EvidenceItem:
    """Return the line of a manifest that pins the choice of a winner."""
    version = f"{cycle.number}.{choice.number}"
    return EvidenceItem("winner", cycle.workload.ref, version, choice.digest)


def winner_of(cycle: Cycle) -> Winner | None:
    """Return the winner of the cycle for phase 5."""
    choice = winner_choice(cycle)
    if choice is None:
        return None
    return Winner(
        entry_id=choice.entry_id,
        alias=choice.alias,
        scorecard=scorecard_item(choice.scorecard, cycle.workload.ref),
        rationale=choice.rationale,
        scored_prompts=scored_prompts(cycle.workload),
    )


def baseline_of(cycle: Cycle) -> Baseline | None:
    """Return what phase 7 measures a build against: the winner's figures in the newest baseline."""
    choice, scorecard = winner_choice(cycle), latest_baseline(cycle)
    if choice is None or scorecard is None:
        return None
    document = scorecard.document
    candidate = candidate_named(document, choice.alias)
    if candidate is None:
        return None
    dataset = document["dataset"]
    scopes = ("overall", *(f"kind:{kind}" for kind in document["kinds"]))
    measures = []
    for one in document["measures"]:
        figures = candidate["measures"][one["key"]]
        if figures.get("advisory"):
            # A judge that may not decide is never a criterion.
            continue
        measures.append(
            BaselineMeasure(
                key=one["key"],
                label=one["label"],
                unit=one["unit"],
                scale=one["scale"],
                direction=one["direction"],
                value=figures["value"],
                low=figures["low"],
                high=figures["high"],
                n=figures["n"],
                scopes=scopes,
            )
        )
    return Baseline(
        scorecard=scorecard_item(scorecard, cycle.workload.ref).as_dict(),
        dataset=EvidenceItem(
            "dataset", dataset["ref"], str(dataset["version"]), dataset["digest"]
        ).as_dict(),
        n=dataset["n"],
        measures=tuple(measures),
    )


def known_measures() -> list[Measure]:
    """Return every measure that a KPI may name: each metric, with time and money as read here."""
    found = [
        Measure(
            name=metric.name,
            label=metric.label,
            unit=metric.unit,
            scale=metric.scale.value,
            direction=metric.direction,
            description=metric.definition,
        )
        for metric in registry.static_metrics()
        if metric.name not in ("latency", "cost")
    ]
    found.append(
        Measure(LATENCY, "Latency, p95", "ms", "quantity", "down", "95 % of the calls are faster.")
    )
    found.append(
        Measure(COST, "Cost per request", "currency", "quantity", "down", "Mean cost of a call.")
    )
    return found
