"""Approving, restricting, deprecating and blocking: by two people, with a reason, for a time."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import Error as DatabaseError
from django.db import transaction
from django.utils import timezone

from catalog import services
from catalog.enums import EntryStatus
from catalog.models import CatalogEntry, Price
from catalog.selectors import price_of, usable_entries
from catalog.signals import entry_status_changed
from portal.common.errors import Conflict, Forbidden, Invalid, NotReady
from tests.factories import catalog, people

pytestmark = pytest.mark.django_db


def in_days(days: int) -> date:
    return timezone.now().date() + timedelta(days=days)


def proposed(**more: Any) -> CatalogEntry:
    return catalog.entry(status=EntryStatus.PROPOSED, approval_expires=None, **more)


def approve(entry: CatalogEntry, actor: Any = None, **more: Any) -> CatalogEntry:
    entry.refresh_from_db()
    values: dict[str, Any] = {
        "digest": entry.digest(), "expires": in_days(365), "reason": "tried and found fit"
    } | more  # fmt: skip
    return services.approve(actor=actor or people.catalog_manager(), entry=entry, **values)


def test_an_approved_model_is_usable_until_its_day() -> None:
    made = approve(proposed(), expires=in_days(30))
    assert made.status == EntryStatus.APPROVED
    assert list(usable_entries()) == [made]
    assert not usable_entries(in_days(31)).exists()


def test_whoever_wrote_the_card_cannot_approve_it_and_another_manager_can() -> None:
    author = people.catalog_manager()
    facts = {
        "snapshot": "new-2026-05-01", "context_window": 8_000, "max_output_tokens": 1_000,
        "hosting": "own", "regions": ["eu"], "max_data_class": "internal", "trains_on_data": "no",
        "capabilities": [],
    }  # fmt: skip
    made = services.propose(actor=author, alias="new", facts=facts)
    with pytest.raises(Forbidden) as refused:
        approve(made, author)
    assert refused.value.code == "self_approval"
    assert approve(made).status == EntryStatus.APPROVED


def test_changing_a_fact_of_an_approved_card_takes_the_approval_back() -> None:
    author = people.catalog_manager()
    made = approve(proposed())
    changed = services.set_facts(actor=author, entry=made, facts={"max_data_class": "public"})
    assert (changed.status, changed.proposed_by) == (EntryStatus.PROPOSED, author)
    assert not usable_entries().exists()


def test_an_incomplete_card_names_what_is_not_known() -> None:
    with pytest.raises(NotReady) as refused:
        approve(proposed(snapshot="", regions=[]))
    assert {error.field for error in refused.value.errors} == {"snapshot", "regions"}


@pytest.mark.parametrize("days", [0, -1, 366])
def test_an_approval_ends_within_a_year(days: int) -> None:
    with pytest.raises(Invalid) as refused:
        approve(proposed(), expires=in_days(days))
    assert refused.value.errors[0].field == "expires"


def test_a_restriction_names_units_and_tiers() -> None:
    made = approve(proposed(), units=["Service"], tiers=[1, 2])
    assert (made.status, made.restricted_units, made.restricted_tiers) == (
        EntryStatus.RESTRICTED, ["Service"], [1, 2],
    )  # fmt: skip
    with pytest.raises(Invalid):
        approve(proposed(), tiers=[7])


def test_deprecating_is_told_and_voids_no_approval_by_itself(
    django_capture_on_commit_callbacks: Any,
) -> None:
    heard: list[Any] = []

    def receive(sender: Any, before: str, after: str, **_: Any) -> None:
        heard.append((before, after))

    made = catalog.entry()
    digest = made.digest()
    entry_status_changed.connect(receive)
    with django_capture_on_commit_callbacks(execute=True):
        changed = services.change_status(
            actor=people.catalog_manager(), entry=made, status=EntryStatus.DEPRECATED,
            reason="a newer one is better", retirement_date=in_days(60),
        )  # fmt: skip
    entry_status_changed.disconnect(receive)
    assert changed.digest() == digest
    assert heard == [("approved", "deprecated")]
    assert usable_entries().exists()
    assert not usable_entries(in_days(60)).exists()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"status": EntryStatus.BLOCKED, "reason": "bad"}, Invalid),
        ({"status": EntryStatus.APPROVED, "reason": "long enough"}, Invalid),
        ({"status": EntryStatus.DEPRECATED, "reason": "long enough",
          "retirement_date": date(2020, 1, 1)}, Invalid),
    ],
)  # fmt: skip
def test_a_decision_without_sound_reasons_is_refused(
    change: dict[str, Any], error: type[Exception]
) -> None:
    made = catalog.entry()
    with pytest.raises(error):
        services.change_status(actor=people.catalog_manager(), entry=made, **change)
    made.refresh_from_db()
    assert made.status == EntryStatus.APPROVED


def test_a_blocked_model_comes_back_by_an_approval_alone() -> None:
    manager = people.catalog_manager()
    made = catalog.entry()
    blocked = services.change_status(
        actor=manager, entry=made, status=EntryStatus.BLOCKED, reason="it leaked a key"
    )
    assert not usable_entries().exists()
    with pytest.raises(Conflict):
        services.change_status(
            actor=manager, entry=blocked, status=EntryStatus.BLOCKED, reason="it leaked a key"
        )
    approve(blocked)
    assert usable_entries().exists()


@pytest.mark.parametrize(
    "amounts",
    [
        {"price_in": Decimal(-1), "price_out": Decimal(1)},
        {"price_in": Decimal("NaN"), "price_out": Decimal(1)},
        {"price_in": Decimal(1), "price_out": Decimal("Infinity")},
        {"price_in": Decimal(1), "price_out": Decimal(1), "currency": "XYZ"},
    ],
)
def test_a_price_must_be_an_amount(amounts: dict[str, Any]) -> None:
    made = catalog.entry(price=None)
    with pytest.raises(Invalid):
        services.add_price(actor=people.catalog_manager(), entry=made, **amounts)
    assert price_of(made) is None


def test_price_rows_are_only_ever_added() -> None:
    made = catalog.entry()
    services.add_price(
        actor=people.catalog_manager(), entry=made, price_in=Decimal(2), price_out=Decimal(3)
    )
    found = price_of(made)
    assert found is not None
    assert found.price_in == 2
    for change in (
        lambda: Price.objects.update(price_in=0),
        lambda: Price.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


@pytest.mark.parametrize(
    "facts",
    [
        {"context_window": 0},
        {"context_window": 1_000, "max_output_tokens": 2_000},
        {"max_output_tokens": 64_000},
        {"hosting": "moon"},
        {"capabilities": ["telepathy"]},
        {"snapshot": "a\u202eb"},
        {"status": "approved"},
    ],
)
def test_bad_facts_are_refused_and_nothing_changes(facts: dict[str, Any]) -> None:
    made = catalog.entry()
    with pytest.raises(Invalid):
        services.set_facts(actor=people.catalog_manager(), entry=made, facts=facts)
    before = made.digest()
    made.refresh_from_db()
    assert made.digest() == before


def test_nobody_but_a_catalog_manager_decides() -> None:
    made = catalog.entry()
    others = (people.administrator(), people.auditor(), people.reviewer("risk"), people.person())
    for user in others:
        with pytest.raises(Forbidden):
            approve(made, user)
        with pytest.raises(Forbidden):
            services.propose(actor=user, alias="x", facts={})
        with pytest.raises(Forbidden):
            services.set_facts(actor=user, entry=made, facts={})
        with pytest.raises(Forbidden):
            services.change_status(
                actor=user, entry=made, status=EntryStatus.BLOCKED, reason="because I say so"
            )


def test_two_models_cannot_share_an_alias_however_it_is_composed() -> None:
    manager = people.catalog_manager()
    services.propose(actor=manager, alias="caf\u00e9", facts={})
    with pytest.raises(Conflict) as refused:
        services.propose(actor=manager, alias="cafe\u0301", facts={})
    assert refused.value.code == "not_unique"


@pytest.mark.parametrize("changed_between", [False, True])
@pytest.mark.parametrize("end", [EntryStatus.DEPRECATED, EntryStatus.RETIRED])
def test_a_model_that_is_approved_again_does_not_die_of_its_old_end(
    end: EntryStatus, changed_between: bool
) -> None:
    # Given a model that ended, with a day and a replacement, and maybe was corrected since
    manager = people.catalog_manager()
    catalog.entry("newer")
    made = catalog.entry("older")
    services.change_status(
        actor=manager, entry=made, status=EntryStatus.DEPRECATED, reason="a newer one is better",
        retirement_date=in_days(30), replacement="newer",
    )  # fmt: skip
    if end == EntryStatus.RETIRED:
        services.change_status(actor=manager, entry=made, status=end, reason="it is of no use")
    if changed_between:
        services.set_facts(actor=manager, entry=made, facts={"max_data_class": "internal"})
    # When it is approved again
    back = approve(made)
    # Then nothing of the end is left on the card, and the gateway may tell one again
    assert (back.retirement_date, back.deprecation_date, back.replacement) == (None, None, None)
    assert "deprecation_date" not in back.decided
    assert back in usable_entries(in_days(60))
    # And the decisions keep it
    kept = made.decisions.filter(after=EntryStatus.DEPRECATED).get()
    assert (kept.retirement_date, kept.replacement) == (in_days(30), "newer")


def test_an_approval_leaves_the_end_that_the_provider_announced() -> None:
    # Given a card on which nobody decided, with the provider's end
    made = proposed(deprecation_date=in_days(90))
    # When it is approved
    # Then that end is still said
    assert approve(made).deprecation_date == in_days(90)


def test_an_approval_is_of_the_card_that_was_seen() -> None:
    # Given a card that changed after somebody looked at it
    made = proposed()
    seen = made.digest()
    services.set_facts(
        actor=people.catalog_manager(), entry=made, facts={"trains_on_data": "opt_out"}
    )
    # When that card is approved
    with pytest.raises(Conflict) as refused:
        approve(made, digest=seen)
    # Then nothing is
    assert refused.value.code == "card_changed"
    assert not usable_entries().exists()
    assert approve(made).status == EntryStatus.APPROVED
