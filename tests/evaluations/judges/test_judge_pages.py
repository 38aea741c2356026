"""Judges on the pages: made, labelled, calibrated, read; who may do which."""

import pytest
from django.test import Client
from django.urls import reverse

from evaluations.datasets.versioned import views_of
from evaluations.judges.models import HumanLabel, Judge, JudgeVersion
from evaluations.runs.models import Run
from evaluations.scorecards import services as scorecards
from tests.described import as_described
from tests.factories import catalog, judges, people
from tests.factories import scorecards as evaluations
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.enums import MemberRole

pytestmark = pytest.mark.django_db


def signed_in(user: object) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_from_an_empty_page_to_a_calibrated_judge(client: Client) -> None:
    # given a workload without judges
    scene = evaluations.scene(n=10, candidates=2, floor=None)
    ref, owner = scene.workload.ref, scene.owner
    client = signed_in(owner)
    url = reverse("judges:list", args=[ref])
    assert "First, answers to label" in client.get(url).content.decode()

    # when its owner makes a calibration set and a judge
    chosen = judges.calibration_set(owner, scene.workload)
    entry = catalog.entry(price=("1", "4"))
    filled = {
        "name": "faithful",
        "criterion": judges.CRITERION,
        "rubric": "short",
        "given": "reference",
        "levels": "2",
        "entry": str(entry.pk),
        "max_tokens": "400",
        "calibration_set": str(chosen.pk),
    }
    refused = client.post(url, filled)
    assert refused.status_code == 422
    assert "faithful" in refused.content.decode()
    assert not Judge.objects.exists()
    made = client.post(url, {**filled, "rubric": judges.RUBRIC}, follow=True)

    # then the page says what is missing, and labels are asked for one by one
    assert "Nobody has compared it with people yet." in made.content.decode()
    found = JudgeVersion.objects.get()
    label = reverse("judges:label", args=[ref, "faithful", 1])
    assert "The fee of tariff 0 is 500." in client.get(label).content.decode()
    for one in views_of(chosen):
        sent = {"revision": str(one.revision_id), "label": judges.truth(one)}
        assert client.post(label, sent).status_code == 302
    assert "You have labelled all of them" in client.get(label).content.decode()

    # and the calibration is a run whose end is read as the judge's standing
    started = client.post(reverse("runs:calibrate", args=[ref, "faithful", 1]))
    assert started.status_code == 302
    run = Run.objects.get(purpose="judging")
    assert run.planned == 36
    evaluations.finish(run, judges.answers(judges.truth))
    scorecards.publish(run_id=run.pk)
    page = client.get(reverse("judges:version", args=[ref, "faithful", 1])).content.decode()
    assert "12 examples are labelled; 100 are needed." in page
    assert "100.0 % (8 of 8)" in page.replace("\u202f", " ").replace("\xa0", " ")
    assert found.calibrations.get().standing == "advisory"
    answer = as_described(client.get(f"/api/v1/workloads/{ref}/judges/faithful/versions/1"))
    [line] = as_described(client.get(f"/api/v1/workloads/{ref}/judges"))["results"]
    assert line["measure"] == "judge:faithful"
    changed = client.post(
        f"/api/v1/workloads/{ref}/judges/faithful/versions/1/labels",
        {"revision": str(views_of(chosen)[0].revision_id), "label": "pass"},
        content_type="application/json",
    )
    assert changed.status_code == 409
    assert (answer["standing"], answer["calibration"]["judge"]["kappa"]) == ("advisory", 1.0)


def test_a_version_that_changes_nothing_is_none(client: Client) -> None:
    scene = evaluations.scene(n=10, candidates=2, floor=None)
    made = judges.version(scene.owner, scene.workload)
    client = signed_in(scene.owner)
    url = reverse("judges:new", args=[scene.workload.ref, judges.JUDGE])
    filled = {
        "criterion": made.criterion,
        "rubric": made.rubric,
        "given": made.given,
        "levels": made.levels,
        "entry": str(made.entry_id),
        "max_tokens": made.max_tokens,
        "calibration_set": str(made.calibration_set_id),
    }

    assert client.get(url).status_code == 200
    same = client.post(url, filled)
    assert same.status_code == 422
    assert "Nothing changed since version 1." in same.content.decode()
    assert client.post(url, {**filled, "levels": "3"}).status_code == 302
    assert [one.number for one in JudgeVersion.objects.all()] == [2, 1]


def test_who_may_see_label_and_shape() -> None:
    # given a judge, and people of every kind
    scene = evaluations.scene(n=10, candidates=2, floor=None)
    made = judges.version(scene.owner, scene.workload)
    contributor, reviewer = people.person("Contributor"), people.reviewer("risk")
    lifecycle.add_member(
        actor=scene.owner, workload=scene.workload, user=contributor, role=MemberRole.CONTRIBUTOR
    )
    ref = scene.workload.ref
    revision = str(views_of(made.calibration_set)[0].revision_id)
    one = [ref, judges.JUDGE]
    reads = [
        reverse("judges:list", args=[ref]),
        reverse("judges:version", args=[*one, 1]),
        reverse("scorecards:judge", args=[*one, 1]),
        f"/api/v1/workloads/{ref}/judges",
        f"/api/v1/workloads/{ref}/judges/{judges.JUDGE}/versions/1",
    ]
    label = reverse("judges:label", args=[*one, 1])
    sent = {"revision": revision, "label": "pass"}
    writes = [
        (reverse("judges:list", args=[ref]), {}),
        (reverse("judges:new", args=one), {}),
        (reverse("judges:settle", args=[*one, 1]), sent),
        (reverse("runs:calibrate", args=[*one, 1]), {}),
    ]

    # when each of them asks: then everybody who sees the workload reads, its people shape it, and
    # its people and its reviewers label
    for user, reading, writing, labelling in (
        (scene.owner, 200, {422, 409}, 302),
        (contributor, 200, {422, 409}, 302),
        (reviewer, 200, {403}, 302),
        (people.auditor(), 200, {403}, 403),
        (people.stranger(), 404, {404}, 404),
    ):
        client = signed_in(user)
        assert {client.get(url).status_code for url in reads} == {reading}, user
        assert client.post(label, sent).status_code == labelling, user
        got = {client.post(url, data).status_code for url, data in writes[:3]}
        assert got <= writing, (user, got)
    for url in [*reads[:3], label]:
        assert Client().get(url).status_code == 302
    assert Client().get(reads[3]).status_code in (401, 403)
    assert HumanLabel.objects.count() == 3
    assert signed_in(people.stranger()).post(writes[3][0]).status_code == 404
    assert signed_in(reviewer).post(writes[3][0]).status_code == 403


def test_bad_input_is_answered_and_kept_out() -> None:
    scene = evaluations.scene(n=10, candidates=2, floor=None)
    made = judges.version(scene.owner, scene.workload)
    client = signed_in(scene.owner)
    label = reverse("judges:label", args=[scene.workload.ref, judges.JUDGE, 1])
    revision = str(views_of(made.calibration_set)[0].revision_id)

    for sent in (
        {"revision": revision, "label": "cannot_tell"},
        {"revision": revision, "label": "maybe"},
        {"revision": "nothing", "label": "pass"},
        {"revision": str(made.pk), "label": "pass"},
        {},
    ):
        assert client.post(label, sent).status_code in (400, 422), sent
    assert (
        client.get(reverse("judges:version", args=[scene.workload.ref, "x" * 60, 1])).status_code
        == 404
    )
    assert client.get(f"{label}?again=nonsense").status_code == 200
    assert not HumanLabel.objects.exists()
