"""A judge of two answers on the pages: labelled by key, started, read; who may do which."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from evaluations.datasets.versioned import views_of
from evaluations.judges.models import HumanLabel
from evaluations.judges.presentation import shown_turned
from evaluations.runs import services as runs
from tests.described import as_described
from tests.factories import catalog, judges, pairs, people
from tests.factories import scorecards as evaluations
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.enums import MemberRole

pytestmark = pytest.mark.django_db


def signed_in(user: object) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_from_a_labelled_pair_to_what_a_judge_prefers() -> None:
    # given a complete run of two candidates
    scene = evaluations.scene(n=10, candidates=2, floor=None)
    card = scene.scorecard(lambda alias, example: f"{evaluations.right(example)} {alias}")
    client, ref, run = signed_in(scene.owner), scene.workload.ref, card.run
    url = reverse("scorecards:pairs", args=[ref, run.pk])
    assert "Make a judge of two answers" in client.get(url).content.decode()

    # when its owner makes a judge of two answers, and labels each pair as it is shown to them
    chosen = pairs.calibration_set(scene.owner, scene.workload)
    filled = {
        "name": pairs.JUDGE,
        "criterion": judges.CRITERION,
        "rubric": judges.RUBRIC,
        "given": "reference",
        "levels": "p",
        "entry": str(catalog.entry(price=("1", "4")).pk),
        "max_tokens": "400",
        "calibration_set": str(chosen.pk),
    }
    made = client.post(reverse("judges:list", args=[ref]), filled, follow=True)
    assert "it compares two candidates of a scorecard" in made.content.decode()
    label = reverse("judges:label", args=[ref, pairs.JUDGE, 1])
    version = scene.workload.judges.get().versions.get()
    seen = set()
    for one in views_of(chosen):
        page = client.get(label).content.decode()
        turned = shown_turned(version, one, scene.owner.pk)
        seen.add(turned)
        # the button of the first key says what stands first on this page
        value = "second" if turned else "first"
        assert f'value="{value}" data-press="1"' in page
        shown = one.given[value]
        assert page.index(shown) < page.index("Second answer")
        sent = {"revision": str(one.revision_id), "label": pairs.truth(one)}
        assert client.post(label, sent).status_code == 302
    assert seen == {True, False}
    assert client.post(label, {**sent, "label": "pass"}).status_code == 400
    assert dict(HumanLabel.objects.values_list("revision", "label")) == {
        one.revision_id: pairs.truth(one) for one in views_of(chosen)
    }

    # and asks it about the two candidates, in words that stay when something is wrong with them
    wanted = {"judge": str(version.pk), "first": "0", "second": "0", "cap": "0.7"}
    refused = client.post(url, wanted)
    assert refused.status_code == 422
    assert "Choose two different candidates." in refused.content.decode()
    assert 'value="0.7"' in refused.content.decode()
    started = client.post(url, {**wanted, "second": "1", "cap": ""})
    [(asked, _)] = runs.comparisons_of(run)
    assert started["Location"] == reverse("scorecards:pair", args=[ref, asked.pk])
    waiting = client.get(started["Location"]).content.decode()
    assert "Figures are shown when every pair was asked about." in waiting

    def shaky(example: judges.VersionedExample, swapped: bool) -> str:
        if example.position == 1:
            return "Both are fine."
        return (
            "first" if example.position == 2 else pairs.honest(lambda _: "first")(example, swapped)
        )

    pairs.judge(run, shaky)

    # then the page tells who wins, with n, what disagreed and what could not be read
    page = client.get(started["Location"]).content.decode().replace("\u202f", " ")
    assert "Shown, and not to be believed" in page
    assert "n 9 of 10" in page
    assert "1 by disagreeing orders" in page
    assert "Swayed" not in page
    only = client.get(f"{started['Location']}?show=disagree").content.decode()
    assert "1 pair</span>" in only.replace("\n", "")
    panel = client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in panel
    assert "What judges prefer" in panel

    # and the API says the same
    api = f"/api/v1/workloads/{ref}/runs/{run.pk}/pairs"
    [line] = as_described(client.get(api))["results"]
    assert (line["figures"]["wins"], line["figures"]["errors"], line["believed"]) == (8, 1, False)
    [judge] = as_described(client.get(f"/api/v1/workloads/{ref}/judges"))["results"]
    assert (judge["kind"], judge["measure"]) == ("pairwise", None)
    names = [one.gateway_alias for one in scene.entries]
    body = {"judge": pairs.JUDGE, "version": 1, "first": names[0], "second": names[1]}
    for change, status in (
        ({}, 409),
        ({"version": 9}, 400),
        ({"first": "nobody"}, 400),
        ({"first": ["x"]}, 400),
        ({"cap": "much"}, 400),
        ({"cap": 1}, 400),
    ):
        sent = json.dumps({**body, **change})
        answer = client.post(api, sent, content_type="application/json")
        assert answer.status_code == status, (change, answer.content)


def test_who_may_see_and_start_a_comparison() -> None:
    # given a comparison that is complete, and people of every kind
    scene = evaluations.scene(n=10, candidates=2, floor=None)
    made = pairs.version(scene.owner, scene.workload, entry=catalog.entry(price=("1", "4")))
    card = scene.scorecard(lambda alias, example: f"{evaluations.right(example)} {alias}")
    asked = pairs.compare(scene.owner, card.run, made)
    pairs.judge(card.run, pairs.honest(lambda _: "tie"))
    contributor, reviewer = people.person("Contributor"), people.reviewer("risk")
    lifecycle.add_member(
        actor=scene.owner, workload=scene.workload, user=contributor, role=MemberRole.CONTRIBUTOR
    )
    ref = scene.workload.ref
    start = reverse("scorecards:pairs", args=[ref, card.run_id])
    api = f"/api/v1/workloads/{ref}/runs/{card.run_id}/pairs"
    reads = [start, reverse("scorecards:pair", args=[ref, asked.pk]), api]

    # when each of them asks
    for user, reading, writing in (
        (scene.owner, 200, {422, 400}),
        (contributor, 200, {422, 400}),
        (reviewer, 200, {403}),
        (people.auditor(), 200, {403}),
        (people.person("Stranger"), 404, {404}),
    ):
        client = signed_in(user)
        assert {client.get(url).status_code for url in reads} == {reading}, user
        sent = [
            client.post(start, {}).status_code,
            client.post(api, "{}", content_type="application/json").status_code,
        ]
        assert set(sent) == writing, user

    # then nobody sees anything without signing in, and other runs have no such page
    assert {Client().get(url).status_code for url in reads} == {302, 401}
    owner = signed_in(scene.owner)
    for name, run in (("pair", card.run_id), ("pairs", asked.pk)):
        assert owner.get(reverse(f"scorecards:{name}", args=[ref, run])).status_code == 404
