"""One verdict on one pair: once, in order, and never by who wrote the example."""

from uuid import UUID

from django.db import transaction

from evaluations.preferences import policies
from evaluations.preferences.enums import Choice
from evaluations.preferences.models import Rating, Study, StudyRater
from evaluations.preferences.seats import seat_of
from evaluations.preferences.selectors import next_rating, rating_for
from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.canonical import digest
from portal.common.clock import now
from portal.common.errors import Conflict, Forbidden, Invalid


@transaction.atomic
def rate(*, actor: User, study: Study, task: UUID, choice: str) -> Rating:
    """Keep what ``actor`` says about the pair called ``task``, which must be their next one.

    Two tabs count once: the seat is locked, and a verdict that is there is never replaced. The
    audit chain gets one event when a rater is through, over the digest of all their verdicts.
    Raises Forbidden (not_a_rater, own_example), Http404 for a pair that is not theirs, Conflict
    (study_closed, already_rated, not_the_next), or Invalid naming choice.
    """
    # Held for a moment, so that nobody closes the study between this check and the verdict.
    locked = Study.objects.select_for_update(no_key=True).get(pk=study.pk)
    locked.workload = study.workload
    seat = seat_of(actor, locked)
    verdict = policies.can_rate(actor, locked, seat)
    if seat is None:
        raise Forbidden(verdict.message, code=verdict.rule)
    if not verdict:
        raise Conflict(verdict.message, code=verdict.rule)
    StudyRater.objects.select_for_update(no_key=True).get(pk=seat.pk)
    found = rating_for(seat, task)
    if found.pair.revision.created_by_id == actor.pk:
        raise Forbidden(
            "You wrote this example; somebody else rates its answers.", code="own_example"
        )
    if choice not in Choice.values:
        names = ", ".join(Choice.values)
        raise Invalid.field("choice", "invalid", f"Say one of: {names}.")
    if found.choice:
        raise Conflict(
            "You rated this pair already; the first verdict stands. Here is the next one.",
            code="already_rated",
        )
    waiting = next_rating(seat)
    if waiting is None or waiting.pk != found.pk:
        raise Conflict("Pairs are rated in their order. Here is the next one.", code="not_the_next")
    at = now()
    Rating.objects.filter(pk=found.pk, choice="").update(choice=choice, at=at)
    found.choice, found.at = choice, at
    if not Rating.objects.filter(rater=seat, choice="").exists():
        _finish(actor, locked, seat)
    return found


def _finish(actor: User, study: Study, seat: StudyRater) -> None:
    StudyRater.objects.filter(pk=seat.pk).update(finished_at=now())
    rows = Rating.objects.filter(rater=seat).order_by("place")
    said = [list(one) for one in rows.values_list("pair__position", "first_is_a", "choice")]
    audit.record(
        actor=actor,
        action="study.rated",
        kind="preference_study",
        ref=f"{study.workload.ref}/{study.number}",
        workload=study.workload.ref,
        detail={
            "number": study.number,
            "seat": seat.seat,
            "pairs": len(said),
            "verdicts": digest(said),
        },
    )
