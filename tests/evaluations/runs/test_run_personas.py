"""Every route of runs, as each kind of person: 404 for a stranger, 403 for a weak role.

The routes are taken from the URL patterns, so that a new one without a row here fails.
"""

from collections.abc import Callable

import pytest
from django.test import Client

from evaluations.runs.api import api_urlpatterns
from evaluations.runs.models import Run
from evaluations.runs.urls import urlpatterns
from portal.accounts.models import User
from tests.evaluations.runs.rows import moved
from tests.factories import people, runs
from workloads.lifecycle.services import add_member

pytestmark = pytest.mark.django_db

PERSONAS = ("owner", "contributor", "reviewer", "auditor", "stranger", "anonymous")
READ = (200, 200, 200, 200, 404, 302)
ACT = (302, 302, 403, 403, 404, 302)
# What each route answers to the personas in their order; 302 for anonymous is the sign-in page.
PAGES: dict[tuple[str, str], tuple[int, ...]] = {
    ("list", "GET"): READ,
    ("run", "GET"): READ,
    ("cancel", "POST"): ACT,
    ("pause", "POST"): ACT,
    ("resume", "POST"): ACT,
    ("budget", "POST"): (422, 422, 403, 403, 404, 302),
}
_RUN = "workloads/<str:ref>/runs/<uuid:run_id>"
API: dict[tuple[str, str], tuple[int, ...]] = {
    ("workloads/<str:ref>/runs", "GET"): (200, 200, 200, 200, 404, 401),
    (_RUN, "GET"): (200, 200, 200, 200, 404, 401),
    (f"{_RUN}/cancel", "POST"): (200, 200, 403, 403, 404, 401),
    (f"{_RUN}/pause", "POST"): (200, 200, 403, 403, 404, 401),
    (f"{_RUN}/resume", "POST"): (200, 200, 403, 403, 404, 401),
}
Ask = Callable[[str, str, str], int]


@pytest.fixture
def ask() -> Ask:
    """Ask a route as a persona; the run stands as what is asked needs it."""
    scene = runs.scene(3, ("alpha",))
    contributor = people.person("Contributor")
    add_member(actor=scene.owner, workload=scene.workload, user=contributor, role="contributor")
    run = scene.start()
    persons: dict[str, User | None] = {
        "owner": scene.owner, "contributor": contributor, "reviewer": people.reviewer("risk"),
        "auditor": people.auditor(), "stranger": people.stranger(), "anonymous": None,
    }  # fmt: skip

    def asked(persona: str, method: str, route: str) -> int:
        moved(run, state="paused" if "resume" in route else "queued", stop="", finished_at=None)
        client = Client()
        user = persons[persona]
        if user is not None:
            client.force_login(user)
        path = "/" + route.replace("<str:ref>", scene.workload.ref)
        path = path.replace("<uuid:run_id>", str(run.pk))
        if method == "GET":
            return client.get(path).status_code
        if path.startswith("/api/"):
            return client.post(path, content_type="application/json").status_code
        return client.post(path).status_code

    return asked


def test_every_route_has_its_row() -> None:
    # Who may calibrate a judge stands in tests/evaluations/judges/test_judge_pages.py.
    assert {p.name for p in urlpatterns} - {"calibrate"} == {name for name, _ in PAGES}
    assert {str(p.pattern) for p in api_urlpatterns} == {route for route, _ in API}


@pytest.mark.parametrize(("name", "method"), PAGES)
def test_each_page_answers_each_person_as_it_should(ask: Ask, name: str, method: str) -> None:
    route = next(str(p.pattern) for p in urlpatterns if p.name == name)
    assert tuple(ask(one, method, route) for one in PERSONAS) == PAGES[name, method]


@pytest.mark.parametrize(("route", "method"), API)
def test_the_api_answers_each_person_as_it_should(ask: Ask, route: str, method: str) -> None:
    found = tuple(ask(one, method, f"api/v1/{route}") for one in PERSONAS)
    assert found == API[route, method]


def test_a_reviewer_watches_and_cannot_steer(ask: Ask) -> None:
    run = Run.objects.get()
    client = Client()
    client.force_login(people.reviewer("risk"))

    page = client.get(f"/workloads/{run.workload.ref}/runs/{run.pk}/").content.decode()

    assert 'hx-trigger="every 2s"' in page
    assert "data-dialog-open" not in page
    assert "pause/" not in page
    assert "budget/" not in page


def test_a_watcher_whose_session_ended_is_led_to_the_sign_in(ask: Ask) -> None:
    run = Run.objects.get()
    path = f"/workloads/{run.workload.ref}/runs/{run.pk}/"

    answer = Client().get(path, headers={"HX-Request": "true"})

    assert answer.status_code == 401
    assert "login" in answer["HX-Redirect"]
