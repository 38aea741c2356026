"""Closing: by whom, when, and what is sealed, cited and shown then."""

import pytest
from django.db import DatabaseError, transaction

from evaluations.preferences import policies, services
from evaluations.preferences.citations import study_item
from evaluations.preferences.enums import Outcome
from evaluations.preferences.models import Rating, Study
from evaluations.scorecards.services import publish
from portal.common.canonical import digest
from portal.common.errors import Conflict, Forbidden, Invalid
from tests.factories import preferences
from workloads.lifecycle.evidence import resolve

pytestmark = pytest.mark.django_db


def test_only_the_maker_or_the_owner_closes_and_early_only_with_a_reason() -> None:
    scene = preferences.scene()
    study = scene.open()
    with pytest.raises(Forbidden):
        services.close_study(actor=scene.raters[0], study=study, reason="x" * 40)
    with pytest.raises(Invalid) as problem:
        services.close_study(actor=scene.maker, study=study, reason="Enough.")
    assert problem.value.errors[0].field == "reason"

    closed = services.close_study(
        actor=scene.owner, study=study, reason="The raters left the company."
    )

    assert closed.document is not None
    assert (closed.document["complete"], closed.document["verdicts"]) == (False, 0)
    assert closed.document["comparisons"][0]["verdict"] == "cannot_tell"
    with pytest.raises(Conflict):
        services.close_study(actor=scene.maker, study=study)


def test_a_closed_study_is_sealed_cited_and_says_whose_answers_were_preferred() -> None:
    scene = preferences.scene()

    study = scene.closed()

    assert study.document is not None
    assert study.digest == digest(study.document)
    found = study.document["comparisons"][0]
    names = [one.gateway_alias for one in scene.evaluation.entries]
    assert (found["first"], found["second"]) == (names[0], names[1])
    assert (found["wins"], found["losses"], found["verdict"]) == (20, 0, "better")
    assert len(study.document["said"]) == 10
    # one preferred the first on both sides alike
    assert study.document["position"]["share"] == 0.5
    item = study_item(study, scene.workload.ref)
    card = resolve(item)
    assert (card.title, card.present_digest) == ("Preference study 1", study.digest)
    for change in ({"document": {}}, {"state": "open"}, {"digest": ""}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Study.objects.filter(pk=study.pk).update(**change)
    with pytest.raises(Conflict) as problem:
        task = Rating.objects.filter(rater__user=scene.raters[0])[0]
        services.rate(actor=scene.raters[0], study=study, task=task.pk, choice="a")
    assert problem.value.code == "study_closed"


def test_a_scorecard_that_is_published_later_holds_the_study_and_an_earlier_one_stays() -> None:
    scene = preferences.scene()
    study = scene.closed()

    later = publish(run_id=scene.run.pk)

    assert later is not None
    cited = later.document["preferences"]
    assert [one["digest"] for one in cited] == [study.digest]
    assert cited[0]["comparisons"][0]["verdict"] == "better"
    scene.closed(lambda rating: Outcome.SECOND, seed=8)
    later.refresh_from_db()
    assert len(later.document["preferences"]) == 1
    assert later.digest == digest(later.document)


def test_a_rater_sees_no_named_answers_while_the_study_is_open() -> None:
    scene = preferences.scene()
    study = scene.open()
    for person in scene.raters:
        with pytest.raises(Forbidden, match="blind"):
            policies.require_unblinded(person, scene.workload)
    policies.require_unblinded(scene.maker, scene.workload)

    services.close_study(actor=scene.maker, study=study, reason="No more time this quarter.")

    policies.require_unblinded(scene.raters[0], scene.workload)
