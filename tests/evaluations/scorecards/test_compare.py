"""Sides beside each other, example by example; what is held out; the files that go out."""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from evaluations.scorecards.models import Scorecard
from evaluations.scorecards.options import MetricChoice
from evaluations.scorecards.services.baseline import Baseline
from portal.accounts.models import User
from portal.audit.models import AuditEvent
from tests.factories import datasets, people, scorecards
from tests.factories.scorecards import Failure, Scene, finish
from workloads.lifecycle.enums import MemberRole
from workloads.lifecycle.services import add_member

pytestmark = pytest.mark.django_db
SECRET = "what nobody who writes prompts may read"
TAG = "blackmail"
# The second model errs on every fourth ticket and says nothing on the fifth.
ERRS = ("t-0003", "t-0007", "t-0011")
SILENT, HELD = "t-0004", "t-0050"


@dataclass
class Made:
    """A scene with two scorecards on one dataset, and the people around it."""

    scene: Scene
    first: Scorecard
    again: Scorecard
    observer: User


def _answers(worse: str) -> Any:
    def answer(alias: str, example: Any) -> "str | Failure":
        if alias == worse and example.view.key in (SILENT, HELD):
            return Failure()
        if alias == worse and example.view.key in ERRS:
            return json.dumps({"category": "NONE", "urgent": "?", "why": f"<b>{alias}</b> erred"})
        return scorecards.right(example)

    return answer


def _make() -> Made:
    scene = scorecards.scene(n=50, candidates=2)
    dataset = scene.version.dataset
    hidden = datasets.ticket(
        50,
        tags=["refunds", TAG],
        held_out=True,
        input={"subject": SECRET, "body": SECRET},
        expected={"category": "billing", "urgent": False},
    )
    tagged = datasets.ticket(51, tags=["refunds"])
    datasets.fill(scene.owner, dataset, hidden, tagged)
    datasets.services.commit_version(actor=scene.owner, dataset=dataset, note="Two more tickets.")
    worse = scene.entries[1].gateway_alias
    first = scene.scorecard(_answers(worse))
    run = finish(scene.start(reason="To see whether it errs again."), _answers("nobody"))
    again = scorecards.services.publish(run_id=run.pk)
    assert again is not None
    observer = people.person("Observer")
    add_member(actor=scene.owner, workload=scene.workload, user=observer, role=MemberRole.OBSERVER)
    return Made(scene, first, again, observer)


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any) -> Iterator[Made]:
    """One life for all tests here: they only read."""
    outer = transaction.atomic()
    # As Django's own test cases: a durable block may stand inside it.
    outer._from_testcase = True  # type: ignore[attr-defined]
    with django_db_blocker.unblock():
        outer.__enter__()
        found = _make()
    yield found
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        outer.__exit__(None, None, None)


def browser(user: User | None) -> Client:
    """Return a browser, signed in as ``user``."""
    client = Client()
    if user is not None:
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def text(page: str) -> str:
    """What a person reads of a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def keys(page: str) -> list[str]:
    """The examples that a page lists."""
    return re.findall(r">(t-\d{4})</a>", page)


def path(made: Made, query: str = "", rest: str = "compare/") -> str:
    """An address of the workload."""
    return f"/workloads/{made.scene.workload.ref}/{rest}{query}"


SIDES = "?side=1.0&side=1.1"


def example_url(made: Made, key: str) -> str:
    """The page of one example."""
    version = made.first.run.dataset_version
    line = version.lines.get(revision__key=key)
    return path(made, SIDES, f"compare/{line.revision_id}/")


def test_who_sees_what(made: Made) -> None:
    pages = [
        path(made, SIDES),
        example_url(made, "t-0001"),
        path(made, rest="scorecards/1.html"),
        f"/api/v1{path(made, rest='scorecards/1/csv')}",
        f"/api/v1{path(made, rest='scorecards/1/html')}",
        f"/api/v1{path(made, SIDES, 'comparison')}",
        f"/api/v1{path(made, rest='outside-evidence')}",
    ]
    readers = (made.scene.owner, made.observer, people.reviewer("risk"), people.auditor())
    for page in pages:
        for user in readers:
            assert browser(user).get(page).status_code == 200, page
        assert browser(people.stranger()).get(page).status_code == 404, page
        assert browser(None).get(page).status_code in (302, 401, 403), page
    bring_in = path(made, rest="outside-evidence/import/")
    assert browser(made.scene.owner).get(bring_in).status_code == 200
    for user in readers[1:]:
        assert browser(user).get(bring_in).status_code == 403
        assert browser(user).post(bring_in, {}).status_code == 403
    assert browser(people.stranger()).get(bring_in).status_code == 404
    assert browser(None).get(bring_in).status_code == 302


def test_the_filters_list_what_they_say(made: Made) -> None:
    owner = browser(made.scene.owner)

    def listed(query: str) -> list[str]:
        return keys(owner.get(path(made, f"{SIDES}{query}")).content.decode())

    assert len(listed("")) == 52
    wrong = sorted([*ERRS, SILENT])
    assert sorted(listed("&show=regressions&metric=field_accuracy")) == wrong
    assert sorted(listed("&show=different")) == wrong
    assert listed("&show=improvements&metric=field_accuracy") == []
    assert listed("&show=regressions&kind=edge&metric=field_accuracy") == [SILENT]
    # a tag finds no example that is kept from the reader
    assert listed("&tag=refunds") == ["t-0051"]
    assert len(listed(f"&tag={TAG}")) == 52
    # turned round, a regression is an improvement
    turned = owner.get(path(made, "?side=1.1&side=1.0&show=improvements")).content.decode()
    assert sorted(keys(turned)) == wrong
    # and what no filter knows is left out of the address
    assert len(listed("&show=magic&kind=none&tag=x&metric=charm&page=99")) == 52


@pytest.mark.django_db
def test_the_measure_is_what_the_scorecard_ranks_by_unless_another_is_asked_for() -> None:
    scene = scorecards.scene(n=10, candidates=2)
    metrics = [MetricChoice(name, {}) for name in ("json_valid", "refusal", "field_accuracy")]
    card = scene.scorecard(baseline=Baseline(metrics=metrics))
    start = f"/workloads/{scene.workload.ref}/compare/?side=1.0&side=1.1"

    def chosen(query: str) -> bool:
        page = browser(scene.owner).get(start + query).content.decode()
        return f'<option value="{card.document["primary"]}" selected>' in page

    assert card.document["measures"][0]["key"] != card.document["primary"]
    assert chosen("")
    assert chosen("&metric=none")
    assert not chosen("&metric=json_valid")


def test_the_page_says_what_it_shows_as_a_whole(made: Made) -> None:
    page = text(browser(made.scene.owner).get(path(made, SIDES)).content.decode())
    assert "95 % interval" in page
    assert "B against A: −" in page
    assert "▼" not in page
    assert "server_error" in page
    assert f"{made.scene.entries[1].gateway_alias} (scorecard 1, prompt 1)" in page


def test_two_scorecards_on_one_dataset_stand_beside_each_other(made: Made) -> None:
    owner = browser(made.scene.owner)
    query = "?side=1.1&side=2.1&show=improvements"
    page = owner.get(path(made, query)).content.decode()
    assert sorted(keys(page)) == sorted([*ERRS, SILENT])
    assert "scorecard 2, prompt 1" in page


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("?side=1.0&side=1.0", 422, "Choose 2 to 4 different sides"),
        ("?side=1.0", 422, "Choose 2 to 4 different sides"),
        ("?side=1.0&side=9.9", 404, ""),
        ("?side=1.0&side=x", 404, ""),
        ("?side=1.0&side=%00", 404, ""),
        ("", 200, "52 examples"),
    ],
)
def test_sides_that_are_none(made: Made, query: str, status: int, words: str) -> None:
    answer = browser(made.scene.owner).get(path(made, query))
    assert answer.status_code == status
    assert words in text(answer.content.decode())


def test_an_example_shows_what_was_asked_and_every_word_that_differs(made: Made) -> None:
    owner = browser(made.scene.owner)
    page = owner.get(example_url(made, "t-0003")).content.decode()
    shown = text(page)
    assert "This is what ticket 3 is about." in shown
    assert re.search(r"<ins>[^<]*NONE", page)
    assert re.search(r"<del>", page)
    # text of a model is text
    assert "<b>model" not in page
    assert "erred" in shown
    # scores with the metric's reason, and the way to the neighbours
    assert "Field accuracy" in shown
    assert 'rel="next"' in page
    assert 'rel="prev"' in page
    plain = owner.get(example_url(made, "t-0003") + "&view=plain").content.decode()
    assert "<ins>" not in plain
    same = text(owner.get(example_url(made, "t-0001")).content.decode())
    assert "Word for word what A answered." in same
    assert (
        owner.get(path(made, "?side=1.0&side=1.1", f"compare/{made.first.pk}/")).status_code == 404
    )


def test_what_is_held_out_is_kept_from_those_who_write_prompts(made: Made) -> None:
    # given the owner, who wrote the prompt: neither the list nor the example says what it holds
    owner = browser(made.scene.owner)
    listed = owner.get(path(made, SIDES)).content.decode()
    hidden = example_url(made, "t-0050")
    assert "held out" in listed
    assert SECRET not in listed
    assert TAG not in listed
    for address in (hidden, f"{hidden}&held_out=show"):
        page = owner.get(address).content.decode()
        assert SECRET not in page
        assert TAG not in page
        assert "kept from those who write prompts" in page
        # neither what was answered to it, nor how that scored, nor why
        assert "Field accuracy" not in page
        assert "Latency" not in page
        assert "<ins>" not in page
    assert not AuditEvent.objects.filter(action="dataset.held_out_read").exists()
    row = re.search(r"<tr>(?:(?!</tr>).)*>t-0050</a>.*?</tr>", listed, re.S)
    assert row is not None
    assert not re.search(r"\d\.\d|refused|server_error", text(row[0])), text(row[0])
    # no filter that is about answers finds it, though B says nothing to it
    for show in ("different", "scores", "regressions", "improvements"):
        assert "t-0050" not in keys(owner.get(path(made, f"{SIDES}&show={show}")).content.decode())
    over_api = owner.get(f"/api/v1{path(made, SIDES, 'comparison')}").json()["results"]
    told = next(one for one in over_api if one["key"] == "t-0050")
    assert (told["held_out"], told["withheld"], told["sides"]) == (True, True, [])
    # and a reader who writes none sees it on asking, which goes on record
    reader = browser(made.observer)
    assert SECRET not in reader.get(path(made, SIDES)).content.decode()
    assert SECRET not in reader.get(hidden).content.decode()
    shown = reader.get(f"{hidden}&held_out=show").content.decode()
    assert SECRET in shown
    assert TAG in shown
    assert "Field accuracy" in shown
    wrong = keys(reader.get(path(made, f"{SIDES}&show=regressions")).content.decode())
    assert "t-0050" in wrong
    event = AuditEvent.objects.get(action="dataset.held_out_read")
    assert (event.detail["place"], event.detail["examples"]) == ("comparison", 1)


def test_the_queries_do_not_grow_with_the_sides(made: Made) -> None:
    owner = browser(made.scene.owner)
    owner.get(path(made, SIDES))
    for query in (SIDES, "?side=1.0&side=1.1&side=2.0&side=2.1"):
        with CaptureQueriesContext(connection) as caught:
            assert owner.get(path(made, query)).status_code == 200
        assert len(caught) <= 20
    with CaptureQueriesContext(connection) as caught:
        owner.get(example_url(made, "t-0003"))
    assert len(caught) <= 20


def test_the_api_compares_and_gives_no_content(made: Made) -> None:
    owner = browser(made.scene.owner)
    address = f"/api/v1{path(made, SIDES, 'comparison')}&show=regressions&metric=field_accuracy"
    body = owner.get(address).json()
    assert sorted(one["key"] for one in body["results"]) == sorted([*ERRS, SILENT])
    assert body["counts"]["regressions"] == 4
    assert (body["measure"], body["pages"]) == ("field_accuracy", 1)
    assert body["against_first"][0]["side"] == "B"
    silent = next(one for one in body["results"] if one["key"] == SILENT)
    assert silent["sides"][1]["error"] == "server_error"
    everything = owner.get(f"/api/v1{path(made, SIDES, 'comparison')}").content.decode()
    assert SECRET not in everything
    assert TAG not in everything
    assert '"held_out":true' in everything
    refused = owner.get(f"/api/v1{path(made, '?side=1.0', 'comparison')}")
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == "side"


def test_one_file_opens_alone(made: Made) -> None:
    answer = browser(made.scene.owner).get(path(made, rest="scorecards/1.html"))
    page = answer.content.decode()
    assert answer["Content-Disposition"].startswith("attachment")
    assert made.first.digest in page
    assert "default-src &#x27;none&#x27;" in page or "default-src 'none'" in page
    # nothing runs in it and nothing is fetched by it
    assert not re.search(r"<script|\son\w+=|https?://", page)
    assert all(link.startswith("data:") for link in re.findall(r'(?:href|src)="([^"]+)"', page))
    shown = text(page)
    for entry in made.scene.entries:
        assert entry.gateway_alias in shown
    assert "Every measure" in shown
    assert "refunds" not in shown


def test_the_newest_says_when_it_is_outdated_over_the_api(made: Made) -> None:
    owner = browser(made.scene.owner)
    address = f"/api/v1{path(made, rest='scorecards/2')}"
    assert owner.get(address).json()["outdated"] == []
    version = scorecards.write_prompt(
        made.scene.workload, made.scene.owner, persona="You are new here."
    )
    scorecards.prompts.point_candidate(
        actor=made.scene.owner, workload=made.scene.workload, version=version
    )
    assert "version 2 was chosen since" in owner.get(address).json()["outdated"][0]
