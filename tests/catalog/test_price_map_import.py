"""What an import leaves behind: an author who cannot approve, and nothing of others overwritten."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog import services
from catalog.enums import Source
from catalog.models import CatalogEntry, Preview
from catalog.policies import may_approve
from catalog.services.syncing import known_entries
from portal.common.errors import Invalid
from tests.factories import catalog, people

pytestmark = pytest.mark.django_db
PATH = Path(__file__).parent / "data" / "price_map.json"


@pytest.fixture
def swift() -> CatalogEntry:
    """A model that the gateway told of, and that nobody decided about."""
    services.sync(actor=None, infos=[catalog.info()])
    return CatalogEntry.objects.get(gateway_alias="swift")


def previewed(actor: Any, data: bytes | None = None) -> Preview:
    return services.preview_price_map(
        actor=actor, filename="m.json", data=PATH.read_bytes() if data is None else data
    )


def test_whoever_imports_material_facts_is_the_author_and_another_approves(
    swift: CatalogEntry,
) -> None:
    # Given a card that the gateway wrote, so that every manager may approve it
    importer, other = people.catalog_manager(), people.catalog_manager()
    assert may_approve(importer, swift)
    # When a manager takes over facts that an approval relies on
    found = previewed(importer)
    services.apply_preview(actor=importer, preview=found, digest=found.digest)
    # Then it takes somebody else to approve them
    swift.refresh_from_db()
    assert (swift.proposed_by, swift.updated_by) == (importer, importer)
    assert (may_approve(importer, swift), may_approve(other, swift)) == (False, True)


def test_an_import_that_leaves_the_card_alone_makes_nobody_its_author(swift: CatalogEntry) -> None:
    # Given an import whose facts are all left out
    importer = people.catalog_manager()
    found = previewed(importer)
    facts = [(row["alias"], row["field"]) for row in found.plan["facts"]]
    assert facts
    # When the prices alone are applied
    services.apply_preview(actor=importer, preview=found, digest=found.digest, leave_out=facts)
    # Then the importer may approve the card
    swift.refresh_from_db()
    assert may_approve(importer, swift)


def test_an_import_by_command_takes_no_author_away(
    swift: CatalogEntry, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given a card with a person's facts
    author = people.catalog_manager()
    services.set_facts(actor=author, entry=swift, facts={"max_data_class": "internal"})
    # When facts are imported on the command line
    call_command("import_price_map", str(PATH))
    digest = capsys.readouterr().out.split("--apply ")[1].strip()
    call_command("import_price_map", str(PATH), "--apply", digest)
    # Then that person still cannot approve the card
    swift.refresh_from_db()
    assert swift.context_window == 48_000
    assert not may_approve(author, swift)


def test_prices_are_read_once_the_entries_are_locked(swift: CatalogEntry) -> None:
    # Given that somebody may set a price while an import waits for the lock
    # When the catalog is read to be compared and written
    with CaptureQueriesContext(connection) as queries:
        known = known_entries(Source.PRICE_MAP)
    # Then the lock comes first, and the prices after it
    told = [query["sql"] for query in queries]
    locks = [place for place, sql in enumerate(told) if "FOR NO KEY UPDATE" in sql]
    prices = [place for place, sql in enumerate(told) if 'FROM "catalog_price"' in sql]
    assert (locks, prices) == ([0], [1, 2])
    assert known["swift"].price is not None


@pytest.fixture
def namesake() -> bytes:
    """A file whose model has the name of an alias of ours, at another provider than ours."""
    catalog.entry("prose", provider="Elsewhere", model="other", snapshot="other-1")
    row = {"mode": "chat", "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06}
    rows = {
        "prose": {**row, "litellm_provider": "vendor"},
        "steady": {**row, "litellm_provider": "elsewhere"},
    }
    return json.dumps(rows).encode()


def test_a_model_with_the_name_of_another_alias_is_listed_and_skipped(namesake: bytes) -> None:
    # Given such a file
    manager = people.catalog_manager()
    found = previewed(manager, namesake)
    assert [row["message"] for row in found.plan["problems"] if row["alias"] == "prose"] == [
        "an alias of yours with this name is another model; it cannot be proposed"
    ]
    # When everything is proposed
    report = services.apply_preview(
        actor=manager, preview=found, digest=found.digest, propose=[services.EVERYTHING]
    )
    # Then the others are, and the alias stays what it was
    assert report.added == ["steady"]
    assert CatalogEntry.objects.get(gateway_alias="prose").provider == "Elsewhere"


def test_it_is_not_offered_and_cannot_be_chosen(namesake: bytes) -> None:
    # Given such a comparison on the page
    manager = people.catalog_manager()
    found = previewed(manager, namesake)
    client = Client()
    client.force_login(manager)
    html = client.get(f"/catalog/previews/{found.pk}/").content.decode()
    assert ('value="steady"' in html, 'value="prose"' in html) == (True, False)
    # When it is chosen all the same
    # Then that is refused, naming it
    with pytest.raises(Invalid, match="prose"):
        services.choose(actor=manager, preview=found, aliases=["prose"])
    answer = client.post(
        f"/catalog/previews/{found.pk}/apply/", {"digest": found.digest, "propose": "prose"}
    )
    assert answer.status_code == 400
