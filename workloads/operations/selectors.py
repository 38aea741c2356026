"""What is live, whether it is what was approved, and how it has been doing."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Aggregate, Avg, Count, FloatField, Q, Sum
from django.http import Http404

from portal.accounts.selectors import AnyUser
from portal.common.clock import now
from portal.common.readonce import read_once
from workloads.builds.models import Build
from workloads.builds.selectors import build_of, builds_of, changed_parts
from workloads.lifecycle.models import LiveSpell, Release, Workload
from workloads.lifecycle.selectors import workload_for
from workloads.operations.models import Concern, Interaction


class Percentile95(Aggregate):
    """PostgreSQL's continuous 95th percentile."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.95) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


@dataclass(frozen=True, slots=True)
class Day:
    """The last 24 hours of a live endpoint.

    ``latency_p95`` in ms over answered calls; ``mean_cost`` and ``cost`` in ``currency``, the one
    of the latest call. None where there was nothing to measure.
    """

    calls: int
    errors: int
    blocked: int
    refused: int
    other_model: int
    latency_p95: float | None
    mean_cost: Decimal | None
    cost: Decimal | None
    currency: str


@read_once
def live_spell(workload: Workload) -> LiveSpell | None:
    """Return the standing live spell of the workload, or None."""
    return (
        LiveSpell.objects.filter(workload=workload, ended_at=None)
        .select_related("release__cycle__workload", "release__review", "began_by")
        .first()
    )


@read_once
def latest_release(workload: Workload) -> Release | None:
    """Return the newest release of the workload, live or not."""
    return (
        Release.objects.filter(workload=workload)
        .select_related("cycle__workload", "review")
        .order_by("-number")
        .first()
    )


@read_once
def build_of_release(release: Release) -> Build:
    """Return the build that the release's manifest names. Raises Http404 when it names none."""
    for item in release.manifest:
        if item["kind"] == "build":
            number = int(item["version"])
            found = build_of(release.cycle)
            if found is None or found.number != number:
                found = builds_of(release.cycle).filter(number=number).first()
            if found is not None:
                return found
    raise Http404("the release names no build")


def live_workloads(entry_id: UUID | None = None) -> list[Workload]:
    """Return the workloads with a live release, those alone that call the entry when given."""
    spells = LiveSpell.objects.filter(ended_at=None).select_related("release__cycle", "workload")
    return [
        spell.workload
        for spell in spells.order_by("workload_id")
        if entry_id is None or build_of_release(spell.release).model_lock_id == entry_id
    ]


def concerns_of(workload: Workload) -> list[Concern]:
    """Return what is still to be answered about what is live, and what was answered; open first."""
    rows = Concern.objects.filter(workload=workload).select_related(
        "entry", "release", "settled_by", "created_by"
    )
    return sorted(rows, key=lambda one: (one.settled_at is not None, one.created_at))


def concern_for(user: AnyUser, ref: str, concern_id: UUID) -> Concern:
    """Return one concern of a workload that ``user`` may see. Raises Http404."""
    workload = workload_for(user, ref)
    found = Concern.objects.filter(workload=workload, pk=concern_id).first()
    if found is None:
        raise Http404
    return found


def approved_digest(release: Release, kind: str) -> str:
    """Return the digest that the manifest holds for its record of ``kind``, or ""."""
    return next((str(item["digest"]) for item in release.manifest if item["kind"] == kind), "")


def matches_approval(release: Release, build: Build) -> bool:
    """Whether the build that serves, its model's catalog entry and its parts are as approved."""
    return (
        build.digest == approved_digest(release, "build")
        and build.model_lock.digest() == build.model_digest
        and not changed_parts(build)
    )


def recent(workload: Workload) -> list[Interaction]:
    """Return the latest ten calls."""
    return list(workload.interactions.all()[:10])


def last_day(workload: Workload) -> Day:
    """Return the figures of the last 24 hours."""
    rows = Interaction.objects.filter(workload=workload, at__gte=now() - timedelta(days=1))
    paid = rows.exclude(currency="")
    currency = paid.order_by("-at").values_list("currency", flat=True).first() or ""
    answered = Q(blocked_by="", error="")
    found = rows.aggregate(
        calls=Count("pk"),
        errors=Count("pk", filter=~Q(error="")),
        blocked=Count("pk", filter=~Q(blocked_by="")),
        refused=Count("pk", filter=Q(refused=True)),
        other_model=Count("pk", filter=Q(model_matches=False)),
        latency_p95=Percentile95("latency_ms", filter=answered),
        mean_cost=Avg("cost", filter=Q(currency=currency) & ~Q(currency="")),
        cost=Sum("cost", filter=Q(currency=currency) & ~Q(currency="")),
    )
    return Day(**found, currency=currency)
