"""Trials are deleted some days after they ended, with every answer; nothing else is."""

from datetime import timedelta

import pytest

from evaluations.datasets.models import ExampleRevision
from evaluations.playground import tasks
from evaluations.playground.limits import limits
from evaluations.playground.models import Trial, TrialCell, TrialInput
from portal.audit.models import AuditEvent
from portal.common.clock import now
from tests.evaluations.playground.rows import ended
from tests.factories import playground

pytestmark = pytest.mark.django_db


def aged(trial: Trial, days: float) -> None:
    Trial.objects.filter(pk=trial.pk).update(finished_at=now() - timedelta(days=days))


def test_what_is_older_than_the_policy_keeps_is_gone_and_noted() -> None:
    # given an old trial, one that is a day too young, and one that never ended
    scene = playground.scene()
    old, young = ended(scene.start()), ended(scene.start())
    waiting = scene.start()
    kept = limits().kept.days
    aged(old, kept + 0.1)
    aged(young, kept - 1)
    Trial.objects.filter(pk=waiting.pk).update(created_at=now() - timedelta(days=99))
    # when
    tasks.forget()
    tasks.forget()
    # then
    assert set(Trial.objects.values_list("pk", flat=True)) == {young.pk, waiting.pk}
    assert not TrialInput.objects.filter(trial_id=old.pk).exists()
    assert not TrialCell.objects.filter(trial_id=old.pk).exists()
    assert ExampleRevision.objects.count() == 6
    event = AuditEvent.objects.get(action="trials.forgotten")
    assert event.detail == {"count": 1, "older_than_days": kept}
    # and the next number is not one that somebody has seen
    assert scene.start().number == 4
