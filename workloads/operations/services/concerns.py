"""What a change of the catalog does to a live release: a concern that somebody has to answer.

Called by a task after the catalog's commit, as `workloads.tuning.services.following` says, and
derived from rows in the same way: calling it again does nothing.
"""

from datetime import date, timedelta

from django.db import transaction

from catalog.enums import EntryStatus
from catalog.models import CatalogEntry
from catalog.selectors import price_row_of
from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.canonical import digest
from portal.common.clock import now
from portal.common.errors import Conflict
from portal.common.policy import policy
from portal.common.text import clean_text
from workloads.lifecycle import policies
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Release, Workload
from workloads.operations.enums import ConcernKind
from workloads.operations.models import Concern
from workloads.operations.selectors import build_of_release, live_spell
from workloads.selection.selectors import is_gone
from workloads.tuning.selectors import price_moves

ANSWER_MIN = 10


@transaction.atomic
def follow_catalog_live(*, actor: User | None, workload: Workload) -> list[Concern]:
    """Raise what the catalog's present state means for the live release; return what is new.

    Retired or blocked model: an incident, and its calls are refused since it is not what was
    approved any more. Deprecated: a refresh, due the policy's days before the retirement. A price
    that moved by more than the policy's share since the decision: a check of the KPIs. An alias
    that answers as another snapshot than the approved one: a drift alert.
    """
    workload = lifecycle.locked_workload(workload.pk)
    spell = live_spell(workload)
    if spell is None:
        return []
    release = spell.release
    entry = build_of_release(release).model_lock
    said = digest([entry.status, entry.status_reason, str(entry.retirement_date)])[7:39]
    if is_gone(entry):
        status = "blocked" if entry.status == EntryStatus.BLOCKED else "retired"
        words = (
            f"{entry.gateway_alias} is {status}: {entry.status_reason or 'its last day has come'}"
        )
        return _raise(actor, release, entry, ConcernKind.INCIDENT, f"{status}:{said}", words)
    found = []
    if entry.status == EntryStatus.DEPRECATED:
        words = f"{entry.gateway_alias} is deprecated: {entry.status_reason}"
        if entry.retirement_date:
            words += f" It ends on {entry.retirement_date}."
        found += _raise(
            actor, release, entry, ConcernKind.REFRESH, f"deprecated:{said}", words, _due(entry)
        )
    if entry.drifted_since:
        words = (
            f"{entry.gateway_alias} answers as {entry.drift_answered}, approved is"
            f" {entry.snapshot}: run the evaluation again before its answers are trusted"
        )
        key = f"drift:{entry.drifted_since.isoformat()}"
        found += _raise(actor, release, entry, ConcernKind.DRIFT, key, words)
    row = price_row_of(entry)
    moves = price_moves(release.cycle, [entry], release.decided_at)
    if row is not None and moves:
        words = f"Since the decision {moves[0].words()}"
        found += _raise(actor, release, entry, ConcernKind.KPI_CHECK, f"price:{row.pk}", words)
    return found


@transaction.atomic
def settle_concern(*, actor: User, concern: Concern, answer: str) -> Concern:
    """Answer a concern: what was looked at and what follows from it.

    Raises Forbidden (the owner alone), Invalid (answer) or Conflict (settled).
    """
    workload = lifecycle.locked_workload(concern.workload_id)
    policies.require(actor, workload, "own")
    concern = Concern.objects.select_related("release").get(pk=concern.pk)
    if concern.settled_at is not None:
        raise Conflict("This is answered already.", code="settled")
    concern.answer = clean_text(answer, field="answer", minimum=ANSWER_MIN, maximum=4_000)
    concern.settled_at, concern.settled_by, concern.updated_by = now(), actor, actor
    concern.save(update_fields=("answer", "settled_at", "settled_by", "updated_by", "updated_at"))
    _event(actor, workload, concern, "operations.concern_settled")
    return concern


def _due(entry: CatalogEntry) -> date | None:
    if entry.retirement_date is None:
        return None
    days = int(policy().number("operations", "refresh_before_retirement_days"))
    return max(entry.retirement_date - timedelta(days=days), now().date())


def _raise(
    actor: User | None,
    release: Release,
    entry: CatalogEntry,
    kind: ConcernKind,
    key: str,
    detail: str,
    due: date | None = None,
) -> list[Concern]:
    """Add the concern unless it was told before, or one of its kind about the model is open."""
    workload = release.cycle.workload
    known = Concern.objects.filter(release=release, kind=kind, entry=entry)
    if known.filter(key=key).exists() or known.filter(settled_at=None).exists():
        return []
    made = Concern.objects.create(
        workload=workload, release=release, entry=entry, kind=kind, key=key, detail=detail,
        due=due, created_by=actor, updated_by=actor,
    )  # fmt: skip
    _event(actor, workload, made, "operations.concern_raised")
    return [made]


def _event(actor: User | None, workload: Workload, concern: Concern, action: str) -> None:
    audit.record(
        actor=actor,
        action=action,
        kind="concern",
        ref=str(concern.pk),
        workload=workload.ref,
        detail={
            "concern": concern.kind,
            "release": concern.release.number,
            "model": concern.entry.gateway_alias,
            "key": concern.key,
        },
    )
