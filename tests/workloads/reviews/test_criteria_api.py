"""Criteria and campaigns over the API: the same rules, errors by field."""

from typing import Any

import pytest
from django.test import Client

from tests.factories import people, phase_four
from tests.factories import reviews as factory
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import current_cycle
from workloads.reviews.selectors import criteria_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gateway")]
GOOD: dict[str, Any] = {
    "title": "Right answers",
    "metric": "test_accuracy",
    "comparator": ">=",
    "threshold": 0.9,
    "rule": "point",
    "min_n": 50,
    "kpi": factory.KPI,
}


@pytest.fixture(scope="module")
def made(for_module: Any) -> Workload:
    found: Workload = for_module(lambda: phase_four.workload("go_no_go"))
    return found


@pytest.fixture
def workload(made: Workload) -> Workload:
    return phase_four.again(made)


@pytest.fixture
def api(client: Client, workload: Workload) -> Client:
    client.force_login(workload.owner)
    return client


def _url(workload: Workload, rest: str = "criteria") -> str:
    return f"/api/v1/workloads/{workload.ref}/{rest}"


def _put(api: Client, workload: Workload, body: Any) -> Any:
    return api.put(_url(workload), data=body, content_type="application/json")


def test_the_way_from_a_bar_to_a_verdict(api: Client, workload: Workload) -> None:
    written = _put(api, workload, {"criteria": [GOOD]})
    locked = api.post(_url(workload, "criteria/1/lock"), content_type="application/json")
    started = api.post(_url(workload, "campaigns"), data={}, content_type="application/json")
    campaign = current_cycle(workload).campaigns.get()
    factory.measure(campaign, Right_answers=factory.GOOD)
    told = api.get(_url(workload, "campaigns")).json()["campaigns"][0]

    assert written.json()["criteria"]["criteria"][0]["threshold"] == "0.900000"
    assert locked.json()["criteria"]["locked_by"] == str(workload.owner)
    assert started.status_code == 201
    assert (told["verdict"], told["executions"][0]["verdict"]) == ("go", "pass")


BODIES: list[tuple[Any, str]] = [
    ([], "criteria"),
    ({}, "criteria"),
    ({"criteria": {}}, "criteria"),
    ({"criteria": ["x"]}, "criteria[0]"),
    ({"criteria": [{**GOOD, "locked_at": "now"}]}, "criteria[0].locked_at"),
    ({"criteria": [{**GOOD, "title": 7}]}, "criteria[0].title"),
    ({"criteria": [{**GOOD, "threshold": "high"}]}, "criteria[0].threshold"),
    ({"criteria": [{**GOOD, "threshold": "NaN"}]}, "criteria[0].threshold"),
    ({"criteria": [{**GOOD, "threshold": "1e-999999"}]}, "criteria[0].threshold"),
    ({"criteria": [{**GOOD, "threshold": True}]}, "criteria[0].threshold"),
    ({"criteria": [{**GOOD, "threshold": 10**19}]}, "criteria[0].threshold"),
    ({"criteria": [{**GOOD, "min_n": 1.5}]}, "criteria[0].min_n"),
    ({"criteria": [{**GOOD, "min_n": True}]}, "criteria[0].min_n"),
    ({"criteria": [{**GOOD, "margin": "x"}]}, "criteria[0].margin"),
    ({"criteria": [{**GOOD, "metric": "charm"}]}, "criteria[0].metric"),
    ({"criteria": []}, "criteria"),
]


@pytest.mark.parametrize(("body", "field"), BODIES, ids=lambda value: str(value)[:60])
def test_a_wrong_body_names_its_field(
    api: Client, workload: Workload, body: Any, field: str
) -> None:
    before = criteria_of(current_cycle(workload))

    answer = _put(api, workload, body)

    assert answer.status_code == 400
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert criteria_of(current_cycle(workload)) == before


def test_locked_criteria_are_409(api: Client, workload: Workload) -> None:
    factory.lock(workload)

    answer = _put(api, workload, {"criteria": [GOOD]})

    assert (answer.status_code, answer.json()["code"]) == (409, "criteria_locked")


@pytest.mark.parametrize("body", ["[]", '{"reason": 7}', '"x"', "{", '{"reason": "\\u0000"}'])
def test_an_odd_reason_is_400(api: Client, workload: Workload, body: str) -> None:
    factory.lock(workload)

    for rest in ("campaigns", "criteria/new"):
        answer = api.post(_url(workload, rest), data=body, content_type="application/json")
        assert answer.status_code == 400
        assert answer.json()["message"]


def test_a_new_version_over_the_api(api: Client, workload: Workload) -> None:
    factory.lock(workload)

    opened = api.post(
        _url(workload, "criteria/new"),
        data={"reason": "The limit was for a batch job."},
        content_type="application/json",
    )

    assert opened.status_code == 201
    assert opened.json()["criteria"]["version"] == 2


def test_the_writer_does_not_lock_from_tier_2_up(client: Client) -> None:
    workload = phase_four.workload("go_no_go", tier=2)
    url = _url(workload, "criteria/1/lock")

    client.force_login(workload.owner)
    own = client.post(url, content_type="application/json")
    client.force_login(people.reviewer("risk"))
    other = client.post(url, content_type="application/json")

    assert (own.status_code, own.json()["code"]) == (403, "own_criteria")
    assert other.status_code == 200
