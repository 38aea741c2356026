"""Who gets what on every page and every call of the catalog, made from the URL patterns."""

import re
from typing import Any

import pytest
from django.test import Client

from catalog import services
from catalog.api import api_urlpatterns
from catalog.models import CatalogEntry, Preview, Probe, SyncReport
from catalog.urls import urlpatterns
from tests.factories import catalog, people

pytestmark = pytest.mark.django_db
PATHS = [f"/{pattern.pattern}" for pattern in urlpatterns]
# Whoever is signed in reads these; everything else is for catalog managers.
OPEN = [
    "/catalog/", "/catalog/compare/", "/catalog/reports/",
    "/catalog/reports/<uuid:report_id>/", "/catalog/probes/<uuid:probe_id>/",
    "/catalog/<uuid:entry_id>/",
]  # fmt: skip
MANAGED_READS = [
    "/catalog/new/", "/catalog/import/", "/catalog/previews/<uuid:preview_id>/", "/catalog/probe/",
]  # fmt: skip
ACTS = [path for path in PATHS if path not in OPEN and path not in MANAGED_READS]
API = [f"/api/v1/{pattern.pattern}" for pattern in api_urlpatterns]
API_OPEN = [
    "/api/v1/catalog", "/api/v1/catalog/reports", "/api/v1/catalog/reports/<uuid:report_id>",
    "/api/v1/catalog/probes/<uuid:probe_id>", "/api/v1/catalog/<uuid:entry_id>",
]  # fmt: skip
MAP = b'{"swift": {"litellm_provider": "sandbox", "mode": "chat", "max_input_tokens": 64000}}'


@pytest.fixture
def entry() -> CatalogEntry:
    services.sync(actor=None, infos=[catalog.info()])
    services.preview_price_map(actor=None, filename="map.json", data=MAP)
    Probe.objects.create(calls_each=1, cap={}, planned=[], state="complete")
    return CatalogEntry.objects.get()


def address(path: str, entry: CatalogEntry) -> str:
    ids = {
        "entry_id": entry.pk,
        "report_id": SyncReport.objects.latest("at").pk,
        "preview_id": Preview.objects.get().pk,
        "probe_id": Probe.objects.get().pk,
    }
    return re.sub(r"<uuid:(\w+)>", lambda found: str(ids[found[1]]), path)


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def others() -> list[Any]:
    return [
        people.stranger(), people.auditor(), people.administrator(), people.reviewer("risk")
    ]  # fmt: skip


def test_every_route_is_covered() -> None:
    assert set(OPEN) | set(MANAGED_READS) <= set(PATHS)
    assert (len(OPEN), len(MANAGED_READS), len(ACTS), len(API)) == (6, 4, 8, 14)


@pytest.mark.parametrize("path", OPEN)
def test_whoever_is_signed_in_reads(path: str, entry: CatalogEntry) -> None:
    for user in (*others(), people.catalog_manager()):
        assert as_(user).get(address(path, entry)).status_code == 200


@pytest.mark.parametrize("path", MANAGED_READS)
def test_only_a_catalog_manager_prepares_a_change(path: str, entry: CatalogEntry) -> None:
    assert as_(people.catalog_manager()).get(address(path, entry)).status_code == 200
    for user in others():
        assert as_(user).get(address(path, entry)).status_code == 403


@pytest.mark.parametrize("path", [*ACTS, "/catalog/new/", "/catalog/import/", "/catalog/probe/"])
def test_nobody_but_a_catalog_manager_acts(path: str, entry: CatalogEntry) -> None:
    before = entry.digest()
    for user in others():
        answer = as_(user).post(address(path, entry), {"status": "blocked"})
        assert answer.status_code == 403
    entry.refresh_from_db()
    assert entry.digest() == before
    assert Preview.objects.get().state == "waiting"


@pytest.mark.parametrize("path", PATHS)
def test_without_a_session_one_is_asked_to_sign_in(path: str, entry: CatalogEntry) -> None:
    assert Client().get(address(path, entry)).status_code == 302
    assert Client().post(address(path, entry)).status_code == 302


@pytest.mark.parametrize("path", API)
def test_the_api_knows_the_same_people(path: str, entry: CatalogEntry) -> None:
    anonymous = Client().get(address(path, entry))
    assert anonymous.json()["code"] == "not_authenticated"
    if path in API_OPEN:
        assert as_(people.stranger()).get(address(path, entry)).status_code == 200
        return
    for user in others():
        client = as_(user)
        posted = client.post(address(path, entry), {}, content_type="application/json")
        assert 403 in (posted.status_code, client.get(address(path, entry)).status_code)
        assert posted.status_code in (403, 405)


def test_what_is_not_there_is_not_found() -> None:
    client = as_(people.catalog_manager())
    nothing = "00000000-0000-4000-8000-000000000000"
    for path in (f"/catalog/{nothing}/", "/catalog/-1/", f"/catalog/reports/{nothing}/",
                 f"/catalog/previews/{nothing}/", f"/catalog/probes/{nothing}/",
                 f"/api/v1/catalog/{nothing}"):  # fmt: skip
        assert client.get(path).status_code == 404
