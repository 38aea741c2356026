"""Reading the gateway: what is new arrives as proposed, what people decided stays."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from catalog import services
from catalog.enums import EntryStatus
from catalog.models import CatalogEntry, Price, SyncReport
from catalog.selectors import price_of
from catalog.signals import alias_drifted, price_changed
from portal.common.errors import Forbidden
from tests.factories import catalog, people

pytestmark = pytest.mark.django_db
info = catalog.info


def sync(*infos: Any) -> SyncReport:
    return services.sync(actor=None, infos=infos)


def one() -> CatalogEntry:
    return CatalogEntry.objects.get()


def approve() -> CatalogEntry:
    return services.approve(
        actor=people.catalog_manager(), entry=one(), digest=one().digest(),
        reason="tried and found fit",
        expires=timezone.now().date() + timedelta(days=90),
    )  # fmt: skip


def test_a_new_model_arrives_as_proposed_with_its_facts_and_price() -> None:
    report = sync(info())
    made = one()
    assert (made.status, made.simulated, made.proposed_by) == (EntryStatus.PROPOSED, True, None)
    assert (made.hosting, made.regions, made.max_data_class) == (
        "provider", ["eu-central-1"], "confidential",
    )  # fmt: skip
    assert made.capabilities == ["json_schema", "streaming"]
    found = price_of(made)
    assert found is not None
    assert (found.price_in, found.price_out) == (Decimal("0.5"), Decimal(2))
    assert (report.added, report.problems, len(report.prices)) == (["swift"], [], 1)


def test_reading_the_same_twice_adds_nothing() -> None:
    sync(info())
    report = sync(info())
    assert (report.added, report.prices, report.updated, report.differences) == ([], [], [], [])
    assert Price.objects.count() == 1


def test_a_changed_price_is_a_new_row_and_is_told(
    django_capture_on_commit_callbacks: Any,
) -> None:
    heard: list[Any] = []

    def receive(sender: Any, entry: CatalogEntry, before: Any, after: Any, **_: Any) -> None:
        heard.append((entry.gateway_alias, before.price_in, after.price_in))

    sync(info())
    price_changed.connect(receive)
    with django_capture_on_commit_callbacks(execute=True):
        report = sync(info(price_in=Decimal("0.75")))
    price_changed.disconnect(receive)
    assert [row.price_in for row in one().prices.all()] == [Decimal("0.75"), Decimal("0.5")]
    assert report.prices[0]["before"]["in"] == "0.5"
    assert heard == [("swift", Decimal("0.5"), Decimal("0.75"))]


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"price_in": Decimal(-1)}, "price_in", "negative"),
        ({"price_out": Decimal("NaN")}, "price_out", "finite"),
        ({"price_in": Decimal("1E+9")}, "price_in", "more than"),
        ({"currency": "XYZ"}, "currency", "not one of"),
        ({"context_window": 0}, "context_window", "not between 1"),
        ({"max_output_tokens": 64_000}, "max_output_tokens", "more than the context"),
        ({"extra": {"deprecation_date": "in a while"}}, "deprecation_date", "not a date"),
        ({"extra": {"deprecation_date": "2026-02-30"}}, "deprecation_date", "not a date"),
        ({"extra": {"hosting": "the moon"}}, "hosting", "not one of"),
        ({"extra": {"regions": ["EU!"]}}, "regions", "region"),
        ({"extra": {"snapshot": "swift-latest"}}, "snapshot", "moves"),
        ({"extra": {"snapshot": "a\u202eb"}}, "snapshot", "invisible"),
        ({"extra": {"licence": {"a": 1}}}, "licence", "not text"),
        ({"extra": {"trains_on_data": ["no"]}}, "trains_on_data", "not one of"),
        ({"extra": {"provider_retention_days": -3}}, "provider_retention_days", "days"),
        ({"problems": ("input_cost_per_token: negative",)}, "input_cost_per_token", "negative"),
    ],
)
def test_what_is_not_sound_is_listed_and_skipped_and_the_rest_is_kept(
    change: dict[str, Any], field: str, words: str
) -> None:
    report = sync(info(**change), info("other"))
    assert [(row["alias"], row["field"]) for row in report.problems] == [("swift", field)]
    assert words in report.problems[0]["message"]
    assert CatalogEntry.objects.get(gateway_alias="swift").provider == "Sandbox"
    assert CatalogEntry.objects.count() == 2


def test_a_price_that_jumps_tenfold_is_listed_and_the_old_one_counts_on() -> None:
    sync(info())
    report = sync(info(price_in=Decimal("5.01")))
    assert "more than 10 times" in report.problems[0]["message"]
    found = price_of(one())
    assert found is not None
    assert found.price_in == Decimal("0.5")


def test_what_people_decided_is_never_overwritten() -> None:
    sync(info())
    approved = approve().digest()
    report = sync(
        info(context_window=64_000, extra={"max_data_class": "restricted", "hosting": "own"})
    )
    entry = one()
    assert (entry.status, entry.digest()) == (EntryStatus.APPROVED, approved)
    assert {row["field"] for row in report.differences} == {
        "context_window", "max_data_class", "hosting",
    }  # fmt: skip


def test_a_fact_set_by_a_person_stays_also_while_the_card_is_proposed() -> None:
    sync(info())
    services.set_facts(
        actor=people.catalog_manager(), entry=one(), facts={"max_data_class": "internal"}
    )
    sync(info(context_window=48_000))
    assert (one().max_data_class, one().context_window) == ("internal", 48_000)


def test_facts_of_an_undecided_card_follow_the_gateway() -> None:
    sync(info())
    report = sync(info(context_window=48_000))
    assert one().context_window == 48_000
    assert report.updated[0]["field"] == "context_window"


def test_an_alias_that_answers_as_another_snapshot_is_told(
    django_capture_on_commit_callbacks: Any,
) -> None:
    heard: list[Any] = []

    def receive(sender: Any, pinned: str, answered: str, **_: Any) -> None:
        heard.append((pinned, answered))

    sync(info())
    approve()
    alias_drifted.connect(receive)
    with django_capture_on_commit_callbacks(execute=True):
        sync(info(extra={"snapshot": "swift-2026-09-01"}))
    alias_drifted.disconnect(receive)
    assert heard == [("swift-2026-05-01", "swift-2026-09-01")]
    assert one().snapshot == "swift-2026-05-01"


def test_a_model_that_is_gone_is_marked_and_comes_back() -> None:
    sync(info(), info("other"))
    assert sync(info()).missing == ["other"]
    assert CatalogEntry.objects.get(gateway_alias="other").missing_since is not None
    sync(info(), info("other"))
    assert CatalogEntry.objects.get(gateway_alias="other").missing_since is None


def test_a_gateway_without_models_changes_nothing() -> None:
    sync(info())
    report = sync()
    assert (report.state, one().missing_since) == ("failed", None)


def test_a_gateway_that_cannot_be_reached_leaves_a_report(settings: Any) -> None:
    settings.GATEWAY_URL = ""
    report = services.sync_from_gateway(actor=None)
    assert (report.state, "GATEWAY_URL" in report.message) == ("failed", True)


def test_an_embedding_model_is_not_listed() -> None:
    report = sync(info(extra={"mode": "embedding"}))
    assert CatalogEntry.objects.count() == 0
    assert report.problems[0]["field"] == "mode"


def test_only_a_catalog_manager_synchronises() -> None:
    with pytest.raises(Forbidden):
        services.sync(actor=people.administrator(), infos=[info()])
    assert services.sync(actor=people.catalog_manager(), infos=[info()]).added == ["swift"]


def test_sandbox_words_are_understood() -> None:
    sync(
        replace(
            info(), capabilities=("function_calling", "vision"), context_window=200_000,
        ),
        info("b", extra={"trains_on_data": "opt-out", "hosting": "own infrastructure"}),
    )  # fmt: skip
    entry = CatalogEntry.objects.get(gateway_alias="swift")
    assert entry.capabilities == ["tools", "vision", "long_context"]
    assert entry.modalities == ["text", "image"]
    other = CatalogEntry.objects.get(gateway_alias="b")
    assert (other.trains_on_data, other.hosting) == ("opt_out", "own")
