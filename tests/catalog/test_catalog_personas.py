"""Who gets what on every page of the catalog, made from the URL patterns."""

import re

import pytest
from django.test import Client

from catalog import services
from catalog.models import CatalogEntry, SyncReport
from catalog.urls import urlpatterns
from tests.factories import catalog, people

pytestmark = pytest.mark.django_db
PATHS = [f"/{pattern.pattern}" for pattern in urlpatterns]
READS = [path for path in PATHS if re.search(r"(catalog/|reports/|report_id>/|entry_id>/)$", path)]
ACTS = [path for path in PATHS if path not in READS]


@pytest.fixture
def entry() -> CatalogEntry:
    services.sync(actor=None, infos=[catalog.info()])
    return CatalogEntry.objects.get()


def address(path: str, entry: CatalogEntry) -> str:
    report = SyncReport.objects.latest("at")
    return path.replace("<uuid:entry_id>", str(entry.pk)).replace(
        "<uuid:report_id>", str(report.pk)
    )


def test_every_route_is_covered() -> None:
    assert (len(READS), len(ACTS)) == (4, 6)


@pytest.mark.parametrize("path", READS)
def test_whoever_is_signed_in_reads(path: str, entry: CatalogEntry) -> None:
    for user in (people.stranger(), people.auditor(), people.catalog_manager()):
        client = Client()
        client.force_login(user)
        assert client.get(address(path, entry)).status_code == 200


@pytest.mark.parametrize("path", ACTS)
def test_nobody_but_a_catalog_manager_acts(path: str, entry: CatalogEntry) -> None:
    before = entry.digest()
    for user in (people.stranger(), people.auditor(), people.administrator(),
                 people.reviewer("risk")):  # fmt: skip
        client = Client()
        client.force_login(user)
        assert client.post(address(path, entry), {"status": "blocked"}).status_code == 403
    entry.refresh_from_db()
    assert entry.digest() == before


@pytest.mark.parametrize("path", PATHS)
def test_without_a_session_one_is_asked_to_sign_in(path: str, entry: CatalogEntry) -> None:
    assert Client().get(address(path, entry)).status_code == 302
    assert Client().get("/api/v1/catalog").json()["code"] == "not_authenticated"


def test_what_is_not_there_is_not_found() -> None:
    client = Client()
    client.force_login(people.catalog_manager())
    for path in ("/catalog/00000000-0000-4000-8000-000000000000/", "/catalog/-1/",
                 "/catalog/reports/00000000-0000-4000-8000-000000000000/"):  # fmt: skip
        assert client.get(path).status_code == 404
