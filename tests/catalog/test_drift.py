"""An alias that stands for another snapshot: told once, by the better witness, and looked at."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from catalog import services
from catalog.enums import Witness
from catalog.models import CatalogEntry, Preview
from catalog.services.drift import mark_drift
from portal.audit.models import AuditEvent
from portal.common.errors import Conflict
from tests.factories import catalog, people

pytestmark = pytest.mark.django_db
PINNED, OTHER = "swift-2026-05-01", "swift-2026-09-01"


@pytest.fixture
def swift() -> CatalogEntry:
    """An approved model that the gateway lists."""
    services.sync(actor=None, infos=[catalog.info()])
    made = CatalogEntry.objects.get()
    return services.approve(
        actor=people.catalog_manager(), entry=made, digest=made.digest(),
        expires=timezone.now().date() + timedelta(days=90), reason="tried and found fit",
    )  # fmt: skip


def listed(entry: CatalogEntry, snapshot: str) -> CatalogEntry:
    services.sync(actor=None, infos=[catalog.info(extra={"snapshot": snapshot})])
    entry.refresh_from_db()
    return entry


def marked(entry: CatalogEntry, answered: str, witness: Witness) -> bool:
    with transaction.atomic():
        row = CatalogEntry.objects.select_for_update().get(pk=entry.pk)
        return mark_drift(actor=None, entry=row, answered=answered, witness=witness)


@pytest.mark.parametrize("spelled", ["Swift-2026-05-01", f"vendor/{PINNED}", f"{PINNED}-v2:0"])
def test_the_pinned_snapshot_in_another_spelling_is_no_drift(
    swift: CatalogEntry, spelled: str
) -> None:
    # Given an approved card
    # When the gateway lists its snapshot as a call may answer it
    # Then nothing is marked
    assert listed(swift, spelled).drifted_since is None


@pytest.mark.parametrize(
    ("first", "second"), [(OTHER, f"vendor.{OTHER}-v1:0"), (f"vendor.{OTHER}-v1:0", OTHER)]
)
@pytest.mark.parametrize("witness", list(Witness))
def test_a_marked_snapshot_in_another_spelling_is_no_news(
    swift: CatalogEntry, first: str, second: str, witness: Witness
) -> None:
    # Given a mark, whose spelling depends on who saw it
    assert marked(swift, first, Witness.PROBE)
    # When either witness names the same snapshot otherwise
    # Then nobody is told again
    assert not marked(swift, second, witness)
    swift.refresh_from_db()
    assert (swift.drift_answered, swift.drift_witness) == (first, "probe")
    assert AuditEvent.objects.filter(action="catalog.alias_drifted").count() == 1


def test_a_list_never_takes_the_place_of_what_a_call_showed(swift: CatalogEntry) -> None:
    # Given a drift that a call showed
    marked(swift, OTHER, Witness.PROBE)
    # When the list names a third snapshot, then the pinned one
    listed(swift, "swift-2026-10-10")
    listed(swift, PINNED)
    # Then what the call showed stands, and was told once
    assert (swift.drift_answered, swift.drift_witness) == (OTHER, "probe")
    assert AuditEvent.objects.filter(action="catalog.alias_drifted").count() == 1
    # And a call that shows a third one is news
    assert marked(swift, "swift-2026-10-10", Witness.PROBE)


def manager() -> Client:
    client = Client()
    client.force_login(people.catalog_manager())
    return client


def reading(monkeypatch: pytest.MonkeyPatch, *infos: Any) -> None:
    """The gateway lists these models."""
    monkeypatch.setattr("catalog.services.previews.ask_gateway", lambda: list(infos))


def test_a_model_that_vanishes_is_looked_at_before_it_is_marked(
    swift: CatalogEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a gateway that lists another model than ours
    services.sync(actor=None, infos=[catalog.info(), catalog.info("other")])
    reading(monkeypatch, catalog.info("other"))
    client = manager()
    # When it is read
    answer = client.post("/catalog/sync/", follow=True)
    # Then the comparison is shown, and nothing is marked before it is applied
    html = answer.content.decode()
    found = Preview.objects.get()
    assert answer.redirect_chain[-1][0] == f"/catalog/previews/{found.pk}/"
    assert "New since the last reading: swift" in html
    assert "There is nothing to apply" not in html
    swift.refresh_from_db()
    assert swift.missing_since is None
    client.post(f"/catalog/previews/{found.pk}/apply/", {"digest": found.digest})
    swift.refresh_from_db()
    assert swift.missing_since is not None
    # And what is marked already needs nobody to look at it again
    again = client.post("/catalog/sync/", follow=True)
    assert "nothing is new" in again.content.decode()


def test_a_drift_is_looked_at_before_it_is_marked(
    swift: CatalogEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a gateway that lists another snapshot than the pinned one
    reading(monkeypatch, catalog.info(extra={"snapshot": OTHER}))
    client = manager()
    # When it is read
    html = client.post("/catalog/sync/", follow=True).content.decode()
    # Then the comparison says so, and nothing is marked before it is applied
    found = Preview.objects.get()
    assert (OTHER in html, found.state, found.plan["snapshots"]) == (
        True, "waiting", {"swift": OTHER},
    )  # fmt: skip
    swift.refresh_from_db()
    assert swift.drifted_since is None
    client.post(f"/catalog/previews/{found.pk}/apply/", {"digest": found.digest})
    swift.refresh_from_db()
    assert swift.drift_answered == OTHER
    # And what is marked already needs nobody to look at it again
    assert "nothing is new" in client.post("/catalog/sync/", follow=True).content.decode()
    # And that the list names the pinned one again is shown too
    reading(monkeypatch, catalog.info())
    html = client.post("/catalog/sync/", follow=True).content.decode()
    assert "the pinned one again" in html


def test_a_comparison_is_bound_to_the_drift_that_it_showed(
    swift: CatalogEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a comparison that shows a drift
    reading(monkeypatch, catalog.info(extra={"snapshot": OTHER}))
    actor = people.catalog_manager()
    found = services.preview_gateway(actor=actor)
    # When a call shows a drift before it is applied
    marked(swift, "swift-2026-10-10", Witness.PROBE)
    # Then what was shown is not what would be done
    with pytest.raises(Conflict) as refused:
        services.apply_preview(actor=actor, preview=found, digest=found.digest)
    assert refused.value.code == "preview_changed"
