"""Closing a study: what it showed is computed, sealed, and names are said."""

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.urls import reverse

from catalog.models import CatalogEntry
from evaluations.preferences import policies
from evaluations.preferences.document import Facts, VerdictRow, build
from evaluations.preferences.enums import StudyState
from evaluations.preferences.limits import limits
from evaluations.preferences.models import Rating, Study, StudyPair, StudyRater
from evaluations.preferences.selectors import progress
from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.canonical import digest
from portal.common.clock import now
from portal.common.errors import Conflict, Forbidden
from portal.common.text import clean_text
from portal.shell.models import NotificationKind
from portal.shell.services import notify
from workloads.lifecycle.services import locked_workload

_LONGEST_REASON = 400


@transaction.atomic
def close_study(*, actor: User, study: Study, reason: str = "") -> Study:
    """Close the study and publish what it showed; a ``reason`` is needed while pairs are unrated.

    Raises Forbidden (role, not_the_maker, is_a_rater), Conflict (study_closed), or Invalid naming
    reason.
    """
    workload = locked_workload(study.workload_id)
    # No verdict is under way while this is held, so what is read is what there is.
    locked = Study.objects.select_for_update(no_key=True).get(pk=study.pk)
    locked.workload = workload
    verdict = policies.can_close(actor, locked)
    if not verdict and verdict.rule == "study_closed":
        raise Conflict(verdict.message, code=verdict.rule)
    if not verdict:
        raise Forbidden(verdict.message, code=verdict.rule)
    most = limits(workload.tier)
    found = progress(locked, most.raters_min)
    words = clean_text(
        reason,
        field="reason",
        minimum=0 if found.complete else most.reason_min,
        maximum=_LONGEST_REASON,
    )
    locked.closed_at, locked.closed_by, locked.close_reason = now(), actor, words
    document = build(_facts(locked), verdicts_of(locked))
    locked.document, locked.digest = document, digest(document)
    locked.state, locked.updated_by = StudyState.CLOSED, actor
    locked.save()
    audit.record(
        actor=actor,
        action="study.closed",
        kind="preference_study",
        ref=f"{workload.ref}/{locked.number}",
        workload=workload.ref,
        detail={
            "number": locked.number,
            "digest": locked.digest,
            "complete": found.complete,
            "reason": words,
        },
    )
    _tell(locked)
    return locked


def _tell(study: Study) -> None:
    """Tell the raters and who opened the study, but not who has just closed it."""
    told = {one.user_id: one.user for one in study.raters.select_related("user")}
    if study.created_by is not None:
        told[study.created_by.pk] = study.created_by
    for person in told.values():
        if person != study.closed_by:
            notify(
                user=person,
                text=f"{study.workload.name}: preference study {study.number} is closed. See which"
                " answers people preferred, and whose they were.",
                link=reverse("preferences:study", args=[study.workload.ref, study.number]),
                kind=NotificationKind.NEWS,
            )


def verdicts_of(study: Study) -> list[VerdictRow]:
    """Return every verdict of the study, by pair and seat."""
    rows = Rating.objects.filter(rater__study=study).exclude(choice="")
    return [
        VerdictRow(position, seat, choice, first_is_a)
        for position, seat, choice, first_is_a in rows.order_by(
            "pair__position", "rater__seat"
        ).values_list("pair__position", "rater__seat", "choice", "first_is_a")
    ]


def _facts(study: Study) -> Facts:
    entries = CatalogEntry.objects.in_bulk(
        [one["entry_id"] for one in study.plan["candidates"] if one["entry_id"]]
    )
    lengths = {
        position: (len(first), len(second))
        for position, first, second in StudyPair.objects.filter(study=study).values_list(
            "position", "first__output", "second__output"
        )
    }
    seats = list(
        StudyRater.objects.filter(study=study).annotate(asked=Count("ratings")).order_by("seat")
    )
    return Facts(
        plan=study.plan,
        plan_digest=study.plan_digest,
        cycle=study.cycle.number,
        seats={one.seat: one.works_on_it for one in seats},
        asked={one.seat: one.asked for one in seats},
        lengths=lengths,
        simulated=bool(settings.GATEWAY_SIMULATED)
        or any(one.simulated for one in entries.values()),
        closed_at=study.closed_at,
        close_reason=study.close_reason,
    )
