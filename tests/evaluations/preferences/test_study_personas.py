"""Every route of the studies, as each kind of person: 404 for a stranger, 403 for a weak role.

The routes are taken from the URL patterns, so that a new one without a row here fails.
"""

import json

import pytest
from django.test import Client

from evaluations.preferences.api import api_urlpatterns
from evaluations.preferences.urls import urlpatterns
from portal.accounts.models import User
from tests.factories import people, preferences

pytestmark = pytest.mark.django_db

PERSONAS = (
    "owner", "contributor", "rater", "reviewer", "auditor", "stranger", "anonymous",
)  # fmt: skip
READ = (200, 200, 200, 200, 200, 404, 302)
PAGES: dict[tuple[str, str], tuple[int, ...]] = {
    ("studies", "GET"): READ,
    ("panel", "GET"): READ,
    ("of_run", "GET"): READ,
    ("new", "GET"): (200, 200, 403, 403, 403, 404, 302),
    ("new", "POST"): (422, 422, 403, 403, 403, 404, 302),
    ("study", "GET"): READ,
    # the study is not rated, so closing needs a reason; the contributor is its maker
    ("study", "POST"): (422, 422, 403, 403, 403, 404, 302),
    ("invite", "POST"): (422, 422, 403, 403, 403, 404, 302),
    ("rate", "GET"): (403, 403, 200, 403, 403, 404, 302),
    ("rate", "POST"): (403, 403, 404, 403, 403, 404, 302),
}
_ALL = "workloads/<str:ref>/studies"
_ONE = f"{_ALL}/<int:number>"
_READ = (200, 200, 200, 200, 200, 404, 401)
_EDIT = (400, 400, 403, 403, 403, 404, 401)
API: dict[tuple[str, str], tuple[int, ...]] = {
    (_ALL, "GET"): _READ,
    (_ALL, "POST"): _EDIT,
    (_ONE, "GET"): _READ,
    (f"{_ONE}/raters", "POST"): _EDIT,
    (f"{_ONE}/close", "POST"): _EDIT,
    (f"{_ONE}/rating", "GET"): (403, 403, 200, 403, 403, 404, 401),
    (f"{_ONE}/rating", "POST"): (403, 403, 400, 403, 403, 404, 401),
}


def test_each_route_answers_each_person_as_it_should() -> None:
    assert {p.name for p in urlpatterns} == {name for name, _ in PAGES}
    assert {str(p.pattern) for p in api_urlpatterns} == {route for route, _ in API}
    scene = preferences.scene()
    scene.open()
    persons: dict[str, User | None] = {
        "owner": scene.owner, "contributor": scene.maker, "rater": scene.raters[0],
        "reviewer": people.reviewer("risk"), "auditor": people.auditor(),
        "stranger": people.stranger(), "anonymous": None,
    }  # fmt: skip
    routes = {p.name: str(p.pattern) for p in urlpatterns}
    asked = {(routes[name], method): row for (name, method), row in PAGES.items()}
    asked |= {(f"api/v1/{route}", method): row for (route, method), row in API.items()}
    found = {}
    for persona in PERSONAS:
        client, user = Client(), persons[persona]
        if user is not None:
            client.force_login(user)
        for route, method in asked:
            path = "/" + route.replace("<str:ref>", scene.workload.ref).replace(
                "<int:number>", "1"
            ).replace("<uuid:run_id>", str(scene.run.pk))
            if method == "GET":
                answer = client.get(path)
            elif path.startswith("/api/"):
                answer = client.post(path, json.dumps({}), content_type="application/json")
            else:
                answer = client.post(path)
            found.setdefault((route, method), []).append(answer.status_code)
    wrong = {route: codes for route, codes in found.items() if tuple(codes) != asked[route]}
    assert wrong == {}
