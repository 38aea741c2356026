"""The pages of the playground: what is offered, what is refused, what is shown of the answers."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from evaluations.datasets import services as dataset_services
from evaluations.playground import services
from evaluations.playground.models import Trial
from tests.evaluations.playground.rows import FAILED, OWNER, PASSED, answered, begun, ended, failed
from tests.factories import catalog, datasets, people, playground

pytestmark = pytest.mark.django_db

Ask = Callable[..., Any]


@pytest.fixture
def scene() -> playground.Scene:
    return playground.scene()


@pytest.fixture
def client(scene: playground.Scene) -> Client:
    client = Client()
    client.force_login(scene.owner)
    return client


def posted(scene: playground.Scene, **more: Any) -> dict[str, Any]:
    """Return what the page's form sends, with what ``more`` changes."""
    return {
        "models": ["alpha"],
        "prompts": ["1"],
        "dataset": scene.version.dataset.ref,
        "examples": ["t-0000"],
        "cap": "0.5",
        **more,
    }


def test_the_page_offers_models_prompts_and_examples_and_says_it_is_no_evidence(
    client: Client, scene: playground.Scene
) -> None:
    catalog.entry("open-air", max_data_class="public")
    page = client.get(scene.path).content.decode()
    assert "Nothing here is evidence." in page
    assert 'value="alpha"' in page
    assert "Cannot be chosen: allowed up to public data" in page
    assert 'value="open-air" id="model-open-air" disabled' in page
    assert 'value="t-0005"' in page
    assert 'value="draft"' in page


def test_held_out_examples_are_counted_and_not_shown(
    client: Client, scene: playground.Scene
) -> None:
    # given examples that are held out, however the tag is spelled, and one that only sounds so
    spelled = ["held-out", "Held_Out", "HELD OUT", "heldout", "withheld-output"]
    rows = [datasets.ticket(50 + place, tags=[tag]) for place, tag in enumerate(spelled)]
    for row in rows[:-1]:
        row["input"]["subject"] += " SECRET TICKET"
    datasets.fill(scene.owner, scene.version.dataset, *rows)
    dataset_services.commit_version(actor=scene.owner, dataset=scene.version.dataset, note="more")
    # when the page is read
    page = client.get(scene.path).content.decode()
    # then they are counted, and nothing of them is there
    assert "4 held out and not shown" in page
    assert "t-0054" in page
    for key in ("t-0050", "t-0051", "t-0052", "t-0053", "SECRET TICKET"):
        assert key not in page


def test_a_trial_is_started_and_the_page_leads_to_it(
    client: Client, scene: playground.Scene
) -> None:
    answer = client.post(scene.path, posted(scene))
    trial = Trial.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == f"{scene.path}{trial.pk}/"


def test_without_a_script_the_cost_is_worked_out_by_a_button(
    client: Client, scene: playground.Scene
) -> None:
    sent = posted(scene, models=["alpha", "beta"], outlook="1")
    answer = client.post(scene.path, sent)
    assert answer.status_code == 200
    assert "2 calls, at most $" in answer.content.decode()
    assert not Trial.objects.exists()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"models": []}, "Choose at least one model."),
        ({"prompts": ["9"]}, "There is no prompt version 9"),
        ({"examples": ["nobody"]}, "has no example nobody"),
        ({"examples": []}, "Choose at least one example, or type values."),
        ({"cap": "0.0001"}, "Raise it, or choose fewer"),
        ({"cap": "a lot"}, "Enter a number"),
        ({"cap": ""}, "This field is required"),
        ({"models": ["al\x00pha"]}, "Choose from what is listed."),
        ({"dataset": "DS-\x00"}, "Null characters are not allowed"),
        ({"typed-subject": "a\x00b"}, "Null characters are not allowed"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_chosen_stays(
    client: Client, scene: playground.Scene, more: dict[str, Any], words: str
) -> None:
    answer = client.post(scene.path, posted(scene, **{"typed-body": "my own words"} | more))
    page = answer.content.decode()
    # An input of one's own is input enough.
    if more == {"examples": []}:
        assert answer.status_code == 302
        return
    assert answer.status_code == 422
    assert words in page
    assert "my own words" in page
    assert not Trial.objects.exists()


def test_with_no_input_at_all_the_page_asks_for_one(
    client: Client, scene: playground.Scene
) -> None:
    answer = client.post(scene.path, posted(scene, examples=[]))
    assert answer.status_code == 422
    assert "Choose at least one example, or type values." in answer.content.decode()


def test_a_third_trial_at_once_is_a_conflict(client: Client, scene: playground.Scene) -> None:
    scene.start()
    scene.start()
    answer = client.post(scene.path, posted(scene))
    assert answer.status_code == 409
    assert "under way already" in answer.content.decode()


def test_the_outlook_follows_the_form(client: Client, scene: playground.Scene) -> None:
    path = f"{scene.path}outlook/"
    good = client.post(path, posted(scene), headers={"HX-Request": "true"}).content.decode()
    none = client.post(path, posted(scene, models=[]), headers={"HX-Request": "true"})
    assert "1 call, at most $" in good
    assert "<html" not in good
    assert "Choose at least one model." in none.content.decode()


def test_answers_stand_side_by_side_with_figures_and_marks(
    client: Client, scene: playground.Scene
) -> None:
    trial = scene.start()
    begun(trial)
    answered(trial, 0, '{"category": "WANT_REFUND"}', scores=[PASSED])
    answered(trial, 1, "no idea", scores=[FAILED], flags=["model_mismatch"])
    failed(trial, 2, "timeout", "The gateway did not answer within the time allowed.")
    page = client.get(f"{scene.path}{trial.pk}/").content.decode()
    assert "WANT_REFUND" in page
    assert "120 in, 8 out" in page.replace("\xa0", " ")
    assert 'class="fail"' in page
    assert '<span class="visually-hidden">failed</span>' in page
    assert "category <b>1 of 1</b>" in page
    assert "Timed out. The gateway did not answer" in page
    assert "model mismatch" in page
    assert "Not evidence." in page
    assert "not evidence" in page
    assert 'hx-trigger="every 1s"' in page
    assert "?waiting=3" in page


def test_the_page_is_sent_the_cells_that_it_still_waited_for(
    client: Client, scene: playground.Scene
) -> None:
    trial = scene.start()
    begun(trial)
    answered(trial, 0, "the first")
    answered(trial, 2, "the third")
    part = client.get(
        f"{scene.path}{trial.pk}/?waiting=1,2,3,x,99999999,²", headers={"HX-Request": "true"}
    ).content.decode()
    assert "<html" not in part
    assert 'id="cell-2"' in part
    assert 'id="cell-0"' not in part
    assert "waiting=1,3" in part
    assert 'id="columns"' in part


def test_when_it_ends_the_page_stops_asking_and_offers_what_comes_next(
    client: Client, scene: playground.Scene
) -> None:
    trial = ended(scene.start())
    part = client.get(
        f"{scene.path}{trial.pk}/?waiting=3", headers={"HX-Request": "true"}
    ).content.decode()
    assert "every 1s" not in part
    assert "Start an evaluation" in part
    assert f"?again={trial.pk}" in part
    assert "Cancel the trial" not in part
    assert "Ended" in part


def test_what_a_model_wrote_is_text_and_a_long_answer_unfolds(
    client: Client, scene: playground.Scene
) -> None:
    trial = scene.start()
    begun(trial)
    answered(trial, 0, "<script>alert(1)</script><b hx-get='/x'>" + "\u202e" + "word " * 5_000)
    page = client.get(f"{scene.path}{trial.pk}/").content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "⟨U+202E⟩" in page
    assert "Show all" in page
    assert "more, by the API" in page


def test_what_differs_between_two_columns_is_marked_word_by_word(
    client: Client, scene: playground.Scene
) -> None:
    trial = scene.start(models=["alpha", "beta"], examples=["t-0000", "t-0001", "t-0002"])
    begun(trial)
    for place, text in enumerate(
        ["the red house", "the blue house", "same", "same", "x " * 4_000, "y"]
    ):
        answered(trial, place, text)
    services.close_trial(trial_id=trial.pk, owner=OWNER)
    path = f"{scene.path}{trial.pk}/"

    plain = client.get(path).content.decode()
    marked = client.get(path, {"against": "0"}).content.decode()
    turned = client.get(path, {"against": "1"}).content.decode()

    assert "<ins>" not in plain
    assert "Mark what differs from" in plain
    assert "the <del>red </del><ins>blue </ins>house" in marked
    assert "the <del>blue </del><ins>red </ins>house" in turned
    assert marked.count("Word for word the same.") == 1
    assert "Too long to mark what differs." in marked
    for wrong in ("2", "-1", "x", "9" * 50):
        answer = client.get(path, {"against": wrong})
        assert (answer.status_code, b"no such column" in answer.content) == (400, True)


def test_a_trial_can_be_made_again_with_the_same_choices(
    client: Client, scene: playground.Scene
) -> None:
    trial = ended(scene.start(models=("beta",), typed=({"subject": "once more"},)))
    page = client.get(f"{scene.path}?again={trial.pk}").content.decode()
    assert 'value="beta" id="model-beta" checked' in page
    assert 'value="alpha" id="model-alpha" checked' not in page
    assert "once more" in page


def test_addresses_that_nobody_sends_are_answered_in_words(
    client: Client, scene: playground.Scene
) -> None:
    assert client.get(f"{scene.path}?again=nothing").status_code == 404
    assert client.get(f"{scene.path}?what=1").status_code == 400
    assert client.get(f"{scene.path}?q=%00&dataset=%00").status_code == 200
    other = playground.scene(3, ("gamma",)).start()
    assert client.get(f"{scene.path}{other.pk}/").status_code == 404
    assert client.get(f"{scene.path}?again={other.pk}").status_code == 404


def test_cancelling_is_a_button_and_twice_is_a_conflict(
    client: Client, scene: playground.Scene
) -> None:
    trial = scene.start()
    path = f"{scene.path}{trial.pk}/"
    assert "Cancel the trial" in client.get(path).content.decode()
    assert client.post(f"{path}cancel/").status_code == 302
    assert client.post(f"{path}cancel/").status_code == 409
    page = client.get(path).content.decode()
    assert "Cancelled; answers that were there are kept." in page


def test_a_watched_trial_that_is_cancelled_shows_what_was_not_asked(
    client: Client, scene: playground.Scene
) -> None:
    trial = scene.start()
    client.post(f"{scene.path}{trial.pk}/cancel/")
    part = client.get(
        f"{scene.path}{trial.pk}/?waiting=0,1,2,3", headers={"HX-Request": "true"}
    ).content.decode()
    assert [part.count(f'id="cell-{place}"') for place in range(4)] == [1, 1, 1, 1]
    assert part.count("Not asked") == 4


def test_a_trial_that_nobody_takes_up_says_so(client: Client, scene: playground.Scene) -> None:
    trial = scene.start()
    Trial.objects.filter(pk=trial.pk).update(created_at=timezone.now() - timedelta(minutes=1))
    page = client.get(f"{scene.path}{trial.pk}/").content.decode()
    assert "Nobody has taken it up yet" in page


def test_an_empty_playground_says_what_to_do_next(client: Client, scene: playground.Scene) -> None:
    for entry in scene.entries:
        entry.status = "blocked"
        entry.save()
    assert "No model may be tried" in client.get(scene.path).content.decode()
    owner = people.person("Owner")
    fresh = playground.lives.draft(owner)
    other = Client()
    other.force_login(owner)
    page = other.get(f"/workloads/{fresh.ref}/playground/").content.decode()
    assert "No prompt to try yet" in page


def test_a_reader_sees_what_was_tried_and_no_form(scene: playground.Scene) -> None:
    ended(scene.start())
    reader = Client()
    reader.force_login(people.reviewer("risk"))
    page = reader.get(scene.path).content.decode()
    assert "Trial 1" in page
    assert 'id="try"' not in page


def test_the_prompt_page_has_the_panel(client: Client, scene: playground.Scene) -> None:
    page = client.get(f"/workloads/{scene.workload.ref}/prompts/").content.decode()
    assert f'hx-get="{scene.path}panel/"' in page
    ended(scene.start())
    panel = client.get(f"{scene.path}panel/", headers={"HX-Request": "true"}).content.decode()
    assert "Trial 1" in panel
    assert "never evidence" in panel
    assert f"{scene.path}?prompt=draft" in panel


def queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return len(seen)


def test_more_rows_ask_no_more_of_the_database(client: Client, scene: playground.Scene) -> None:
    # given one small trial
    small = ended(scene.start(examples=("t-0000",), models=("alpha",)))
    home, one = queries(client, scene.path), queries(client, f"{scene.path}{small.pk}/")
    part = queries(client, f"{scene.path}panel/")
    # when there are more, larger ones, more models and more examples
    for number in range(4):
        catalog.entry(f"more-{number}")
    datasets.fill(scene.owner, scene.version.dataset, *map(datasets.ticket, range(50, 70)))
    dataset_services.commit_version(actor=scene.owner, dataset=scene.version.dataset, note="more")
    large = ended(scene.start(examples=tuple(f"t-{n:04d}" for n in range(6))))
    ended(scene.start())
    # then
    assert queries(client, scene.path) <= home
    assert queries(client, f"{scene.path}{large.pk}/") <= one
    assert queries(client, f"{scene.path}panel/") <= part <= 14
