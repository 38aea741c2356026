"""Who gets what on every page and endpoint of phase 3, made from the URL patterns."""

from typing import Any

import pytest
from django.test import Client

from tests.factories import lives, people, phase_four
from tests.factories import prompts as factory
from workloads.lifecycle.models import Workload
from workloads.prompts.api import api_urlpatterns
from workloads.prompts.urls import urlpatterns

pytestmark = pytest.mark.django_db

READ, WRITE = "read", "write"
# What each address is for, by method; every pattern has to be here.
PAGES = {
    "prompts/": {"get": READ, "post": WRITE},
    "prompts/preview/": {"post": READ},
    "prompts/check/": {"post": READ},
    "prompts/false-alarms/": {"post": WRITE},
    "prompts/import/": {"get": WRITE, "post": WRITE},
    "prompts/diff/": {"get": READ},
    "prompts/pointers/": {"get": READ},
    "prompts/<int:number>/": {"get": READ},
    "prompts/<int:number>/use/": {"post": WRITE},
    "prompts/<int:number>/restore/": {"post": WRITE},
    "prompts/<int:number>/start/": {"post": WRITE},
    "prompts/<int:number>/file/": {"get": READ},
}
API = {
    "prompts": {"get": READ, "post": WRITE},
    "prompts/draft": {"get": READ, "patch": WRITE},
    "prompts/import": {"post": WRITE},
    "prompts/check": {"post": READ},
    "prompts/false-alarms": {"post": WRITE},
    "prompts/pointers": {"get": READ},
    "prompts/diff": {"get": READ},
    "prompts/<int:number>": {"get": READ},
    "prompts/<int:number>/file": {"get": READ},
    "prompts/<int:number>/use": {"post": WRITE},
    "prompts/<int:number>/restore": {"post": WRITE},
    "prompts/<int:number>/start": {"post": WRITE},
}
START = "workloads/<str:ref>/"
TEAM = ("owner", "contributor")
READERS = ("reviewer", "auditor")
GOOD = (200, 201, 302, 400, 409, 422)


def test_every_address_is_in_the_matrix() -> None:
    assert {str(one.pattern) for one in urlpatterns} == {START + name for name in PAGES}
    assert {str(one.pattern) for one in api_urlpatterns} == {START + name for name in API}


@pytest.fixture
def workload() -> Workload:
    made = lives.draft()
    factory.commit(made)
    factory.commit(made, tone="Calm.")
    return made


def client_of(persona: str, workload: Workload) -> Client:
    client = Client()
    made: dict[str, Any] = {
        "owner": lambda: workload.owner,
        "contributor": lambda: phase_four.contributor(workload),
        "reviewer": lambda: people.reviewer("risk"),
        "auditor": people.auditor,
        "stranger": people.stranger,
    }
    if persona in made:
        client.force_login(made[persona]())
    return client


def asked(client: Client, name: str, method: str, workload: Workload, *, api: bool) -> int:
    path = name.replace("<int:number>", "1")
    url = f"/api/v1/workloads/{workload.ref}/{path}" if api else f"/workloads/{workload.ref}/{path}"
    if method == "get":
        return client.get(url, {"a": "1", "b": "2"} if "diff" in name else {}).status_code
    if api:
        return getattr(client, method)(
            url, {}, content_type="application/json", headers={"If-Match": '"2"'}
        ).status_code
    return client.post(url, {"row_version": "2"}).status_code


def everything() -> list[tuple[str, str, str, bool]]:
    return [
        (name, method, kind, api)
        for api, table in ((False, PAGES), (True, API))
        for name, methods in table.items()
        for method, kind in methods.items()
    ]


@pytest.mark.parametrize("persona", TEAM + READERS)
def test_who_may_read_and_who_may_write(persona: str, workload: Workload) -> None:
    client = client_of(persona, workload)
    wrong = []
    for name, method, kind, api in everything():
        status = asked(client, name, method, workload, api=api)
        if kind == WRITE and persona in READERS:
            good = status == 403
        else:
            good = status == 200 if method == "get" else status in GOOD
        if not good:
            wrong.append((name, method, api, status))

    assert wrong == []


def test_for_everybody_else_it_does_not_exist(workload: Workload) -> None:
    client = client_of("stranger", workload)

    assert {
        asked(client, name, method, workload, api=api) for name, method, _, api in everything()
    } == {404}


def test_without_a_session_one_is_asked_to_sign_in(workload: Workload) -> None:
    for name, method, _, api in everything():
        status = asked(Client(), name, method, workload, api=api)
        assert status == (401 if api else 302), (name, method)


def test_versions_of_another_workload_are_not_found(workload: Workload) -> None:
    other = lives.draft(workload.owner)
    client = client_of("owner", workload)

    for name, method, _, api in everything():
        if "<int:number>" in name:
            assert asked(client, name, method, other, api=api) == 404, (name, method)


def test_no_page_that_changes_something_answers_to_a_get(workload: Workload) -> None:
    client = client_of("owner", workload)

    for name, methods in PAGES.items():
        if "get" not in methods:
            assert asked(client, name, "get", workload, api=False) == 405
