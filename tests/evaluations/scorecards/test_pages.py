"""The pages of phase 4, as each kind of person gets them."""

import csv
import io
import json
import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from evaluations.runs.models import Run
from evaluations.scorecards.exports import cell
from evaluations.scorecards.models import WinnerChoice
from portal.accounts.models import User
from portal.common.canonical import digest
from tests.factories import lives, people, scorecards
from tests.factories.scorecards import REASON, Scene, accurate, finish
from workloads.lifecycle.enums import MemberRole
from workloads.lifecycle.services import add_member

pytestmark = pytest.mark.django_db

RUN = {
    "metrics": ["field_accuracy", "json_valid", "refusal"],
    "cap": "5",
    "concurrency": "8",
    "repeats": "1",
    "reference": "",
    "reason": "",
}


def browser(user: User) -> Client:
    """Return a signed-in browser."""
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def url(scene: Scene, rest: str = "evaluation/") -> str:
    """Return an address of the scene's workload."""
    return f"/workloads/{scene.workload.ref}/{rest}"


def text(html: str) -> str:
    """Return what a person reads of a page."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_who_sees_what() -> None:
    # given a scorecard and people around it
    scene = scorecards.scene()
    card = scene.scorecard()
    observer = people.person("Observer")
    add_member(actor=scene.owner, workload=scene.workload, user=observer, role=MemberRole.OBSERVER)
    pages = [
        url(scene),
        url(scene, f"scorecards/{card.number}/"),
        url(scene, f"scorecards/{card.number}.csv"),
        url(scene, f"scorecards/{card.number}.json"),
    ]
    # when and then: a stranger finds nothing, everybody else reads
    for page in pages:
        assert browser(people.stranger()).get(page).status_code == 404
        for user in (scene.owner, observer, people.reviewer("risk"), people.auditor()):
            assert browser(user).get(page).status_code == 200
    # and only those who may change something get a form, and may post it
    for user in (observer, people.reviewer("risk"), people.auditor()):
        reader = browser(user)
        assert "Start the run" not in reader.get(pages[0]).content.decode()
        assert "Choose the winner</button>" not in reader.get(pages[1]).content.decode()
        assert reader.post(pages[0], RUN).status_code == 403
        assert reader.post(pages[1], {"entry": "x", "rationale": REASON}).status_code == 403
    assert browser(people.stranger()).post(pages[0], RUN).status_code == 404
    assert "Start the run" in browser(scene.owner).get(pages[0]).content.decode()


def test_an_empty_page_says_what_to_do_next() -> None:
    workload = lives.draft()
    page = browser(workload.owner).get(f"/workloads/{workload.ref}/evaluation/")
    assert page.status_code == 200
    assert "No golden dataset yet" in page.content.decode()
    assert "Commit a golden dataset first" in page.content.decode()


def test_the_page_says_what_a_run_costs_and_starts_it() -> None:
    # given a workload that is ready
    scene = scorecards.scene()
    owner = browser(scene.owner)
    page = text(owner.get(url(scene)).content.decode())
    assert "180 calls when each example is asked once" in page
    assert "p95 latency limit" in page
    # when the form is posted
    answer = owner.post(url(scene), RUN)
    # then
    run = Run.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == url(scene, f"runs/{run.pk}/")
    # and the page shows it, without any score
    page = text(owner.get(url(scene)).content.decode())
    assert "Scores stay hidden" in page


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"metrics": []}, "metrics", "Choose at least three metrics"),
        ({"metrics": ["json_valid"]}, "metrics", "Choose at least 3 metrics"),
        ({"metrics": ["sparkle"]}, "metrics", "sparkle is not one of the available choices"),
        ({"cap": "0"}, "cap", "greater than or equal to 0.0001"),
        ({"cap": "9000"}, "cap", "at most 500"),
        ({"cap": "much"}, "cap", "Enter a number"),
        ({"cap": "NaN"}, "cap", "Enter a number"),
        ({"concurrency": "257"}, "concurrency", "less than or equal to 256"),
        ({"repeats": "11"}, "repeats", "less than or equal to 10"),
        ({"reference": "nobody"}, "reference", "nobody is not one of the available choices"),
        ({"reason": "a\x00b"}, "reason", "Null characters are not allowed"),
    ],
)
def test_a_refused_run_keeps_what_was_typed(
    change: dict[str, object], field: str, words: str
) -> None:
    scene = scorecards.scene(n=50, candidates=2, floor=None)
    typed = {**RUN, "concurrency": "7", **change}
    answer = browser(scene.owner).post(url(scene), typed)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in text(page)
    assert field in answer.context["form"].errors
    if "concurrency" not in change:
        assert 'value="7"' in page
    assert not Run.objects.exists()


def test_the_scorecard_says_what_its_figures_mean() -> None:
    # given
    scene = scorecards.scene()
    card = scene.scorecard()
    # when
    page = text(browser(scene.owner).get(url(scene, "scorecards/1/")).content.decode())
    # then every candidate stands there with its verdict, and the sentence under the table
    for entry in scene.entries:
        assert entry.gateway_alias in page
    assert "Meets floors" in page
    assert "Routed to the right queue" in page
    assert card.document["headline"]["words"] in page
    assert "cannot tell them apart" in page
    assert "would have shown" in page
    assert "None: this was the first run" in page
    # and how hard the gateway was pressed while latency was measured
    pressed = card.run.plan["concurrency"]
    assert f"measured with up to {pressed} calls at once over all candidates" in page
    assert "p95 latency" in page


def test_the_winner_is_chosen_on_the_scorecard() -> None:
    # given
    scene = scorecards.scene()
    scene.scorecard()
    owner = browser(scene.owner)
    alias = scene.entries[0].gateway_alias
    page = url(scene, "scorecards/1/")
    # when the reason is too short
    answer = owner.post(page, {"entry": alias, "rationale": "Best one."})
    # then it stays in the form
    assert answer.status_code == 422
    assert "Best one." in answer.content.decode()
    assert "at least 50 characters" in text(answer.content.decode())
    # when a candidate below the floor is sent
    low = scene.entries[2].gateway_alias
    assert owner.post(page, {"entry": low, "rationale": REASON}).status_code == 422
    # when all is right
    answer = owner.post(page, {"entry": alias, "rationale": REASON}, follow=True)
    # then
    assert answer.status_code == 200
    assert WinnerChoice.objects.get().alias == alias
    assert REASON in answer.content.decode()
    assert "Winner" in text(owner.get(url(scene)).content.decode())


def test_text_of_others_is_shown_and_never_run() -> None:
    scene = scorecards.scene()
    card = scene.scorecard()
    hostile = "<script>alert(1)</script>" + REASON
    scene.choose(card, reason=hostile)
    page = browser(scene.owner).get(url(scene, "scorecards/1/")).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_downloads_hold_the_document_and_no_formula() -> None:
    # given
    scene = scorecards.scene()
    card = scene.scorecard()
    owner = browser(scene.owner)
    # when
    sheet = owner.get(url(scene, "scorecards/1.csv"))
    file = owner.get(url(scene, "scorecards/1.json"))
    # then the digest of the document can be computed again
    body = json.loads(file.content)
    assert digest(body["document"]) == body["digest"] == card.digest
    # and the sheet has a row for each candidate, slice and measure
    table = list(csv.DictReader(io.StringIO(sheet.content.decode())))
    measures = len(card.document["measures"])
    assert len(table) == 3 * 4 * measures
    assert table[0]["candidate"] == scene.entries[0].gateway_alias
    assert sheet["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", " =", "\n"])
def test_a_cell_that_looks_like_a_formula_is_made_text(start: str) -> None:
    assert str(cell(f"{start}cmd|' /C calc'!A0")).startswith("'")
    assert cell(-0.5) == -0.5
    assert cell("model-1") == "model-1"


def test_an_unknown_scorecard_is_not_found() -> None:
    scene = scorecards.scene(n=50, candidates=2)
    assert browser(scene.owner).get(url(scene, "scorecards/7/")).status_code == 404


def test_the_api_lists_and_gives_the_document() -> None:
    # given
    scene = scorecards.scene(n=50, candidates=2)
    card = scene.scorecard()
    owner = browser(scene.owner)
    address = f"/api/v1/workloads/{scene.workload.ref}/scorecards"
    # when
    listed = owner.get(address).json()
    one = owner.get(f"{address}/1").json()
    # then
    assert [row["number"] for row in listed["results"]] == [1]
    assert listed["next_cursor"] == ""
    assert one["digest"] == digest(one["document"]) == card.digest
    assert browser(people.stranger()).get(address).status_code == 404
    assert owner.get(f"{address}/9").status_code == 404
    assert Client().get(address).status_code in (401, 403)


def test_the_pages_do_not_ask_more_the_more_there_is(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    # given three scorecards
    scene = scorecards.scene()
    for reason in ("", "The first run of it was too small.", "The second run of it was too small."):
        run = finish(scene.start(reason=reason), accurate(scene.accuracies()))
        scorecards.services.publish(run_id=run.pk)
    owner = browser(scene.owner)
    owner.get(url(scene))
    # when and then
    with django_assert_max_num_queries(90):
        owner.get(url(scene))
    with django_assert_max_num_queries(60):
        owner.get(url(scene, "scorecards/3/"))
