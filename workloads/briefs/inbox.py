"""What of a brief waits for its owner and contributors: suggestions, and comments to answer."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import OuterRef, Subquery
from django.urls import reverse

from portal.accounts.models import User
from workloads.briefs.enums import RemarkKind, SuggestionOutcome
from workloads.briefs.models import Remark, Suggestion
from workloads.lifecycle.enums import CycleState, MemberRole
from workloads.lifecycle.models import Membership, Workload
from workloads.lifecycle.waiting import Matter

EDITORS = (MemberRole.OWNER, MemberRole.CONTRIBUTOR)


def waiting_for(user: User) -> list[Matter]:
    """Return one matter for each workload that ``user`` edits and where something waits.

    Counted are suggestions that nobody decided, and discussions whose last word is a comment of
    somebody who cannot edit the brief.
    """
    edited = Membership.objects.filter(user=user, role__in=EDITORS, ended_at=None)
    workloads = {
        one.pk: one
        for one in Workload.objects.filter(pk__in=edited.values("workload_id"))
        | Workload.objects.filter(owner=user)
    }
    suggestions = _by_workload(
        Suggestion.objects.filter(
            outcome=SuggestionOutcome.OPEN,
            brief__cycle__state=CycleState.OPEN,
            brief__cycle__workload__in=workloads,
        ).values_list("brief__cycle__workload_id", "at")
    )
    comments = _by_workload(_unanswered(workloads))
    found = []
    for key in suggestions.keys() | comments.keys():
        decide, answer = suggestions.get(key, []), comments.get(key, [])
        words = [
            _count(len(decide), "suggestion", "to decide"),
            _count(len(answer), "comment", "to answer"),
        ]
        found.append(
            Matter(
                title=f"Brief of {workloads[key].name}",
                detail=", ".join(word for word in words if word),
                url=reverse("briefs:discussion", args=[workloads[key].ref]),
                since=min([*decide, *answer]),
            )
        )
    return found


def _count(number: int, thing: str, what: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'} {what}" if number else ""


def _by_workload(rows: Iterable[tuple[UUID, datetime]]) -> dict[UUID, list[datetime]]:
    found: dict[UUID, list[datetime]] = {}
    for key, at in rows:
        found.setdefault(key, []).append(at)
    return found


def _unanswered(workloads: Iterable[UUID]) -> list[tuple[UUID, datetime]]:
    """The last words of discussions that are comments by people who do not edit the workload."""
    last = Remark.objects.filter(brief=OuterRef("brief"), field=OuterRef("field")).order_by("-id")
    rows = (
        Remark.objects.filter(
            pk=Subquery(last.values("pk")[:1]),
            kind=RemarkKind.COMMENT,
            brief__cycle__state=CycleState.OPEN,
            brief__cycle__workload__in=list(workloads),
        )
        .select_related("brief__cycle__workload")
        .order_by("id")
    )
    editors = set(
        Membership.objects.filter(
            workload__in=list(workloads), role__in=EDITORS, ended_at=None
        ).values_list("workload_id", "user_id")
    )
    found = []
    for row in rows:
        workload = row.brief.cycle.workload
        if row.author_id != workload.owner_id and (workload.pk, row.author_id) not in editors:
            found.append((workload.pk, row.at))
    return found
