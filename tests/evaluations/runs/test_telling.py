"""Whoever started a run is told how it ended, once, with the page that says more."""

from decimal import Decimal

import pytest
from django.db.models import F

from evaluations.preferences import services as studies
from evaluations.runs import services
from evaluations.runs.enums import LeaseState, Stop
from evaluations.runs.models import Lease, Run
from evaluations.scorecards import services as scorecards
from portal.shell.models import Notification
from tests.evaluations.runs.rows import answered
from tests.factories import people, preferences, runs
from tests.factories import scorecards as evaluations
from tests.factories.scorecards import accurate, finish
from workloads.lifecycle.services import add_member

pytestmark = pytest.mark.django_db


def told() -> list[tuple[str, str, str]]:
    """Who was told what and how it is marked, oldest first; the links lead to pages that exist."""
    rows = Notification.objects.order_by("pk").select_related("user")
    return [(str(one.user), one.kind, one.text) for one in rows]


def give_up(run: Run) -> None:
    """Skip whatever has no result, as a driver does when a model cannot be asked."""
    Lease.objects.filter(run=run).update(state=LeaseState.DONE, skipped=F("count") - F("done"))
    run.candidates.update(stopped_code="not_found", stopped_reason="The gateway has no alpha.")


def test_a_complete_run_is_told_of_with_its_scorecard_once() -> None:
    scene = evaluations.scene(n=20, candidates=2)
    run = finish(scene.start(), accurate(scene.accuracies()))
    assert told() == []

    card = scorecards.publish(run_id=run.pk)
    scorecards.publish(run_id=run.pk)

    assert card is not None
    [one] = Notification.objects.all()
    assert (one.user, one.kind) == (scene.owner, "done")
    assert one.link == f"/workloads/{scene.workload.ref}/scorecards/{card.number}/"
    assert one.text == (
        f"{scene.workload.name}: run {run.number} is complete,"
        f" scorecard {card.number} is published."
    )


def test_a_run_that_waits_for_money_says_so_and_may_say_it_again() -> None:
    scene = runs.scene(3, ("alpha",))
    run = scene.start(cap=Decimal(1))
    Run.objects.filter(pk=run.pk).update(stop=Stop.BUDGET)

    services.close_run(run_id=run.pk)
    services.close_run(run_id=run.pk)

    [one] = Notification.objects.all()
    assert one.kind == "stopped"
    assert one.text.endswith("stopped at its budget; raise its cap to go on.")
    assert one.link == f"/workloads/{scene.workload.ref}/runs/{run.pk}/"


def test_failed_and_partial_runs_are_told_of_with_the_reason() -> None:
    scene = runs.scene(3, ("alpha",))
    broken, nothing = scene.start(), scene.start()
    services.fail_run(run_id=broken.pk, code="plan_broken", reason="Its prompt is gone.")
    give_up(nothing)
    services.close_run(run_id=nothing.pk)
    partial = scene.start()
    answered(partial, 1, candidate=0)
    give_up(partial)
    services.close_run(run_id=partial.pk)

    name = f"{scene.workload.name}: run"
    assert told() == [
        (str(scene.owner), "failed", f"{name} {broken.number} failed: Its prompt is gone."),
        (
            str(scene.owner),
            "failed",
            f"{name} {nothing.number} failed: alpha: The gateway has no alpha.",
        ),
        (
            str(scene.owner),
            "stopped",
            f"{name} {partial.number} ended without all its results:"
            " alpha: The gateway has no alpha.",
        ),
    ]


def test_only_who_did_not_do_it_is_told_of_cancelling() -> None:
    scene = runs.scene(3, ("alpha",))
    other = people.person("Other")
    add_member(actor=scene.owner, workload=scene.workload, user=other, role="contributor")

    services.cancel_run(actor=scene.owner, run=scene.start())
    assert told() == []
    run = services.cancel_run(actor=other, run=scene.start())

    words = f"{scene.workload.name}: run {run.number} was cancelled by {other}."
    assert told() == [(str(scene.owner), "stopped", words)]


def test_a_closed_study_is_told_to_its_raters_and_its_maker_not_to_who_closed_it() -> None:
    scene = preferences.scene()
    study = scene.rated()
    Notification.objects.all().delete()

    studies.close_study(actor=scene.owner, study=study)

    assert {user for user, _, _ in told()} == {str(one) for one in (*scene.raters, scene.maker)}
    link = f"/workloads/{scene.workload.ref}/studies/{study.number}/"
    assert set(Notification.objects.values_list("link", flat=True)) == {link}
