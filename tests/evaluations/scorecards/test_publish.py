"""Publishing: one scorecard for a complete run, whoever asks and however often."""

import uuid

import pytest
from django.db import ProgrammingError, transaction

from evaluations.runs import services as runs
from evaluations.runs.enums import RunPurpose, RunState
from evaluations.scorecards import services
from evaluations.scorecards.models import Scorecard
from evaluations.scorecards.services.baseline import Baseline
from evaluations.scorecards.tasks import publish as publish_task
from portal.audit.models import AuditEvent
from portal.common.canonical import digest
from tests.factories import scorecards
from tests.factories.racing import at_once
from tests.factories.scorecards import METRICS, accurate, finish
from workloads.lifecycle.selectors import manifest


@pytest.mark.django_db
def test_a_complete_run_is_published_with_its_digest_and_one_audit_event() -> None:
    # given
    scene = scorecards.scene()
    run = finish(scene.start(), accurate(scene.accuracies()))
    # when the task comes
    publish_task(str(run.pk))
    # then
    card = Scorecard.objects.get(run=run)
    assert (card.number, card.purpose, card.cycle) == (1, RunPurpose.BASELINE, scene.cycle)
    assert card.digest == digest(card.document)
    assert [one["name"] for one in card.document["candidates"]] == [
        one.gateway_alias for one in scene.entries
    ]
    event = AuditEvent.objects.get(action="scorecard.published")
    assert event.detail["digest"] == card.digest
    # and it is evidence of phase 4
    kinds = {item.kind: item.digest for item in manifest(scene.cycle, "evaluation")}
    assert kinds["scorecard"] == card.digest
    assert kinds["dataset"] == scene.version.digest


@pytest.mark.django_db
def test_publishing_twice_gives_one_scorecard() -> None:
    scene = scorecards.scene(n=20, candidates=2)
    run = finish(scene.start(), accurate(scene.accuracies()))
    first = services.publish(run_id=run.pk)
    second = services.publish(run_id=run.pk)
    assert first == second
    assert Scorecard.objects.count() == 1
    assert AuditEvent.objects.filter(action="scorecard.published").count() == 1


@pytest.mark.django_db(transaction=True)
def test_eight_publishers_at_once_give_one_scorecard() -> None:
    # given a complete run
    scene = scorecards.scene(n=20, candidates=2)
    run = finish(scene.start(), accurate(scene.accuracies()))
    seen: list[uuid.UUID | None] = []

    def publish() -> None:
        card = services.publish(run_id=run.pk)
        seen.append(card.pk if card else None)

    # when eight threads publish it
    raised = at_once([publish] * 8)
    # then
    assert raised == []
    assert len(seen) == 8
    assert set(seen) == {Scorecard.objects.get().pk}
    assert AuditEvent.objects.filter(action="scorecard.published").count() == 1


@pytest.mark.django_db
def test_nothing_is_published_of_a_run_that_is_not_complete() -> None:
    # given a run under way, and one that was cancelled
    scene = scorecards.scene(n=20, candidates=2)
    running = scene.start()
    cancelled = scene.start(baseline=Baseline(metrics=METRICS, seed=1))
    runs.cancel_run(actor=scene.owner, run=cancelled)
    cancelled.refresh_from_db()
    assert cancelled.state == RunState.CANCELLED
    # when and then
    assert services.publish(run_id=running.pk) is None
    assert services.publish(run_id=cancelled.pk) is None
    assert services.publish(run_id=uuid.uuid4()) is None
    assert not Scorecard.objects.exists()


@pytest.mark.django_db
def test_every_earlier_attempt_is_listed() -> None:
    # given a cancelled run and a published one
    scene = scorecards.scene(n=20, candidates=2)
    cancelled = scene.start(baseline=Baseline(metrics=METRICS, seed=1))
    runs.cancel_run(actor=scene.owner, run=cancelled)
    first = scene.scorecard()
    # when the same is run again, for a reason
    second = scene.scorecard(reason="The gateway was restarted in the middle of it.")
    # then
    assert [one["run"] for one in first.document["attempts"]] == [1]
    assert [(one["run"], one["state"]) for one in second.document["attempts"]] == [
        (1, "cancelled"),
        (2, "complete"),
    ]
    assert second.document["attempts"][1]["scorecard"] == first.number


@pytest.mark.django_db
def test_what_a_lost_message_left_out_is_asked_for_again(
    django_capture_on_commit_callbacks: object,
) -> None:
    # given a complete run whose message was lost, and one that is published
    scene = scorecards.scene(n=20, candidates=2)
    scene.scorecard()
    run = finish(
        scene.start(baseline=Baseline(metrics=METRICS, seed=1)), accurate(scene.accuracies())
    )
    # when the sweeper looks
    assert services.publish_missing() == 1
    # then once it is published, nothing is missing
    services.publish(run_id=run.pk)
    assert services.publish_missing() == 0


@pytest.mark.django_db
def test_a_published_scorecard_can_never_be_changed_or_deleted() -> None:
    card = scorecards.scene(n=20, candidates=2).scorecard()
    for change in (
        lambda: Scorecard.objects.filter(pk=card.pk).update(digest="sha256:other"),
        lambda: Scorecard.objects.filter(pk=card.pk).delete(),
    ):
        with pytest.raises(ProgrammingError, match="Cannot"), transaction.atomic():
            change()


@pytest.mark.django_db
def test_failing_calls_stand_on_the_published_scorecard_and_pass_nothing() -> None:
    # given a best candidate that fails one call in ten
    scene = scorecards.scene(n=60, candidates=2)
    best = scene.entries[0].gateway_alias
    # when
    card = scene.scorecard(accurate({**scene.accuracies(), best: 1.0}, failing={best: 0.1}))
    # then
    first = card.document["candidates"][0]
    assert first["errors"] == {"server_error": 6}
    assert first["verdict"]["state"] == "cannot_tell"
    assert card.document["run"]["errors"] == 6
