"""The study pages and their API: opening, rating without a script, closing, and bad input."""

import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from evaluations.preferences.inbox import waiting_for
from evaluations.preferences.models import Rating, Study
from portal.accounts.models import User
from tests.described import as_described
from tests.factories import preferences

pytestmark = pytest.mark.django_db


def client_of(user: User) -> Client:
    made = Client()
    made.force_login(user)
    return made


def test_a_study_is_opened_rated_without_a_script_and_closed() -> None:
    scene = preferences.scene()
    maker, rater = client_of(scene.maker), client_of(scene.raters[0])
    home = f"/workloads/{scene.workload.ref}/studies/"
    form = {
        "question": "Which answer is kinder?",
        "candidates": ["0", "1"],
        "pairs": "10",
        "raters": [str(one.pk) for one in scene.raters],
    }
    # what was typed stays when something is wrong
    refused = maker.post(f"{home}new/", {**form, "pairs": "3"})
    assert refused.status_code == 422
    assert "Between 10 and 200" in refused.content.decode()
    assert "Which answer is kinder?" in refused.content.decode()

    assert maker.post(f"{home}new/", form).status_code == 302

    study = Study.objects.get()
    assert [one.title for one in waiting_for(scene.raters[0])] == [
        f"Rate answers for {scene.workload.name}"
    ]
    assert waiting_for(scene.maker) == []
    for _ in range(10):
        page = rater.get(f"{home}1/rate/").content.decode()
        task = page.split('name="task" value="')[1][:36]
        assert rater.post(f"{home}1/rate/", {"task": task, "choice": "a"}).status_code == 302
    again = rater.post(f"{home}1/rate/", {"task": task, "choice": "b"})
    assert again.status_code == 409
    assert "the first verdict stands" in again.content.decode()
    assert waiting_for(scene.raters[0]) == []
    preferences.rate_all(study, scene.raters[1], lambda rating: preferences.Outcome.TIE)
    assert [one.title for one in waiting_for(scene.maker)] == [
        f"Close preference study 1 of {scene.workload.name}"
    ]
    assert maker.post(f"{home}1/").status_code == 302
    study.refresh_from_db()
    assert study.state == "closed"
    assert "This study is closed" in rater.get(f"{home}1/rate/").content.decode()


def test_pages_stay_within_their_queries_and_answer_bad_input_in_words() -> None:
    scene = preferences.scene()
    scene.open()
    home = f"/workloads/{scene.workload.ref}/studies/"
    maker, rater = client_of(scene.maker), client_of(scene.raters[0])
    for client, path, most in (
        (maker, home, 32), (maker, f"{home}new/", 34), (maker, f"{home}1/", 36),
        (maker, f"{home}panel/", 14), (rater, f"{home}1/rate/", 14),
    ):  # fmt: skip
        with CaptureQueriesContext(connection) as caught:
            assert client.get(path).status_code == 200
        assert len(caught) <= most, (path, len(caught))
    task = str(Rating.objects.get(rater__user=scene.raters[0], place=1).pk)
    for data, status in (
        ({"task": "x" * 5_000, "choice": "a"}, 404),
        ({"task": str(uuid.uuid4()), "choice": "a"}, 404),
        ({"task": task, "choice": "\0"}, 422),
        ({"task": task}, 422),
    ):
        assert rater.post(f"{home}1/rate/", data).status_code == status
    assert maker.get(f"{home}new/?run=nonsense").status_code == 404
    assert maker.get(f"{home}new/?run=%00").status_code == 200
    assert client_of(scene.owner).get(f"{home}999999999999/").status_code == 404


def test_the_api_opens_rates_and_closes_and_names_what_is_wrong() -> None:
    scene = preferences.scene()
    maker, rater = client_of(scene.maker), client_of(scene.raters[0])
    home = f"/api/v1/workloads/{scene.workload.ref}/studies"
    names = [one["name"] for one in scene.run.plan["candidates"]]
    body = {
        "run": str(scene.run.pk),
        "candidates": names,
        "pairs": 10,
        "raters": [str(one.pk) for one in scene.raters],
    }
    for change, field in (
        ({"run": "?"}, "run"), ({"run": str(uuid.uuid4())}, "run"), ({"pairs": True}, "pairs"),
        ({"pairs": -1}, "pairs"), ({"candidates": ["nobody"]}, "candidates"),
        ({"candidates": "all"}, "candidates"), ({"raters": [1]}, "raters"),
        ({"raters": [str(uuid.uuid4())]}, "raters"), ({"question": 5}, "question"),
        ({"seed": "x"}, "seed"),
    ):  # fmt: skip
        answer = maker.post(home, {**body, **change}, content_type="application/json")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field), change

    opened = maker.post(home, {**body, "seed": 5}, content_type="application/json")

    assert opened.status_code == 201
    as_described(opened)
    assert (opened.json()["names"], opened.json()["document"]) == (names, None)
    seen = as_described(rater.get(f"{home}/1/rating"))
    assert seen["choices"] == ["a", "b", "tie", "both_bad"]
    turn = {"task": seen["next"]["task"], "choice": "tie"}
    after = rater.post(f"{home}/1/rating", turn, content_type="application/json").json()
    assert (after["rated"], after["next"]["place"]) == (1, 2)
    twice = rater.post(f"{home}/1/rating", turn, content_type="application/json")
    assert (twice.status_code, twice.json()["code"]) == (409, "already_rated")
    reason = {"reason": "Two raters were ill until the end."}
    closed = maker.post(f"{home}/1/close", reason, content_type="application/json")
    assert as_described(closed)["document"]["verdicts"] == 1
    as_described(maker.get(home))
    as_described(rater.get(f"{home}/1"))
