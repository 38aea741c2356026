"""Measuring through a gateway: within the stated money, with n, and honest about what answered."""

import itertools
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import Error as DatabaseError
from django.db import transaction
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from catalog import services, tasks
from catalog.enums import Answered
from catalog.models import CatalogEntry, Measurement, Probe
from catalog.probing import Call, figures, is_snapshot, standing
from catalog.services import probing
from catalog.signals import alias_drifted
from portal.audit.models import AuditEvent
from portal.common.errors import Conflict, Forbidden, NotReady
from tests.described import problems_of
from tests.factories import catalog, people
from tests.stubs.gateway import StubGateway

database = pytest.mark.django_db


@pytest.fixture
def gateway(settings: Any) -> Iterator[StubGateway]:
    settings.CATALOG_PROBE_CALLS = 3
    with StubGateway() as stub:
        settings.GATEWAY_URL = stub.url
        yield stub


def measured(entry: CatalogEntry, actor: Any = None) -> Measurement:
    manager = actor or people.catalog_manager()
    stated = services.plan_probe([entry]).digest()
    probe = services.start_probe(actor=manager, entries=[entry], stated=stated)
    assert probe is not None
    ended = services.run_probe(probe_id=probe.pk)
    assert ended is not None
    assert ended.state == "complete", ended.message
    entry.refresh_from_db()
    return probe.measurements.get()


@database
def test_a_model_is_measured_with_n_and_the_card_shows_it(gateway: StubGateway) -> None:
    made = catalog.entry("fast")
    gateway.behave("fast", "latency=20+model=fast-2026-05-01")
    row = measured(made)
    assert (row.calls, row.answered, row.standing) == (3, 3, Answered.PINNED)
    assert gateway.count("fast") == 3
    assert row.latency_p50_ms is not None
    assert 20 <= row.latency_p50_ms <= (row.latency_p95_ms or 0)
    assert (made.latency_p50_ms, made.measured_at) == (row.latency_p50_ms, row.at)
    assert made.tokens_per_second == pytest.approx(row.tokens_per_second)
    assert row.cost > 0
    client = Client()
    client.force_login(people.stranger())
    assert "3 of 3" in client.get(f"/catalog/{made.pk}/").content.decode()
    assert "3 of 3" in client.get(f"/catalog/probes/{row.probe_id}/").content.decode()
    answer = client.get(f"/api/v1/catalog/probes/{row.probe_id}")
    body = answer.json()
    assert problems_of("get", "/api/v1/catalog/probes/{probe_id}", answer) == []
    assert (body["measured"][0]["n"], body["state"]) == (3, "complete")


@database
def test_another_snapshot_marks_the_entry_and_is_told_once(
    gateway: StubGateway, django_capture_on_commit_callbacks: Any
) -> None:
    heard: list[Any] = []

    def receive(sender: Any, entry: Any, pinned: str, answered: str, **_: Any) -> None:
        heard.append((entry.gateway_alias, pinned, answered))

    made = catalog.entry("fast")
    gateway.behave("fast", "model=fast-2026-09-09")
    alias_drifted.connect(receive)
    with django_capture_on_commit_callbacks(execute=True):
        row = measured(made)
        measured(made)
    alias_drifted.disconnect(receive)
    assert (row.standing, row.answered_as) == (Answered.OTHER, ["fast-2026-09-09"])
    assert heard == [("fast", "fast-2026-05-01", "fast-2026-09-09")]
    assert (made.drift_answered, made.drift_witness) == ("fast-2026-09-09", "probe")
    assert AuditEvent.objects.filter(action="catalog.alias_drifted").count() == 1
    client = Client()
    client.force_login(people.stranger())
    html = client.get(f"/catalog/{made.pk}/").content.decode()
    assert "This alias answers as another snapshot" in html
    assert "fast-2026-09-09" in html
    assert "drifted" in client.get("/catalog/", {"attention": "drifted"}).content.decode()
    gateway.behave("fast", "model=fast-2026-05-01")
    measured(made)
    assert made.drifted_since is None


@database
def test_pinning_anew_settles_a_drift_and_asks_for_a_new_approval(gateway: StubGateway) -> None:
    made = catalog.entry("fast")
    gateway.behave("fast", "model=fast-2026-09-09")
    measured(made)
    services.set_facts(
        actor=people.catalog_manager(), entry=made, facts={"snapshot": "fast-2026-09-09"}
    )
    made.refresh_from_db()
    assert (made.drifted_since, made.status) == (None, "proposed")


@database
def test_a_model_that_does_not_answer_has_a_row_that_says_so(gateway: StubGateway) -> None:
    made = catalog.entry("gone")
    gateway.behave("gone", "status=404")
    row = measured(made)
    assert (row.calls, row.answered, row.standing, row.latency_p95_ms) == (1, 0, "silent", None)
    assert row.problem
    assert made.latency_p95_ms == 600


@database
def test_it_never_spends_more_than_was_stated(gateway: StubGateway) -> None:
    made = catalog.entry("dear", price=("100", "1000"))
    gateway.behave("dear", "cost=0.09")
    # The gateway bills more than its list price says: calls end before the cap is passed.
    plan = services.plan_probe([made])
    row = measured(made)
    stated = plan.worst_case["USD"]
    assert row.calls < 3
    assert row.cost <= stated


@database
def test_what_cannot_be_bounded_or_passes_the_cap_is_not_called(
    gateway: StubGateway, settings: Any
) -> None:
    settings.CATALOG_PROBE_CAP = "0.01"
    entries = [
        catalog.entry("free", price=("0", "0")), catalog.entry("none", price=None),
        catalog.entry("dear", price=("9000", "9000")), catalog.entry("blocked", status="blocked"),
        catalog.entry("away", missing_since=timezone.now()),
    ]  # fmt: skip
    plan = services.plan_probe(entries)
    assert [line["alias"] for line in plan.planned] == ["free"]
    why = {line["alias"]: line["why"] for line in plan.skipped}
    assert "no price" in why["none"]
    assert "cap" in why["dear"]
    assert "blocked" in why["blocked"]
    assert "does not offer" in why["away"]
    settings.CATALOG_PROBE_CAP = "0"
    with pytest.raises(NotReady):
        services.start_probe(actor=people.catalog_manager(), entries=[entries[2]])
    assert gateway.count() == 0


@database
def test_only_what_was_stated_is_started_by_managers_one_at_a_time(gateway: StubGateway) -> None:
    made, manager = catalog.entry("fast"), people.catalog_manager()
    stated = services.plan_probe([made]).digest()
    with pytest.raises(Forbidden):
        services.start_probe(actor=people.administrator(), entries=[made], stated=stated)
    catalog.add_price(made, "3", "9")
    with pytest.raises(Conflict) as refused:
        services.start_probe(actor=manager, entries=[made], stated=stated)
    assert refused.value.code == "probe_changed"
    client = Client()
    client.force_login(manager)
    page = client.get("/catalog/probe/", {"entry": str(made.pk)})
    assert "It spends at most" in page.content.decode()
    stated = services.plan_probe([made]).digest()
    data = {"entry": str(made.pk), "stated": stated}
    assert client.post("/catalog/probe/", data).status_code == 302
    again = client.post("/catalog/probe/", data)
    assert (again.status_code, "under way" in again.content.decode()) == (409, True)
    assert services.start_probe(actor=None, entries=[made]) is None
    assert gateway.count() == 0


@database
def test_the_daily_round_and_the_sweeper(gateway: StubGateway) -> None:
    catalog.entry("fast")
    catalog.entry("new", status="proposed", approval_expires=None)
    tasks.probe_daily()
    probe = Probe.objects.get()
    assert [line["alias"] for line in probe.planned] == ["fast"]
    tasks.probe(str(probe.pk))
    tasks.probe(str(probe.pk))
    assert Measurement.objects.count() == 1
    stuck = Probe.objects.create(
        calls_each=1, cap={}, planned=[], state="running",
        started_at=timezone.now() - timedelta(hours=1),
    )  # fmt: skip
    tasks.sweep_probes()
    stuck.refresh_from_db()
    assert stuck.state == "failed"


@database
def test_no_call_begins_when_the_time_is_over(
    gateway: StubGateway, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a model whose every call takes 200 of the 420 seconds that a probe has
    settings.CATALOG_PROBE_CALLS = 20
    clock = SimpleNamespace(monotonic=lambda: 200.0 * gateway.count("slow"))
    monkeypatch.setattr(probing, "time", clock)
    gateway.behave("slow", "model=slow-2026-05-01")
    # When it is measured
    row = measured(catalog.entry("slow"))
    # Then the third call is the last one, and what was seen is kept
    assert (row.calls, row.answered, gateway.count("slow")) == (3, 3, 3)


@database
def test_a_probe_that_was_ended_meanwhile_spends_and_keeps_nothing_more(
    gateway: StubGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a probe of two models that the sweeper takes for lost once it has begun
    entries = [catalog.entry("fast"), catalog.entry("next")]
    probe = services.start_probe(actor=None, entries=entries)
    assert probe is not None
    looks = itertools.count()

    def monotonic() -> float:
        if next(looks) == 1:
            Probe.objects.update(started_at=timezone.now() - timedelta(hours=1))
            services.end_stuck_probes()
        return 0.0

    monkeypatch.setattr(probing, "time", SimpleNamespace(monotonic=monotonic))
    # When its worker goes on
    assert services.run_probe(probe_id=probe.pk) is None
    # Then it stays ended, without the second model, and another one may start
    probe.refresh_from_db()
    assert (probe.state, "lost" in probe.message) == ("failed", True)
    assert (gateway.count("fast"), gateway.count("next")) == (3, 0)
    assert not Measurement.objects.exists()
    assert not AuditEvent.objects.filter(action="catalog.probe_ended").exists()
    assert services.start_probe(actor=None, entries=entries) is not None


@database
def test_a_probe_that_is_ended_at_the_last_moment_stays_as_it_was_ended(
    gateway: StubGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a probe that finds no time for its only model, and is taken for lost just then
    probe = services.start_probe(actor=None, entries=[catalog.entry("fast")])
    assert probe is not None
    looks = itertools.count()

    def monotonic() -> float:
        place = next(looks)
        if place == 1:
            Probe.objects.update(started_at=timezone.now() - timedelta(hours=1))
            services.end_stuck_probes()
        return 1_000.0 * place

    monkeypatch.setattr(probing, "time", SimpleNamespace(monotonic=monotonic))
    # When its worker ends it
    assert services.run_probe(probe_id=probe.pk) is None
    # Then the first word stands
    probe.refresh_from_db()
    assert (probe.state, "lost" in probe.message) == ("failed", True)
    assert not AuditEvent.objects.filter(action="catalog.probe_ended").exists()


@database
def test_measurements_are_never_changed(gateway: StubGateway) -> None:
    row = measured(catalog.entry("fast"))
    with pytest.raises(DatabaseError), transaction.atomic():
        Measurement.objects.filter(pk=row.pk).update(latency_p95_ms=1)
    with pytest.raises(DatabaseError), transaction.atomic():
        row.delete()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("x-2026-05-01", Answered.PINNED),
        ("openai/X-2026-05-01", Answered.PINNED),
        ("vendor.x-2026-05-01-v2:0", Answered.PINNED),
        ("x", Answered.UNSAID),
        ("my-alias", Answered.UNSAID),
        ("", Answered.UNSAID),
        ("x-2026-09-01", Answered.OTHER),
        ("x-mini", Answered.OTHER),
        ("x-2026-05-01-mini", Answered.OTHER),
        ("maxx-2026-05-01", Answered.OTHER),
    ],
)
def test_as_what_a_model_answers(answer: str, expected: Answered) -> None:
    found, other = standing("x-2026-05-01", ("my-alias", "vendor/x"), [answer])
    assert found == expected
    assert other == (answer if expected == Answered.OTHER else "")


def test_one_strange_answer_among_many_is_drift_and_nothing_pinned_proves_nothing() -> None:
    assert standing("x-1", ("x",), ["x-1", "x-2"])[0] == Answered.OTHER
    assert standing("", ("x",), ["x-2"])[0] == Answered.UNPINNED


@hypothesis_settings(deadline=None)
@given(st.text(st.sampled_from("abx-./:@12"), min_size=1, max_size=12))
def test_a_snapshot_is_itself(name: str) -> None:
    assert is_snapshot(f"vendor/{name}", name) == ("/" not in name or is_snapshot(name, name))
    assert is_snapshot(name, name)


def test_figures_are_interpolated_as_the_database_does() -> None:
    calls = [Call(ms, 10, "x") for ms in (100, 200, 300, 400, 1000)]
    found = figures(calls)
    # percentile_cont(0.95) over five values lies at rank 4.8: 400 + 0.8 * 600.
    assert (found.p50_ms, found.p95_ms, found.tokens_per_second) == (300, 880, 25.0)
    assert figures(calls[:1]).p95_ms == 100
    assert figures([]).p50_ms is None
