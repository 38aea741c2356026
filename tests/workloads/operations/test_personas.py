"""Who gets what on every route of phases 5 to 8, generated from their URL patterns."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, reverse

from portal.accounts.models import User
from tests.factories import people, phase_four
from tests.factories import reviews as review_factory
from workloads.builds import api as builds_api
from workloads.builds import urls as builds
from workloads.builds.models import TokenScope
from workloads.builds.services import issue_token
from workloads.lifecycle.models import Workload
from workloads.operations import api as operations_api
from workloads.operations import urls as operations
from workloads.reviews import api as reviews_api
from workloads.reviews import services as reviews
from workloads.reviews import urls as reviews_urls
from workloads.tuning import urls as tuning

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gateway")]

PERSONAS = ("owner", "contributor", "reviewer", "auditor", "stranger", "anonymous")
READERS = {"owner", "contributor", "reviewer", "auditor"}
TEAM = {"owner", "contributor"}
OWNER = {"owner"}


@dataclass(frozen=True)
class Route:
    """One method on one pattern, and who may: the others that see the workload get 403."""

    name: str
    method: str
    may: set[str]
    args: dict[str, Any] = field(default_factory=dict)


PAGES = [
    Route("tuning:tuning", "get", READERS),
    Route("tuning:tuning", "post", TEAM),
    Route("builds:build", "get", READERS),
    Route("builds:build", "post", TEAM),
    Route("builds:try", "post", TEAM, {"number": 1}),
    Route("builds:try_kill_switch", "post", TEAM, {"number": 1}),
    Route("builds:switch_off", "post", TEAM),
    Route("builds:switch_on", "post", TEAM),
    Route("builds:token", "post", TEAM),
    Route("builds:revoke_token", "post", TEAM, {"pk": "staging"}),
    Route("reviews:go_no_go", "get", READERS),
    Route("reviews:write", "post", TEAM),
    Route("reviews:lock", "post", {"owner", "contributor", "reviewer"}, {"version": 1}),
    Route("reviews:reopen", "post", TEAM),
    Route("reviews:start", "post", TEAM),
    Route("reviews:progress", "get", READERS, {"number": 1}),
    Route("operations:operations", "get", READERS),
    Route("operations:go_live", "post", OWNER),
    Route("operations:suspend", "post", OWNER),
    Route("operations:token", "post", OWNER),
]
# The API by the pattern's own words; the endpoints that programs call take no session at all.
API = [
    Route("workloads/<str:ref>/builds", "get", READERS),
    Route("workloads/<str:ref>/builds/<int:number>/invoke", "post", set(), {"number": 1}),
    Route("workloads/<str:ref>/criteria", "get", READERS),
    Route("workloads/<str:ref>/criteria", "put", TEAM),
    Route("workloads/<str:ref>/criteria/new", "post", TEAM),
    Route(
        "workloads/<str:ref>/criteria/<int:version>/lock",
        "post",
        {"owner", "contributor", "reviewer"},
        {"version": 1},
    ),
    Route("workloads/<str:ref>/campaigns", "get", READERS),
    Route("workloads/<str:ref>/campaigns", "post", TEAM),
    Route("workloads/<str:ref>/invoke", "post", set()),
    Route("workloads/<str:ref>/live", "get", READERS),
]
# These need a release that the catalog changed under; test_concerns.py asks them.
ELSEWHERE = {"operations:settle", "workloads/<str:ref>/concerns/<uuid:concern_id>"}
CALLED_BY_PROGRAMS = {
    "workloads/<str:ref>/builds/<int:number>/invoke",
    "workloads/<str:ref>/invoke",
}
SLICES = (tuning, builds, reviews_urls, operations)


def _patterns(found: Any) -> list[URLPattern]:
    return [one for one in found if isinstance(one, URLPattern)]


def test_every_route_is_in_the_matrix() -> None:
    named = {
        f"{one.app_name}:{pattern.name}" for one in SLICES for pattern in _patterns(one.urlpatterns)
    }
    api = {
        str(pattern.pattern)
        for module in (builds_api, reviews_api, operations_api)
        for pattern in _patterns(module.api_urlpatterns)
    }

    assert named - ELSEWHERE == {route.name for route in PAGES}
    assert api - ELSEWHERE == {route.name for route in API}


@dataclass
class Scene:
    """A tier 2 workload in the middle of phase 7, and one person of each kind."""

    workload: Workload
    people: dict[str, User | None]
    token: str


@pytest.fixture(scope="module")
def scene(for_module: Any) -> Scene:
    found: Scene = for_module(_scene)
    return found


def _scene() -> Scene:
    workload = phase_four.workload("go_no_go")
    review_factory.lock(workload)
    reviews.start_campaign(actor=workload.owner, workload=workload)
    token, _ = issue_token(
        actor=workload.owner, workload=workload, scope=TokenScope.STAGING, name="Test"
    )
    return Scene(
        workload,
        {
            "owner": workload.owner,
            "contributor": phase_four.contributor(workload),
            "reviewer": people.reviewer("security"),
            "auditor": people.auditor(),
            "stranger": people.stranger(),
            "anonymous": None,
        },
        str(token.pk),
    )


def _url(route: Route, scene: Scene) -> str:
    args = {
        name: scene.token if value == "staging" else value for name, value in route.args.items()
    }
    if ":" in route.name.split("<")[0]:
        return reverse(route.name, kwargs={"ref": scene.workload.ref, **args})
    path = route.name.replace("<str:ref>", scene.workload.ref)
    for name, value in args.items():
        path = path.replace(f"<int:{name}>", str(value))
    return f"/api/v1/{path}"


def _answers(scene: Scene, persona: str, routes: list[Route]) -> Iterator[tuple[Route, int]]:
    """Ask each route once; what it changed is undone before the next."""
    client = Client()
    user = scene.people[persona]
    if user is not None:
        client.force_login(user)
    for route in routes:
        url = _url(route, scene)
        inside = transaction.savepoint()
        if url.startswith("/api/"):
            answer = getattr(client, route.method)(
                url,
                **(
                    {"data": {}, "content_type": "application/json"}
                    if route.method != "get"
                    else {}
                ),
            )
        else:
            query = {"a": 1, "b": 1} if route.method == "get" else {}
            answer = getattr(client, route.method)(url, query)
        transaction.savepoint_rollback(inside)
        yield route, answer.status_code


@pytest.mark.parametrize("persona", PERSONAS)
def test_pages(scene: Scene, persona: str) -> None:
    wrong = []
    for route, status in _answers(scene, persona, PAGES):
        if persona == "anonymous":
            good = status == 302
        elif persona == "stranger":
            good = status == 404
        elif persona not in route.may:
            good = status == 403
        elif route.method == "get":
            good = status == 200
        else:
            good = status in (200, 302, 409, 422)
        if not good:
            wrong.append((route.name, route.method, status))

    assert wrong == []


@pytest.mark.parametrize("persona", PERSONAS)
def test_api(scene: Scene, persona: str) -> None:
    wrong = []
    for route, status in _answers(scene, persona, API):
        if route.name in CALLED_BY_PROGRAMS or persona == "anonymous":
            good = status == 401
        elif persona == "stranger":
            good = status == 404
        elif persona not in route.may:
            good = status == 403
        elif route.method == "get":
            good = status == 200
        else:
            good = status in (200, 201, 400, 409)
        if not good:
            wrong.append((route.name, route.method, status))

    assert wrong == []


@pytest.mark.parametrize("persona", ["owner", "contributor"])
def test_another_workloads_records_are_404(scene: Scene, persona: str) -> None:
    other = uuid4()
    wrong = []
    for route in PAGES:
        for name in route.args:
            args = {**route.args, name: str(other) if name == "pk" else 99}
            url = _url(Route(route.name, route.method, route.may, args), scene)
            client = Client()
            user = scene.people[persona]
            assert user is not None
            client.force_login(user)
            status = getattr(client, route.method)(url).status_code
            if status != 404:
                wrong.append((route.name, status))

    assert wrong == []


def test_no_get_changes_anything(scene: Scene) -> None:
    client = Client()
    client.force_login(scene.workload.owner)
    posts = {route.name for route in PAGES if route.method == "post"}
    gets = {route.name for route in PAGES if route.method == "get"}

    for route in PAGES:
        if route.name in posts - gets:
            assert client.get(_url(route, scene)).status_code == 405
