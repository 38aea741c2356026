"""A trial whose worker is gone: taken over, booked, asked again, and never written by two."""

from datetime import timedelta

import pytest

from evaluations.playground import ledger, services
from evaluations.playground.enums import CellState, TrialState
from evaluations.playground.ledger import Room, Settlement
from evaluations.playground.models import Trial, TrialCell
from portal.common.clock import now
from portal.common.errors import Conflict, Forbidden
from tests.factories import people, playground

pytestmark = pytest.mark.django_db


def taken(trial: Trial, owner: str) -> Trial | None:
    return ledger.take(trial_id=trial.pk, owner=owner, seconds=60)


def died(trial: Trial) -> None:
    """Let the owner's time be over."""
    Trial.objects.filter(pk=trial.pk).update(alive_until=now() - timedelta(seconds=1))


def first_cell(trial: Trial) -> TrialCell:
    return TrialCell.objects.filter(trial=trial).order_by("place")[0]


def test_a_trial_has_one_owner_at_a_time() -> None:
    trial = playground.scene().start()
    assert taken(trial, "one") is not None
    assert taken(trial, "two") is None
    died(trial)
    assert taken(trial, "two") is not None


def test_what_a_dead_owner_had_in_flight_is_booked_and_asked_again() -> None:
    # given a worker that died while it waited for an answer
    trial = playground.scene().start()
    taken(trial, "one")
    cell = first_cell(trial)
    assert ledger.reserve(trial_id=trial.pk, owner="one", cell=cell) is Room.TAKEN
    died(trial)
    # when another takes over
    taken(trial, "two")
    # then the call that may have been billed is spent, and the cell waits again
    trial.refresh_from_db()
    cell.refresh_from_db()
    assert (trial.spent_micro, trial.reserved_micro) == (cell.estimate_micro, 0)
    assert (cell.state, cell.deaths, cell.cost_micro) == (
        CellState.WAITING, 1, cell.estimate_micro,
    )  # fmt: skip


def test_what_kills_its_worker_twice_is_given_up() -> None:
    trial = playground.scene().start()
    for owner in ("one", "two"):
        taken(trial, owner)
        ledger.reserve(trial_id=trial.pk, owner=owner, cell=first_cell(trial))
        died(trial)
    taken(trial, "three")
    cell = first_cell(trial)
    assert (cell.state, cell.error_class) == (CellState.ERROR, "worker_crashed")


def test_an_owner_that_was_replaced_writes_nothing_more() -> None:
    trial = playground.scene().start()
    taken(trial, "one")
    cell = first_cell(trial)
    ledger.reserve(trial_id=trial.pk, owner="one", cell=cell)
    died(trial)
    taken(trial, "two")
    late = Settlement(CellState.ANSWERED, 1, columns={"output": "too late"})
    assert not ledger.settle(trial_id=trial.pk, owner="one", cell=cell, ended=late)
    assert not ledger.note(trial_id=trial.pk, owner="one", cell=cell, ended=late)
    assert ledger.reserve(trial_id=trial.pk, owner="one", cell=cell) is Room.STOP
    assert not ledger.beat(trial_id=trial.pk, owner="one", seconds=60)
    assert services.close_trial(trial_id=trial.pk, owner="one") is None
    assert services.fail_trial(trial_id=trial.pk, owner="one", reason="x") is None
    cell.refresh_from_db()
    assert (cell.state, cell.output) == (CellState.WAITING, "")


def test_the_sweeper_sends_forsaken_trials_once_and_leaves_the_others() -> None:
    # given one trial that is worked on, one whose message was lost, one just sent
    first = playground.scene()
    alive, lost = first.start(), first.start()
    fresh = playground.scene(3, ("gamma",)).start()
    taken(alive, "one")
    long_ago = now() - timedelta(hours=1)
    Trial.objects.filter(pk__in=(alive.pk, lost.pk)).update(nudged_at=long_ago)
    # when
    swept = services.sweep_trials()
    # then
    assert swept == 1
    assert Trial.objects.get(pk=lost.pk).nudged_at > long_ago
    assert Trial.objects.get(pk=fresh.pk).state == TrialState.QUEUED
    assert services.sweep_trials() == 0
    # and the one whose worker died is found too
    died(alive)
    assert services.sweep_trials() == 1


def test_cancelling_a_trial_that_nobody_works_on_ends_it_at_once() -> None:
    scene = playground.scene()
    trial = scene.start()
    ended = services.cancel_trial(actor=scene.owner, trial=trial)
    assert ended.state == TrialState.CANCELLED
    assert {one.state for one in TrialCell.objects.filter(trial=trial)} == {CellState.SKIPPED}
    with pytest.raises(Conflict):
        services.cancel_trial(actor=scene.owner, trial=trial)


def test_cancelling_a_trial_at_work_waits_for_its_worker() -> None:
    scene = playground.scene()
    trial = scene.start()
    taken(trial, "one")
    asked = services.cancel_trial(actor=scene.owner, trial=trial)
    assert (asked.state, asked.cancel_asked) == (TrialState.RUNNING, True)
    cell = first_cell(trial)
    assert ledger.reserve(trial_id=trial.pk, owner="one", cell=cell) is Room.STOP
    ended = services.close_trial(trial_id=trial.pk, owner="one")
    assert ended is not None
    assert ended.state == TrialState.CANCELLED


def test_only_members_who_can_edit_cancel() -> None:
    trial = playground.scene().start()
    for other in (people.reviewer("risk"), people.auditor(), people.stranger()):
        with pytest.raises(Forbidden):
            services.cancel_trial(actor=other, trial=trial)
