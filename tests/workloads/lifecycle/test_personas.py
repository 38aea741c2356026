"""Every route of the slice, as each kind of person: 404 for a stranger, 403 for a weak role.

The routes are taken from the URL patterns, so that a new one without a row here fails.
"""

from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from tests.factories import lives, people
from tests.workloads.lifecycle import fake_phases
from workloads.lifecycle import services
from workloads.lifecycle.api import api_urlpatterns
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import current_cycle, members_of, open_review
from workloads.lifecycle.urls import urlpatterns

pytestmark = pytest.mark.django_db

PERSONAS = ("owner", "contributor", "reviewer", "auditor", "stranger", "anonymous")
MAKE = {"name": "Made by the matrix"}
# What each route answers to the personas in their order; 302 for anonymous is the sign-in page.
# An act that a person may do but that is refused at this moment answers 409 or 422.
PAGES: dict[tuple[str, str], tuple[int, ...]] = {
    ("workloads", "GET"): (200, 200, 200, 200, 200, 302),
    ("new", "GET"): (200, 200, 200, 403, 200, 302),
    ("new", "POST"): (422, 422, 422, 403, 422, 302),
    ("waiting", "GET"): (200, 200, 200, 200, 200, 302),
    ("by_phase", "GET"): (200, 200, 200, 200, 200, 302),
    ("workload", "GET"): (200, 200, 200, 200, 404, 302),
    ("rename", "GET"): (200, 200, 403, 403, 404, 302),
    ("rename", "POST"): (422, 422, 403, 403, 404, 302),
    ("members", "GET"): (200, 200, 200, 200, 404, 302),
    ("members", "POST"): (422, 403, 403, 403, 404, 302),
    ("end_membership", "POST"): (302, 403, 403, 403, 404, 302),
    ("gate", "GET"): (200, 200, 200, 200, 404, 302),
    ("submit", "POST"): (409, 409, 403, 403, 404, 302),
    ("withdraw", "POST"): (302, 302, 403, 403, 404, 302),
    ("vote", "POST"): (403, 403, 422, 403, 404, 302),
    ("lift", "POST"): (403, 403, 403, 403, 404, 302),
}
API: dict[tuple[str, str], tuple[int, ...]] = {
    ("workloads", "GET"): (200, 200, 200, 200, 200, 401),
    ("workload", "GET"): (200, 200, 200, 200, 404, 401),
    ("submit", "POST"): (409, 409, 403, 403, 404, 401),
    ("review", "GET"): (200, 200, 200, 200, 404, 401),
    ("votes", "POST"): (403, 403, 409, 403, 404, 401),
}
BALLOT = {"remit": "risk", "choice": "approve", "nonce": "x", "manifest_digest": "x"}


@dataclass
class Scene:
    """A workload whose first gate is in review, with an objection, and one person of each kind."""

    people: dict[str, User | None]
    workload: Workload
    values: dict[str, Any]


@pytest.fixture
def scene() -> Scene:
    made = lives.draft()
    cycle = current_cycle(made)
    contributor, reviewer, objector = (
        people.person("Contributor"), people.reviewer("risk"), people.reviewer("risk"),
    )  # fmt: skip
    services.add_member(actor=made.owner, workload=made, user=contributor, role="contributor")
    fake_phases.ready(cycle, "scoping", contributor)
    services.submit_phase(actor=made.owner, cycle=cycle, phase_key="scoping")
    review = open_review(cycle, "scoping")
    assert review is not None
    objection = lives.vote(review, objector, choice="object")
    theirs = next(m for m in members_of(made) if m.user == contributor)
    return Scene(
        people={
            "owner": made.owner, "contributor": contributor, "reviewer": reviewer,
            "auditor": people.auditor(), "stranger": people.stranger(), "anonymous": None,
        },
        workload=made,
        values={
            "ref": made.ref, "phase_key": "scoping", "vote_id": objection.pk,
            "membership_id": theirs.pk,
        },
    )  # fmt: skip


def address(pattern: URLPattern, values: dict[str, Any]) -> str:
    route = str(pattern.pattern)
    for name in pattern.pattern.converters:
        for kind in ("str", "int", "uuid"):
            route = route.replace(f"<{kind}:{name}>", str(values[name]))
    return route


def ask(user: User | None, method: str, path: str) -> int:
    client = Client()
    if user is not None:
        client.force_login(user)
    if method == "GET":
        return client.get(path).status_code
    if path.startswith("/api/"):
        body = BALLOT if path.endswith("votes") else {}
        return client.post(path, body, content_type="application/json").status_code
    return client.post(path, {}).status_code


def test_every_route_has_its_row() -> None:
    assert {p.name for p in urlpatterns} == {name for name, _ in PAGES}
    assert {p.name for p in api_urlpatterns} == {name for name, _ in API}


@pytest.mark.parametrize("persona", PERSONAS)
def test_each_page_answers_each_person_as_it_should(scene: Scene, persona: str) -> None:
    column = PERSONAS.index(persona)
    order = {p.name: p for p in urlpatterns}

    answers = {
        (name, method): ask(scene.people[persona], method, "/" + address(order[name], scene.values))
        for name, method in PAGES
    }

    assert answers == {route: row[column] for route, row in PAGES.items()} | _after(persona)


def _after(persona: str) -> dict[tuple[str, str], int]:
    """Return what differs because the rows are asked one after the other.

    The contributor's membership is ended by the owner alone; once the owner or a contributor has
    withdrawn the review, the vote finds it closed.
    """
    return {("vote", "POST"): 409} if persona in ("owner", "contributor") else {}


@pytest.mark.parametrize("persona", PERSONAS)
def test_each_call_of_the_api_answers_each_person_as_it_should(scene: Scene, persona: str) -> None:
    column = PERSONAS.index(persona)
    order = {p.name: p for p in api_urlpatterns}

    answers = {
        (name, method): ask(
            scene.people[persona], method, "/api/v1/" + address(order[name], scene.values)
        )
        for name, method in API
    }

    assert answers == {route: row[column] for route, row in API.items()}


def test_reading_writes_nothing(scene: Scene) -> None:
    before = AuditEvent.objects.count()

    for user in scene.people.values():
        for pattern in urlpatterns:
            ask(user, "GET", "/" + address(pattern, scene.values))
        for pattern in api_urlpatterns:
            ask(user, "GET", "/api/v1/" + address(pattern, scene.values))

    assert AuditEvent.objects.count() == before


def test_children_of_another_workload_are_not_reached_through_ones_own(scene: Scene) -> None:
    mine = lives.draft()
    values = scene.values | {"ref": mine.ref}
    order = {p.name: p for p in urlpatterns}

    for name in ("end_membership", "lift"):
        assert ask(mine.owner, "POST", "/" + address(order[name], values)) == 404


def test_a_write_route_refuses_other_methods(scene: Scene) -> None:
    order = {p.name: p for p in urlpatterns}
    owner = scene.people["owner"]

    for name in ("submit", "withdraw", "vote", "lift", "end_membership"):
        assert ask(owner, "GET", "/" + address(order[name], scene.values)) == 405
