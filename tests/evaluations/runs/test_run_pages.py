"""The pages of runs: how far one is, steering it, and never a score."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from evaluations.runs.models import Run
from tests.evaluations.runs.rows import answered, completed, moved, running
from tests.factories import runs

pytestmark = pytest.mark.django_db

FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def scene() -> runs.Scene:
    return runs.scene(20)


@pytest.fixture
def client(scene: runs.Scene) -> Client:
    client = Client()
    client.force_login(scene.owner)
    return client


def url(run: Run, rest: str = "") -> str:
    return f"/workloads/{run.workload.ref}/runs/{run.pk}/{rest}"


def plain(answer: Any) -> str:
    """Return the words of an answer."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_the_page_counts_answers_errors_and_cost_by_candidate(
    client: Client, scene: runs.Scene
) -> None:
    run = scene.start(cap=Decimal(5))
    running(run, seconds=20)
    answered(run, 12, candidate=0)
    answered(run, 3, candidate=1)
    answered(run, 2, candidate=1, error="timeout")
    answered(run, 1, candidate=1, error="rate_limited")

    page = client.get(url(run))

    words = plain(page)
    assert "15 of 40 planned" in words
    assert "alpha 12 of 20 0 8 $ 0.01" in words
    assert "beta 3 of 20 3 14 $ 0.0060" in words
    assert "Timed out timeout 2" in words
    assert "Turned away (429) rate_limited 1" in words
    assert "$ 0.02 of $ 5.00" in words
    assert '<progress value="18" max="40"' in page.content.decode()
    assert "Time left about" in words
    assert "Scores stay hidden until all 40 results are in." in words


def test_nothing_of_an_answer_or_a_score_is_on_the_page(client: Client, scene: runs.Scene) -> None:
    run = scene.start()
    running(run)
    answered(run, 20, candidate=0)

    assert "SECRET ANSWER" not in client.get(url(run)).content.decode()
    assert "SECRET ANSWER" not in client.get(url(run), headers=FRAGMENT).content.decode()


@pytest.mark.parametrize(("recent", "old", "said"), [(20, 0, "about 30 s"), (0, 20, "Time left –")])
def test_the_time_left_is_told_from_the_pace_of_the_last_minute(
    client: Client, scene: runs.Scene, recent: int, old: int, said: str
) -> None:
    # given a run that was paused for an hour, and 20 of 40 results
    run = scene.start()
    running(run, seconds=3_600)
    answered(run, old, candidate=0, ago=3_000)
    answered(run, recent, candidate=1)
    if recent:
        running(run, seconds=27)

    assert said in plain(client.get(url(run)))


def test_the_fragment_asks_again_while_the_run_moves_and_ends_itself(
    client: Client, scene: runs.Scene
) -> None:
    run = scene.start()
    for state in ("queued", "running"):
        moved(run, state=state)
        fragment = client.get(url(run), headers=FRAGMENT).content.decode()
        assert 'hx-trigger="every 2s"' in fragment
        assert f'hx-get="{url(run)}"' in fragment
        assert "<html" not in fragment
    completed(run)

    fragment = client.get(url(run), headers=FRAGMENT).content.decode()

    assert "hx-trigger" not in fragment
    assert "Every result is in." in fragment
    assert f'/workloads/{run.workload.ref}/evaluation/"' in fragment
    # The ways to steer it leave the page with it.
    assert re.search(r'<div id="steer"[^>]*hx-swap-oob="true">\s*</div>', fragment)


def test_the_fragment_costs_a_handful_of_queries(client: Client, scene: runs.Scene) -> None:
    run = scene.start()
    running(run)
    answered(run, 5)
    client.get(url(run), headers=FRAGMENT)

    with CaptureQueriesContext(connection) as caught:
        client.get(url(run), headers=FRAGMENT)

    assert len(caught) <= 14


@pytest.mark.parametrize(
    ("columns", "said", "ways"),
    [
        ({"state": "queued"}, "Scores stay hidden", {"pause", "cancel", "budget"}),
        ({"state": "running"}, "You can leave this page", {"pause", "cancel", "budget"}),
        ({"state": "running", "stop": "cancel"}, "Cancelling", set()),
        ({"state": "running", "stop": "pause"}, "Calls in flight end first", {"cancel", "budget"}),
        ({"state": "paused"}, "go on with the other 40", {"resume", "cancel", "budget"}),
        ({"state": "budget_stopped", "reason": "Too dear."}, "Too dear.", {"cancel", "budget"}),
        ({"state": "cancelled"}, "No scorecard is made from it", set()),
        ({"state": "partial", "reason": "alpha: 429"}, "alpha: 429", set()),
        ({"state": "failed", "reason": "The plan broke."}, "The plan broke.", set()),
        ({"state": "complete"}, "See the scorecard", set()),
    ],
)  # fmt: skip
def test_each_state_says_what_it_means_and_offers_what_works(
    client: Client, scene: runs.Scene, columns: dict[str, str], said: str, ways: set[str]
) -> None:
    run = scene.start()
    moved(run, **columns)

    page = client.get(url(run))

    assert said in plain(page)
    offered = set(re.findall(rf'action="{url(run)}([a-z]+)/"', page.content.decode()))
    # The dialog that asks about cancelling is there for the button that opens it.
    assert offered - {"cancel"} == ways - {"cancel"}
    assert ('data-dialog-open="cancel-run"' in page.content.decode()) == ("cancel" in ways)


def test_a_run_that_no_worker_takes_up_says_so(client: Client, scene: runs.Scene) -> None:
    run = scene.start()
    assert "Nobody has taken it up yet" not in plain(client.get(url(run)))

    moved(run, created_at=run.created_at.replace(year=2020))

    assert "Nobody has taken it up yet" in plain(client.get(url(run)))


def test_pausing_resuming_and_cancelling_from_the_page(client: Client, scene: runs.Scene) -> None:
    run = scene.start()

    for act, state in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        answer = client.post(url(run, f"{act}/"))
        assert (answer.status_code, answer["Location"]) == (302, url(run))
        run.refresh_from_db()
        assert run.state == state


@pytest.mark.parametrize("act", ["cancel", "pause", "resume"])
def test_what_comes_too_late_is_said_and_leads_back(
    client: Client, scene: runs.Scene, act: str
) -> None:
    run = scene.start()
    completed(run)

    answer = client.post(url(run, f"{act}/"))

    assert answer.status_code == 409
    assert f'href="{url(run)}"' in answer.content.decode()
    run.refresh_from_db()
    assert run.state == "complete"


def test_a_higher_cap_lets_a_stopped_run_go_on(client: Client, scene: runs.Scene) -> None:
    run = scene.start(cap=Decimal(5))
    moved(run, state="budget_stopped")

    answer = client.post(url(run, "budget/"), {"cap": "7.50"}, follow=True)

    run.refresh_from_db()
    assert (run.state, run.cap_micro) == ("running", 7_500_000)
    assert "The cap was raised." in plain(answer)


@pytest.mark.parametrize(
    "cap",
    ["", "-1", "0", "5", "501", "NaN", "Infinity", "1E+9999", "1e-9", "6.0000001", "six", "6,5",
     "6\x00", "9" * 5_000],
)  # fmt: skip
def test_a_cap_that_is_none_stays_in_the_form_with_what_would_be_right(
    client: Client, scene: runs.Scene, cap: str
) -> None:
    run = scene.start(cap=Decimal(5))

    answer = client.post(url(run, "budget/"), {"cap": cap})

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    if cap and len(cap) < 12 and "\x00" not in cap:
        assert f'value="{cap}"' in answer.content.decode()
    run.refresh_from_db()
    assert run.cap_micro == 5_000_000


def test_the_cap_of_an_ended_run_cannot_be_raised(client: Client, scene: runs.Scene) -> None:
    run = scene.start(cap=Decimal(5))
    completed(run)

    answer = client.post(url(run, "budget/"), {"cap": "7"})

    assert answer.status_code == 409
    assert "its budget cannot be raised" in plain(answer)
    assert 'value="7"' in answer.content.decode()


def test_the_page_names_what_was_sealed(client: Client, scene: runs.Scene) -> None:
    run = scene.start(repeats=2, seed=7)

    words = plain(client.get(url(run)))

    assert "Tickets, version 1" in words
    assert "alpha: $ 1.00 in, $ 4.00 out per million tokens" in words
    assert "Prompt version 1" in words
    assert "Times each example is asked 2" in words
    assert "Seed 7" in words
    assert run.digest in client.get(url(run)).content.decode()


def test_runs_are_found_again_in_the_list(client: Client, scene: runs.Scene) -> None:
    first = scene.start()
    completed(first)
    second = scene.start(cap=Decimal(9))

    words = plain(client.get(f"/workloads/{scene.workload.ref}/runs/"))

    assert re.search(r"Run 2 Trial Queued Tickets DS-\d{4} version 1 of 40 –", words)
    assert "40 of 40 0 $ 0.04 of $ 50.00" in words
    assert words.index("Run 2") < words.index("Run 1")
    assert client.get(url(second)).status_code == 200


def test_an_empty_list_says_what_a_run_is_and_where_it_starts(
    client: Client, scene: runs.Scene
) -> None:
    words = plain(client.get(f"/workloads/{scene.workload.ref}/runs/"))
    assert "No run yet" in words
    assert "Go to evaluation" in words


def test_the_list_costs_the_same_for_many(client: Client, scene: runs.Scene) -> None:
    def queries() -> int:
        client.get(f"/workloads/{scene.workload.ref}/runs/")
        with CaptureQueriesContext(connection) as caught:
            client.get(f"/workloads/{scene.workload.ref}/runs/")
        return len(caught)

    completed(scene.start())
    few = queries()
    for _ in range(6):
        completed(scene.start())

    assert queries() == few


@pytest.mark.parametrize("query", ["state=running", "cursor=forged!", "_connector=OR", "page=-1"])
def test_a_query_that_is_none_is_refused(client: Client, scene: runs.Scene, query: str) -> None:
    assert client.get(f"/workloads/{scene.workload.ref}/runs/?{query}").status_code == 400


def test_a_run_is_not_reached_through_another_workload(client: Client, scene: runs.Scene) -> None:
    other = runs.scene(3, ("gamma",))
    run = other.start()
    mine = f"/workloads/{scene.workload.ref}/runs"
    for path in (
        f"{mine}/{run.pk}/",
        f"{mine}/00000000-0000-0000-0000-000000000000/",
        f"{mine}/7/",
    ):
        assert client.get(path).status_code == 404
    assert client.post(f"{mine}/{run.pk}/cancel/").status_code == 404
    run.refresh_from_db()
    assert run.stop == ""
