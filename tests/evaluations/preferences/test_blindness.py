"""A rater finds nothing that names a model: not in a page, an address, a header, or a length."""

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from evaluations.datasets.versioned import VersionedExample
from evaluations.playground.plan import Selection
from evaluations.playground.services import start_trial
from evaluations.preferences.models import Rating, Study
from evaluations.preferences.presentation import task_of
from evaluations.preferences.services import close_study
from evaluations.scorecards.services import publish
from portal.accounts.models import User
from tests.factories import preferences

pytestmark = pytest.mark.django_db

# What changes from answer to answer whoever asks: tokens, ids of the request and of the pair.
NOISE = re.compile(
    rb'name="csrfmiddlewaretoken" value="[^"]+"|X-CSRFToken": "[^"]+"|X-CSRFToken[^}]+}'
)


def right_in_other_words(alias: str, example: VersionedExample) -> str:
    """An answer that every metric calls right, written by each candidate in a way of its own."""
    number = int(alias.rpartition("-")[2])
    return json.dumps(example.view.expected, indent=number % 3 + 1)


def client_of(user: User) -> Client:
    made = Client()
    made.force_login(user)
    return made


def said_to(client: Client, paths: list[str], **headers: str) -> list[Any]:
    return [client.get(path, headers=headers) for path in paths]


def test_no_page_and_no_answer_of_an_open_study_names_a_candidate_to_its_rater() -> None:
    scene = preferences.scene(20, 3, said=right_in_other_words)
    card = publish(run_id=scene.run.pk)
    assert card is not None
    winner = scene.evaluation.choose(card)
    study = scene.open(candidates=[0, 1, 2])
    client = client_of(scene.raters[0])
    ref = scene.workload.ref
    pages = [f"/workloads/{ref}/studies/{end}" for end in ("", "panel/", "1/", "1/rate/")]
    pages += [f"/workloads/{ref}/studies/of-run/{scene.run.pk}/", "/workloads/panels/waiting/"]
    api = [f"/api/v1/workloads/{ref}/studies{end}" for end in ("", "/1", "/1/rating")]
    secrets = scene.secrets()
    assert len(secrets) > 12

    answers = said_to(client, [*pages, *api])
    answers += said_to(client, [pages[3]], **{"HX-Request": "true"})
    for _ in study.plan["pairs"]:
        seen = client.get(api[2]).json()["next"]
        turn = {"task": seen["task"], "choice": "a"}
        answers.append(client.post(api[2], turn, content_type="application/json"))
    answers.append(client.get(pages[3]))

    for answer in answers:
        assert answer.status_code == 200, answer
        whole = answer.content.decode() + str(dict(answer.headers)) + answer.request["PATH_INFO"]
        found = [one for one in secrets if re.search(rf"(?<!\w){re.escape(one)}(?!\w)", whole)]
        assert found == [], f"{answer.request['PATH_INFO']} tells {found}"
        assert "no-store" in answer["Cache-Control"]
        assert "ETag" not in answer.headers
        # no identity of a result, and no latency, cost or length either
        assert not re.search(r"prompt \d|latency|\bms\b|\$|characters", whole.split("<footer")[0])
    results = {str(pk) for pk in scene.run.results.values_list("pk", flat=True)}
    told = "".join(answer.content.decode() for answer in answers)
    assert not any(pk in told for pk in results)
    named = client_of(scene.owner).get(pages[0]).content.decode()
    assert f"{winner.alias} wins" in named
    # whoever does not rate is told what is compared
    assert scene.evaluation.entries[0].gateway_alias in (
        client_of(scene.owner).get(pages[2]).content.decode()
    )


def test_both_orders_of_a_pair_are_one_page_with_the_answers_swapped() -> None:
    scene = preferences.scene()
    scene.open()
    client, path = client_of(scene.raters[0]), f"/workloads/{scene.workload.ref}/studies/1/rate/"
    client.get(path)  # the session is written once
    rating = Rating.objects.filter(rater__user=scene.raters[0], place=1)
    pages, costs = {}, {}
    for first_is_a in (True, False):
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            rating.update(first_is_a=first_is_a)
            cursor.execute("SET session_replication_role = origin")
        with CaptureQueriesContext(connection) as caught:
            answer = client.get(path)
        pages[first_is_a] = NOISE.sub(b"", answer.content)
        costs[first_is_a] = [one["sql"] for one in caught]

    one = task_of(rating.select_related("pair__revision", "pair__first", "pair__second")[0], 0, 10)
    a, b = one.a.text.encode(), one.b.text.encode()
    swapped = pages[True].replace(a, b"\0").replace(b, a).replace(b"\0", b)
    assert pages[True] != pages[False]
    assert swapped == pages[False]
    assert len(costs[True]) == len(costs[False]) <= 14


def test_the_result_names_everybody_once_it_is_closed() -> None:
    scene = preferences.scene()
    scene.closed()
    names = [one.gateway_alias for one in scene.evaluation.entries]
    for path in ("studies/1/", f"studies/of-run/{scene.run.pk}/"):
        page = client_of(scene.raters[0]).get(f"/workloads/{scene.workload.ref}/{path}")
        told = page.content.decode()
        assert all(name in told for name in names)
        assert "was preferred in 100.0" in told.replace("\u202f", " ")
    found = client_of(scene.raters[0]).get(f"/api/v1/workloads/{scene.workload.ref}/studies/1")
    assert found.json()["names"] == names
    assert found.json()["digest"] == Study.objects.get().digest


def test_a_rater_reads_no_trial_that_names_models_until_the_study_is_closed() -> None:
    scene = preferences.scene()
    chosen = Selection(
        models=(scene.evaluation.entries[0].gateway_alias,),
        prompts=("1",),
        typed=({"subject": "Money back", "body": "How?"},),
    )
    trial = start_trial(
        actor=scene.owner, workload=scene.workload, selection=chosen, cap=Decimal(1)
    )
    study = scene.open()
    paths = [
        f"/workloads/{scene.workload.ref}/playground/{trial.pk}/",
        f"/api/v1/workloads/{scene.workload.ref}/playground/trials/{trial.pk}",
    ]

    def statuses(user: User) -> list[int]:
        return [one.status_code for one in said_to(client_of(user), paths)]

    assert statuses(scene.raters[0]) == [403, 403]
    assert statuses(scene.maker) == [200, 200]
    close_study(actor=scene.maker, study=study, reason="No more time this quarter.")
    assert statuses(scene.raters[0]) == [200, 200]
