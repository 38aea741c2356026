"""Opening a study: pairs are drawn and sealed, and each rater gets an order and sides."""

import random
import secrets
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from evaluations.preferences import policies
from evaluations.preferences.drawing import turns
from evaluations.preferences.enums import StudyState
from evaluations.preferences.limits import limits
from evaluations.preferences.models import Rating, Study, StudyPair, StudyRater
from evaluations.preferences.planning import Prepared, prepare, prompt_authors
from evaluations.runs.models import Run
from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.canonical import digest
from portal.common.clock import now
from portal.common.errors import Conflict, FieldError, Forbidden, Invalid
from portal.common.text import clean_text
from workloads.lifecycle.models import Workload
from workloads.lifecycle.policies import EDITORS, require, role_in
from workloads.lifecycle.selectors import current_cycle
from workloads.lifecycle.services import locked_workload

QUESTION = "Which answer would you rather give?"
_SEED_BITS = 53
_LONGEST_QUESTION = 280


@transaction.atomic
def open_study(
    *,
    actor: User,
    workload: Workload,
    run: Run,
    candidates: Sequence[int],
    pairs: int,
    raters: Sequence[User],
    question: str = QUESTION,
    seed: int | None = None,
) -> Study:
    """Open a blind study of some candidates of a complete run, and ask ``raters`` to rate.

    ``candidates`` are places in the run's plan, ``pairs`` how many are asked per comparison of
    two. Without a ``seed`` one is drawn. Raises Forbidden, NotReady (run_not_complete), Conflict
    (too_many_studies), or Invalid naming candidates, pairs, question or raters.
    """
    require(actor, workload, "edit")
    words = clean_text(
        question, field="question", minimum=10, maximum=_LONGEST_QUESTION, single_line=True
    )
    locked_workload(workload.pk)
    most = limits(workload.tier)
    if Study.objects.filter(workload=workload, state=StudyState.OPEN).count() >= most.open_max:
        raise Conflict(
            f"{most.open_max} studies of this workload are open already; close one first.",
            code="too_many_studies",
        )
    run.workload = workload
    ready = prepare(run, candidates, pairs, secrets.randbits(_SEED_BITS) if seed is None else seed)
    people = _people(raters)
    _check_raters(workload, run, ready, people, maker=actor.pk)
    if len(people) < most.raters_min:
        raise Invalid.field("raters", "too_few", f"At least {most.raters_min} people rate.")
    _check_coverage(ready, people, most.raters_min)
    newest = Study.objects.filter(workload=workload).aggregate(m=Max("number"))["m"] or 0
    plan = {**ready.plan, "question": words, "number": newest + 1}
    study = Study.objects.create(
        workload=workload,
        cycle=current_cycle(workload),
        run=run,
        number=newest + 1,
        question=words,
        plan=plan,
        plan_digest=digest(plan),
        created_by=actor,
        updated_by=actor,
    )
    for one in ready.pairs:
        one.study = study
    StudyPair.objects.bulk_create(ready.pairs)
    comparisons = {one.pk: ready.comparison_of[one.position] for one in ready.pairs}
    authors = {one.pk: ready.authors[one.position] for one in ready.pairs}
    _seat(study, people, comparisons, authors, first_seat=1)
    audit.record(
        actor=actor,
        action="study.opened",
        kind="preference_study",
        ref=f"{workload.ref}/{study.number}",
        workload=workload.ref,
        detail={
            "number": study.number,
            "run": run.number,
            "plan": study.plan_digest,
            "pairs": len(ready.pairs),
            "raters": [str(one.pk) for one in people],
        },
    )
    return study


@transaction.atomic
def invite_raters(*, actor: User, study: Study, raters: Sequence[User]) -> list[StudyRater]:
    """Ask further people to rate an open study; who was asked already keeps their seat.

    Raises Forbidden, Conflict (study_closed), or Invalid naming raters.
    """
    workload = locked_workload(study.workload_id)
    locked = Study.objects.select_for_update(no_key=True).get(pk=study.pk)
    locked.workload = workload
    verdict = policies.can_invite(actor, locked)
    if not verdict and verdict.rule == "study_closed":
        raise Conflict(verdict.message, code=verdict.rule)
    if not verdict:
        raise Forbidden(verdict.message, code=verdict.rule)
    seats = dict(StudyRater.objects.filter(study=locked).values_list("user_id", "seat"))
    people = [one for one in _people(raters) if one.pk not in seats]
    if not people:
        raise Invalid.field("raters", "required", "Choose somebody who was not asked yet.")
    if len(seats) + len(people) > limits(workload.tier).raters_max:
        most = limits(workload.tier).raters_max
        raise Invalid.field("raters", "too_many", f"At most {most} people rate in one study.")
    run = Run.objects.get(pk=locked.run_id)
    rows = list(StudyPair.objects.filter(study=locked).select_related("revision"))
    places = {one["position"]: (one["first"], one["second"]) for one in locked.plan["pairs"]}
    authors = {one.pk: one.revision.created_by_id for one in rows}
    barred = prompt_authors(run, {place for both in places.values() for place in both})
    _refuse(workload, people, maker=locked.created_by_id, barred=barred)
    _refuse_authors(people, authors.values())
    comparisons = {one.pk: places[one.position] for one in rows}
    made = _seat(locked, people, comparisons, authors, first_seat=max(seats.values()) + 1)
    audit.record(
        actor=actor,
        action="study.raters_asked",
        kind="preference_study",
        ref=f"{workload.ref}/{locked.number}",
        workload=workload.ref,
        detail={"number": locked.number, "raters": [str(one.pk) for one in people]},
    )
    return made


def _people(raters: Sequence[User]) -> list[User]:
    return list({one.pk: one for one in raters}.values())


def _check_raters(
    workload: Workload, run: Run, ready: Prepared, people: Sequence[User], *, maker: UUID
) -> None:
    most = limits(workload.tier).raters_max
    if len(people) > most:
        raise Invalid.field("raters", "too_many", f"At most {most} people rate in one study.")
    places = {place for both in ready.comparison_of.values() for place in both}
    _refuse(workload, people, maker=maker, barred=prompt_authors(run, places))
    _refuse_authors(people, ready.authors.values())


def _refuse(
    workload: Workload, people: Sequence[User], *, maker: UUID | None, barred: set[UUID]
) -> None:
    problems = [
        FieldError("raters", "not_eligible", f"{person} {problem}.")
        for person in people
        if (problem := policies.rater_problem(person, workload, maker=maker, authors=barred))
    ]
    if problems:
        raise Invalid(problems[0].message, errors=problems)


def _refuse_authors(people: Sequence[User], authors: Iterable[UUID | None]) -> None:
    """Refuse who wrote every example that is asked: nothing would be left for them to rate."""
    wrote = set(authors)
    for person in people:
        if wrote == {person.pk}:
            raise Invalid.field(
                "raters",
                "own_examples",
                f"{person} wrote every example that is asked; nobody rates their own.",
            )


def _check_coverage(ready: Prepared, people: Sequence[User], enough: int) -> None:
    thin = sum(
        sum(person.pk != author for person in people) < enough for author in ready.authors.values()
    )
    if thin:
        raise Invalid.field(
            "raters",
            "too_few",
            f"{thin} of the pairs would have fewer than {enough} raters, since nobody rates an"
            " example of their own. Ask one more person.",
        )


def _seat(
    study: Study,
    people: Sequence[User],
    comparisons: Mapping[int, tuple[int, int]],
    authors: Mapping[int, UUID | None],
    *,
    first_seat: int,
) -> list[StudyRater]:
    """Give each person a seat, and each seat its own order and sides."""
    made = StudyRater.objects.bulk_create(
        StudyRater(
            study=study,
            user=person,
            seat=first_seat + place,
            works_on_it=bool(role_in(person, study.workload) & EDITORS),
            invited_at=now(),
        )
        for place, person in enumerate(people)
    )
    # Sides are kept in rows and are the secret of the study: no stored seed leads to them.
    dice = random.SystemRandom()
    Rating.objects.bulk_create(
        Rating(rater=rater, pair_id=turn.pair, place=place, first_is_a=turn.first_is_a)
        for rater in made
        for place, turn in enumerate(
            turns(
                {
                    pair: both
                    for pair, both in comparisons.items()
                    if authors[pair] != rater.user_id
                },
                dice,
            ),
            start=1,
        )
    )
    return made
