"""Every route of the playground, as each kind of person: 404 for a stranger, 403 for a weak role.

The routes are taken from the URL patterns, so that a new one without a row here fails.
"""

from collections.abc import Callable

import pytest
from django.test import Client

from evaluations.playground.api import api_urlpatterns
from evaluations.playground.models import Trial
from evaluations.playground.urls import urlpatterns
from portal.accounts.models import User
from tests.factories import people, playground
from workloads.lifecycle.services import add_member

pytestmark = pytest.mark.django_db

PERSONAS = ("owner", "contributor", "reviewer", "auditor", "stranger", "anonymous")
READ = (200, 200, 200, 200, 404, 302)
# What each route answers to the personas in their order; 302 for anonymous is the sign-in page.
PAGES: dict[tuple[str, str], tuple[int, ...]] = {
    ("home", "GET"): READ,
    ("home", "POST"): (422, 422, 403, 403, 404, 302),
    ("outlook", "POST"): (200, 200, 403, 403, 404, 302),
    ("panel", "GET"): READ,
    ("trial", "GET"): READ,
    ("cancel", "POST"): (302, 302, 403, 403, 404, 302),
}
_ALL = "workloads/<str:ref>/playground/trials"
API: dict[tuple[str, str], tuple[int, ...]] = {
    (_ALL, "GET"): (200, 200, 200, 200, 404, 401),
    (_ALL, "POST"): (400, 400, 403, 403, 404, 401),
    ("workloads/<str:ref>/playground/outlook", "POST"): (400, 400, 403, 403, 404, 401),
    (f"{_ALL}/<uuid:trial_id>", "GET"): (200, 200, 200, 200, 404, 401),
    (f"{_ALL}/<uuid:trial_id>/cancel", "POST"): (200, 200, 403, 403, 404, 401),
}
Ask = Callable[[str, str, str], int]


@pytest.fixture
def ask() -> Ask:
    """Ask a route as a persona; the trial waits for its worker each time."""
    scene = playground.scene(3, ("alpha",))
    contributor = people.person("Contributor")
    add_member(actor=scene.owner, workload=scene.workload, user=contributor, role="contributor")
    persons: dict[str, User | None] = {
        "owner": scene.owner, "contributor": contributor, "reviewer": people.reviewer("risk"),
        "auditor": people.auditor(), "stranger": people.stranger(), "anonymous": None,
    }  # fmt: skip
    trial = scene.start()

    def asked(persona: str, method: str, route: str) -> int:
        Trial.objects.filter(pk=trial.pk).update(
            state="queued", cancel_asked=False, finished_at=None, owner="", alive_until=None
        )
        client = Client()
        user = persons[persona]
        if user is not None:
            client.force_login(user)
        path = "/" + route.replace("<str:ref>", scene.workload.ref)
        path = path.replace("<uuid:trial_id>", str(trial.pk))
        if method == "GET":
            return client.get(path).status_code
        if path.startswith("/api/"):
            return client.post(path, {}, content_type="application/json").status_code
        return client.post(path).status_code

    return asked


def test_every_route_has_its_row() -> None:
    assert {p.name for p in urlpatterns} == {name for name, _ in PAGES}
    assert {str(p.pattern) for p in api_urlpatterns} == {route for route, _ in API}


@pytest.mark.parametrize(("name", "method"), PAGES)
def test_each_page_answers_each_person_as_it_should(ask: Ask, name: str, method: str) -> None:
    route = next(str(p.pattern) for p in urlpatterns if p.name == name)
    assert tuple(ask(one, method, route) for one in PERSONAS) == PAGES[name, method]


@pytest.mark.parametrize(("route", "method"), API)
def test_the_api_answers_each_person_as_it_should(ask: Ask, route: str, method: str) -> None:
    found = tuple(ask(one, method, f"api/v1/{route}") for one in PERSONAS)
    assert found == API[route, method]
