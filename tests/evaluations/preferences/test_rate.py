"""Rating: in order, once, never one's own example, whatever two tabs do."""

from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction
from django.http import Http404

from evaluations.preferences import services
from evaluations.preferences.enums import Outcome, outcome_of
from evaluations.preferences.models import Rating
from evaluations.preferences.seats import seat_of
from evaluations.preferences.selectors import next_rating
from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.common.errors import Conflict, DomainError, Forbidden, Invalid
from tests.factories import people, preferences
from tests.factories.racing import at_once

pytestmark = pytest.mark.django_db


def waiting(study: preferences.Study, person: User) -> Rating:
    seat = seat_of(person, study)
    assert seat is not None
    found = next_rating(seat)
    assert found is not None
    return found


def test_what_a_rater_says_is_kept_by_side_and_read_without() -> None:
    for choice, first_is_a, outcome in (
        ("a", True, Outcome.FIRST),
        ("a", False, Outcome.SECOND),
        ("b", True, Outcome.SECOND),
        ("b", False, Outcome.FIRST),
        ("tie", False, Outcome.TIE),
        ("both_bad", True, Outcome.BOTH_BAD),
    ):
        assert outcome_of(choice, first_is_a=first_is_a) == outcome


def test_a_rater_goes_on_where_they_left_and_the_last_verdict_is_audited_with_all() -> None:
    scene = preferences.scene()
    study, rater = scene.open(), scene.raters[0]
    for place in range(1, 11):
        assert waiting(study, rater).place == place
        preferences.rate_next(study, rater, lambda rating: Outcome.TIE)
    seat = study.raters.get(user=rater)
    assert seat.finished_at is not None
    assert seat.ratings.filter(choice="tie").count() == 10
    event = AuditEvent.objects.get(action="study.rated")
    assert event.detail["pairs"] == 10
    assert event.detail["verdicts"].startswith("sha256:")
    assert waiting(study, scene.raters[1]).place == 1


def test_a_verdict_is_given_once_in_order_and_stays() -> None:
    scene = preferences.scene()
    study, rater = scene.open(), scene.raters[0]
    first = preferences.rate_next(study, rater, lambda rating: Outcome.FIRST)
    later = Rating.objects.get(rater__user=rater, place=5)

    for task, code in ((first.pk, "already_rated"), (later.pk, "not_the_next")):
        with pytest.raises(Conflict) as problem:
            services.rate(actor=rater, study=study, task=task, choice="b")
        assert problem.value.code == code
    with pytest.raises(Invalid, match="a, b, tie, both_bad"):
        services.rate(actor=rater, study=study, task=waiting(study, rater).pk, choice="c")
    with pytest.raises(DatabaseError), transaction.atomic():
        Rating.objects.filter(pk=first.pk).update(choice="tie")
    assert Rating.objects.exclude(choice="").count() == 1


def test_nobody_rates_for_somebody_else_in_another_workload_or_their_own_example() -> None:
    scene, other = preferences.scene(), preferences.scene()
    study, rater = scene.open(), scene.raters[0]
    theirs = waiting(study, scene.raters[1])
    elsewhere = waiting(other.open(), other.raters[0])
    for task in (theirs.pk, elsewhere.pk):
        with pytest.raises(Http404):
            services.rate(actor=rater, study=study, task=task, choice="a")
    for person in (scene.owner, scene.maker, people.stranger()):
        with pytest.raises(Forbidden) as problem:
            services.rate(actor=person, study=study, task=theirs.pk, choice="a")
        assert problem.value.code == "not_a_rater"
    mine = waiting(study, rater)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "UPDATE evaluations_datasets_examplerevision SET created_by_id = %s WHERE id = %s",
            [rater.pk, mine.pair.revision_id],
        )
        cursor.execute("SET session_replication_role = origin")
    with pytest.raises(Forbidden) as problem:
        services.rate(actor=rater, study=study, task=mine.pk, choice="a")
    assert problem.value.code == "own_example"


def race(*acts: Callable[[], object]) -> list[str]:
    """Do the acts at the same moment; return what each refused, or "done"."""
    raised = at_once(acts)
    refused = [one.code for one in raised if isinstance(one, DomainError)]
    assert len(refused) == len(raised)
    return sorted([*refused, *["done"] * (len(acts) - len(raised))])


@pytest.mark.django_db(transaction=True)
def test_two_tabs_count_once_and_a_verdict_races_with_the_end() -> None:
    scene = preferences.scene()
    study, rater = scene.open(), scene.raters[0]
    task = waiting(study, rater).pk
    rate = services.rate

    found = race(
        lambda: rate(actor=rater, study=study, task=task, choice="a"),
        lambda: rate(actor=rater, study=study, task=task, choice="b"),
    )

    assert found == ["already_rated", "done"]
    assert Rating.objects.exclude(choice="").count() == 1
    # a verdict that comes as the study ends is in its result, or refused; never between
    again = waiting(study, rater).pk
    found = race(
        lambda: rate(actor=rater, study=study, task=again, choice="a"),
        lambda: services.close_study(
            actor=scene.maker, study=study, reason="The team had no more time for this."
        ),
    )
    study.refresh_from_db()
    assert found in (["done", "done"], ["done", "study_closed"])
    assert study.document is not None
    assert study.document["verdicts"] == Rating.objects.exclude(choice="").count()
