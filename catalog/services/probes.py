"""Planning a probe: what it measures and what it may spend is stated before it starts."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F

from catalog.enums import EntryStatus, ProbeState
from catalog.models import CatalogEntry, Probe
from catalog.policies import require_manager
from catalog.probing import most_of
from catalog.selectors import current_prices, usable_entries
from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.canonical import digest
from portal.common.clock import now
from portal.common.errors import Conflict, NotReady
from portal.common.tasks import enqueue
from portal.shell.formats import money

MOST_CALLS = 20
# A probe ends well before; one that is older has lost its worker.
STUCK_AFTER = timedelta(minutes=15)


@dataclass(slots=True)
class ProbePlan:
    """What would be measured, in this order, and what it would cost at most, by currency."""

    calls_each: int
    cap: Decimal
    planned: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[dict[str, str]] = field(default_factory=list)
    worst_case: dict[str, Decimal] = field(default_factory=dict)

    def digest(self) -> str:
        """Return the digest by which a start is bound to what was stated."""
        return digest([self.calls_each, self.cap, self.planned])


def measurable() -> list[CatalogEntry]:
    """Return the models that a round measures: usable and offered, the longest unmeasured first."""
    rows = usable_entries().filter(missing_since=None)
    return list(rows.order_by(F("measured_at").asc(nulls_first=True), "gateway_alias"))


def plan_probe(entries: Iterable[CatalogEntry]) -> ProbePlan:
    """Return the plan to measure ``entries`` within the cap; what does not fit is skipped."""
    plan = ProbePlan(max(1, min(MOST_CALLS, settings.CATALOG_PROBE_CALLS)), probe_cap())
    chosen = list(entries)
    prices = current_prices(chosen)
    for entry in chosen:
        row = prices.get(entry.pk)
        why = _why_not(entry)
        if not why and row is None:
            why = "no price, so its cost cannot be bounded"
        if why or row is None:
            plan.skipped.append({"alias": entry.gateway_alias, "why": why})
            continue
        most = most_of(row.as_price(), plan.calls_each)
        spent = plan.worst_case.get(row.currency, Decimal(0))
        if spent + most > plan.cap:
            why = f"would pass the cap of {money(plan.cap, row.currency)}; next time"
            plan.skipped.append({"alias": entry.gateway_alias, "why": why})
            continue
        plan.worst_case[row.currency] = spent + most
        plan.planned.append(
            {
                "entry": str(entry.pk),
                "alias": entry.gateway_alias,
                "worst_case": f"{most:f}",
                "currency": row.currency,
            }
        )
    return plan


def probe_cap() -> Decimal:
    """Return the cap of one round, in each currency; an unreadable one counts as 0."""
    try:
        cap = Decimal(settings.CATALOG_PROBE_CAP)
    except InvalidOperation:
        return Decimal(0)
    return cap if cap.is_finite() and cap > 0 else Decimal(0)


def start_probe(
    *, actor: User | None, entries: Iterable[CatalogEntry], stated: str = ""
) -> Probe | None:
    """Start measuring ``entries`` in a worker, once the stated plan has been confirmed.

    ``stated`` is the digest of the plan that was shown; empty for the daily round (actor None),
    which returns None when there is nothing to measure or a probe is under way. Raises Forbidden
    (role), NotReady (nothing_to_measure) or Conflict (probe_changed, probe_under_way).
    """
    if actor is not None:
        require_manager(actor)
    plan = plan_probe(entries)
    if not plan.planned:
        if actor is None:
            return None
        why = plan.skipped[0] if plan.skipped else {"alias": "Nothing", "why": "nothing is chosen"}
        raise NotReady(
            f"Nothing can be measured now. {why['alias']}: {why['why']}.", code="nothing_to_measure"
        )
    if actor is not None and stated != plan.digest():
        raise Conflict(
            "Prices or models changed since this was stated; look at it again, then start it.",
            code="probe_changed",
        )
    try:
        return _start(actor, plan)
    except IntegrityError as problem:
        if "one_probe_at_a_time" not in str(problem):
            raise
        if actor is None:
            return None
        raise Conflict(
            "A probe is under way already; wait for its figures.", code="probe_under_way"
        ) from problem


@transaction.atomic
def _start(actor: User | None, plan: ProbePlan) -> Probe:
    cap = {currency: f"{amount:f}" for currency, amount in plan.worst_case.items()}
    probe = Probe.objects.create(
        calls_each=plan.calls_each,
        cap=cap,
        planned=plan.planned,
        skipped=plan.skipped,
        created_by=actor,
        updated_by=actor,
    )
    audit.record(
        actor=actor,
        action="catalog.probe_started",
        kind="catalog_probe",
        ref=str(probe.pk),
        detail={"models": len(plan.planned), "calls_each": plan.calls_each, "cap": cap},
    )
    enqueue("catalog.probe", probe_id=str(probe.pk))
    return probe


@transaction.atomic
def end_stuck_probes() -> None:
    """Ask again for a probe that no worker has taken, and end one whose worker was lost."""
    for probe in Probe.objects.filter(state=ProbeState.QUEUED):
        enqueue("catalog.probe", probe_id=str(probe.pk))
    Probe.objects.filter(
        state=ProbeState.RUNNING, started_at__lt=now() - STUCK_AFTER
    ).update(
        state=ProbeState.FAILED, ended_at=now(),
        message="The worker was lost; what it had measured is kept.",
    )  # fmt: skip


def _why_not(entry: CatalogEntry) -> str:
    if entry.status in (EntryStatus.BLOCKED, EntryStatus.RETIRED):
        return f"it is {EntryStatus(entry.status).label.lower()}"
    return "the gateway does not offer it" if entry.missing_since is not None else ""
