"""Every route of datasets, as each kind of person: 404 for a stranger, 403 for a weak role.

The routes are taken from the URL patterns, so that a new one without a row here fails.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from evaluations.datasets import services
from evaluations.datasets.api import api_urlpatterns
from evaluations.datasets.enums import ImportMode
from evaluations.datasets.models import DraftExample, ImportUpload
from evaluations.datasets.urls import urlpatterns
from portal.accounts.models import User
from tests.factories import datasets, lives, people
from workloads.lifecycle.services import add_member

pytestmark = pytest.mark.django_db

PERSONAS = ("owner", "contributor", "reviewer", "auditor", "stranger", "anonymous")
READ = (200, 200, 200, 200, 404, 302)
# What each route answers to the personas in their order; 302 for anonymous is the sign-in page.
PAGES: dict[tuple[str, str], tuple[int, ...]] = {
    ("list", "GET"): READ,
    ("list", "POST"): (422, 422, 403, 403, 404, 302),
    ("dataset", "GET"): READ,
    ("settings", "GET"): READ,
    ("settings", "POST"): (422, 422, 403, 403, 404, 302),
    ("commit", "POST"): (302, 302, 403, 403, 404, 302),
    ("removals", "POST"): (403, 403, 422, 403, 404, 302),
    ("examples", "GET"): READ,
    ("add", "GET"): (200, 200, 403, 403, 404, 302),
    ("add", "POST"): (422, 422, 403, 403, 404, 302),
    ("edit", "GET"): (200, 200, 403, 403, 404, 302),
    ("edit", "POST"): (422, 422, 403, 403, 404, 302),
    ("change", "POST"): (302, 302, 403, 403, 404, 302),
    ("import", "GET"): READ,
    ("import", "POST"): (422, 422, 403, 403, 404, 302),
    # a file belongs to whoever brought it, until it is imported
    ("preview", "GET"): (200, 404, 404, 404, 404, 302),
    ("columns", "POST"): (302, 404, 404, 404, 404, 302),
    ("confirm", "POST"): (302, 404, 404, 404, 404, 302),
    ("versions", "GET"): READ,
    ("version", "GET"): READ,
    ("restore", "POST"): (302, 302, 403, 403, 404, 302),
    ("compare", "GET"): READ,
    ("export", "GET"): READ,
    ("proposals", "GET"): READ,
    ("proposals", "POST"): (422, 422, 422, 403, 404, 302),
    ("decide", "POST"): (422, 422, 403, 403, 404, 302),
}
_DATASET = "workloads/<str:ref>/datasets/<str:dataset_ref>"
SEEN = (200, 200, 200, 200, 404, 401)
API: dict[tuple[str, str], tuple[int, ...]] = {
    ("workloads/<str:ref>/datasets", "GET"): SEEN,
    ("workloads/<str:ref>/datasets", "POST"): (400, 400, 403, 403, 404, 401),
    (_DATASET, "GET"): SEEN,
    (_DATASET, "PATCH"): (409, 409, 403, 403, 404, 401),
    (f"{_DATASET}/quality", "GET"): SEEN,
    (f"{_DATASET}/examples", "GET"): SEEN,
    (f"{_DATASET}/examples", "POST"): (400, 400, 403, 403, 404, 401),
    (f"{_DATASET}/examples/<path:key>", "GET"): SEEN,
    (f"{_DATASET}/examples/<path:key>", "PUT"): (400, 400, 403, 403, 404, 401),
    (f"{_DATASET}/changes", "POST"): (400, 400, 403, 403, 404, 401),
    (f"{_DATASET}/versions", "POST"): (201, 201, 403, 403, 404, 401),
    (f"{_DATASET}/versions/<int:number>/examples", "GET"): SEEN,
    (f"{_DATASET}/versions/<int:number>/restore", "POST"): (200, 200, 403, 403, 404, 401),
    (f"{_DATASET}/removals", "POST"): (403, 403, 400, 403, 404, 401),
    (f"{_DATASET}/diff", "GET"): SEEN,
    (f"{_DATASET}/export", "GET"): SEEN,
    (f"{_DATASET}/proposals", "GET"): SEEN,
    (f"{_DATASET}/proposals", "POST"): (400, 400, 400, 403, 404, 401),
    (f"{_DATASET}/proposals/<uuid:proposal_id>/accept", "POST"): (403, 200, 403, 403, 404, 401),
    (f"{_DATASET}/proposals/<uuid:proposal_id>/reject", "POST"): (400, 400, 403, 403, 404, 401),
}
Ask = Callable[[str, str, str], int]


@pytest.fixture
def ask() -> Ask:
    """Ask a route as a persona, of a workload whose dataset has a version and a changed draft."""
    made = lives.draft()
    owner = made.owner
    contributor = people.person("Contributor")
    add_member(actor=owner, workload=made, user=contributor, role="contributor")
    version = datasets.golden(owner, made, n=3)
    datasets.fill(owner, version.dataset, datasets.ticket(9))
    upload = services.upload_file(
        actor=owner, dataset=version.dataset, filename="f.jsonl",
        data=datasets.jsonl(datasets.ticket(50)), mode=ImportMode.ADD,
    )  # fmt: skip
    proposal = services.propose_example(
        actor=owner, dataset=version.dataset, values=datasets.ticket(60),
        reason="It is asked every day.",
    )  # fmt: skip
    persons: dict[str, User | None] = {
        "owner": owner, "contributor": contributor, "reviewer": people.reviewer("risk"),
        "auditor": people.auditor(), "stranger": people.stranger(), "anonymous": None,
    }  # fmt: skip
    values = {
        "<str:ref>": made.ref, "<str:dataset_ref>": version.dataset.ref, "<int:number>": "1",
        "<uuid:upload_id>": str(upload.pk), "<uuid:proposal_id>": str(proposal.pk),
        "<path:key>": "t-0001",
    }  # fmt: skip

    def asked(persona: str, method: str, route: str) -> int:
        client = Client()
        user = persons[persona]
        if user is not None:
            client.force_login(user)
        for name, value in values.items():
            route = route.replace(name, value)
        if route.endswith("examples/edit/"):
            route += "?key=t-0001"
        if method == "GET":
            return client.get(f"/{route}").status_code
        note = {"note": "one more"}
        if route.startswith("api/"):
            send = getattr(client, method.lower())
            return int(send(f"/{route}", note, content_type="application/json").status_code)
        return client.post(f"/{route}", note).status_code

    return asked


def test_every_route_has_its_row() -> None:
    assert {p.name for p in urlpatterns} == {name for name, _ in PAGES}
    assert {str(p.pattern) for p in api_urlpatterns} == {route for route, _ in API}


def test_each_page_answers_each_person_as_it_should(ask: Ask) -> None:
    found: dict[tuple[str, str], tuple[int, ...]] = {}
    for name, method in PAGES:
        route = next(str(p.pattern) for p in urlpatterns if p.name == name)
        answers = {}
        # Those who may act come last, and what they do is taken back for the next.
        for one in reversed(PERSONAS):
            with transaction.atomic():
                answers[one] = ask(one, method, route)
                transaction.set_rollback(True)
        found[name, method] = tuple(answers[one] for one in PERSONAS)
    assert {key: got for key, got in found.items() if got != PAGES[key]} == {}


def test_the_api_answers_each_person_as_it_should(ask: Ask) -> None:
    found: dict[tuple[str, str], tuple[int, ...]] = {}
    for route, method in API:
        answers = {}
        for one in reversed(PERSONAS):
            with transaction.atomic():
                answers[one] = ask(one, method, f"api/v1/{route}")
                transaction.set_rollback(True)
        found[route, method] = tuple(answers[one] for one in PERSONAS)
    assert {key: got for key, got in found.items() if got != API[key]} == {}


def test_a_reviewer_sees_no_way_to_change_anything(ask: Ask) -> None:
    dataset = ImportUpload.objects.get().dataset
    workload = dataset.workload
    client = Client()
    client.force_login(people.reviewer("risk"))
    base = f"/workloads/{workload.ref}/datasets/"

    for rest in ("", f"{dataset.ref}/", f"{dataset.ref}/versions/1/", f"{dataset.ref}/import/",
                 f"{dataset.ref}/settings/", f"{dataset.ref}/versions/"):  # fmt: skip
        page = client.get(base + rest).content.decode()
        main = page.split('<main id="main"')[1].split("</main>")[0]
        assert "<button" not in main.replace('<button class="copy"', ""), rest


def test_a_stranger_cannot_reach_a_dataset_through_a_workload_of_their_own(ask: Ask) -> None:
    dataset = DraftExample.objects.all()[0].dataset
    mine = lives.draft(people.stranger())
    client = Client()
    client.force_login(mine.owner)
    base = f"/workloads/{mine.ref}/datasets/{dataset.ref}/"
    file: dict[str, Any] = {"file": SimpleUploadedFile("f.jsonl", b"{}"), "mode": "add"}

    assert client.get(base).status_code == 404
    assert client.get(f"{base}versions/1/").status_code == 404
    assert client.post(f"{base}import/", file).status_code == 404
    assert client.post(f"{base}examples/change/", {"key": "t-0001"}).status_code == 404
    assert client.get(f"/api/v1{base}".rstrip("/")).status_code == 404
