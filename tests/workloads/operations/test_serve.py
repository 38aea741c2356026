"""The live endpoint serves what was approved, keeps what the rule says, and answers 409 else."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from catalog.models import CatalogEntry
from portal.audit.models import AuditEvent
from tests.factories import builds as build_factory
from tests.factories import operations as factory
from tests.factories import phase_four
from tests.factories import prompts as prompt_factory
from tests.stubs.gateway import StubGateway
from workloads.builds import services as builds
from workloads.builds.models import Build, TokenScope
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import current_cycle
from workloads.operations import services
from workloads.operations.models import Interaction
from workloads.operations.selectors import last_day

pytestmark = pytest.mark.django_db
TEXT = "Write to ada@example.com about card 4111 1111 1111 1111."


@pytest.fixture(scope="module")
def made(for_module: Any) -> Workload:
    found: Workload = for_module(factory.live)
    return found


@pytest.fixture
def workload(made: Workload, gateway: StubGateway) -> Workload:
    found = phase_four.again(made)
    gateway.behave(_model(found), "")
    return found


def _invoke(
    client: Client, workload: Workload, secret: str, body: Any = None, **headers: str
) -> Any:
    return client.post(
        f"/api/v1/workloads/{workload.ref}/invoke",
        data={"input": {"subject": TEXT}} if body is None else body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}", **headers},
    )


def _model(workload: Workload) -> str:
    return Build.objects.get(cycle__workload=workload).model_lock.gateway_alias


def test_a_live_call_is_answered_and_kept(client: Client, workload: Workload) -> None:
    answer = _invoke(client, workload, factory.token(workload))

    kept = Interaction.objects.get()
    assert answer.status_code == 200
    assert answer.json()["output"].startswith("stub answer")
    assert answer.json()["request_id"] == kept.request_id
    assert (kept.release.number, kept.outcome, kept.currency) == (1, "answered", "USD")
    assert kept.cost > 0


@pytest.mark.parametrize("at", ["go_no_go", "operations"])
def test_without_a_live_release_it_is_409(client: Client, gateway: StubGateway, at: str) -> None:
    # given a workload that is not decided, or decided and not put live
    made = phase_four.workload(at)
    secret = factory.token(made)
    before = gateway.count(_model(made))

    answer = _invoke(client, made, secret)

    assert (answer.status_code, answer.json()["code"]) == (409, "not_live")
    assert gateway.count(_model(made)) == before


def test_taken_off_it_is_409(client: Client, workload: Workload) -> None:
    secret = factory.token(workload)
    services.suspend(actor=workload.owner, workload=workload, reason="The vendor asked us to.")

    assert _invoke(client, workload, secret).json()["code"] == "not_live"


def test_switched_off_it_is_409(client: Client, workload: Workload) -> None:
    secret = factory.token(workload)
    builds.switch_calls(actor=workload.owner, workload=workload, off=True, reason="Wrong answers.")

    answer = _invoke(client, workload, secret)

    assert (answer.status_code, answer.json()["code"]) == (409, "switched_off")
    assert not Interaction.objects.exists()


def test_a_changed_model_is_not_served(client: Client, workload: Workload) -> None:
    secret = factory.token(workload)
    CatalogEntry.objects.filter(gateway_alias=_model(workload)).update(snapshot="another")

    answer = _invoke(client, workload, secret)

    assert (answer.status_code, answer.json()["code"]) == (409, "not_approved")


def test_a_staging_token_does_not_call_what_is_live(client: Client, gateway: StubGateway) -> None:
    made = phase_four.workload("go_no_go")

    assert _invoke(client, made, factory.token(made, TokenScope.STAGING)).status_code == 401


def test_another_workloads_token_is_404(client: Client, workload: Workload) -> None:
    other = factory.live()

    assert _invoke(client, workload, factory.token(other)).status_code == 404


def test_one_request_id_is_served_once(client: Client, workload: Workload) -> None:
    secret = factory.token(workload)

    first = _invoke(client, workload, secret, **{"Idempotency-Key": "order-7"})
    again = _invoke(client, workload, secret, **{"Idempotency-Key": "order-7"})

    assert (first.status_code, again.status_code) == (200, 409)
    assert again.json()["code"] == "duplicate_request"
    assert Interaction.objects.count() == 1


@pytest.mark.parametrize("key", ["x" * 81, "\u202eevil"])
def test_an_odd_request_id_is_400(client: Client, workload: Workload, key: str) -> None:
    header = {
        "HTTP_AUTHORIZATION": f"Bearer {factory.token(workload)}",
        "HTTP_IDEMPOTENCY_KEY": key,
    }
    url = f"/api/v1/workloads/{workload.ref}/invoke"

    answer = client.post(url, data={"input": "x"}, content_type="application/json", **header)

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("logging", "kept"),
    [
        ("off", ""),
        ("redacted", '{"subject":"Write to [MAIL] about card [CARD]."}'),
        ("full", '{"subject":"' + TEXT + '"}'),
    ],
)
def test_no_more_is_kept_than_the_rule_says(
    client: Client, gateway: StubGateway, logging: str, kept: str
) -> None:
    # given a live build with this logging rule
    made = phase_four.workload("build")
    build = build_factory.make(made, logging=logging)
    for number in range(2):
        trial = (builds.try_build, builds.try_kill_switch)[number]
        trial(actor=made.owner, build=build)
    phase_four.reviews.write(made)
    phase_four.pass_phase_as_it_is(made, "build")
    phase_four.pass_phase(made, "go_no_go")
    services.put_live(actor=made.owner, workload=made)
    gateway.behave(_model(made), "text=Mail ada@example.com")

    # when it is called, with more than its prompt asks for
    body = {"input": {"subject": TEXT, "salary": "confidential"}}
    answer = _invoke(client, made, factory.token(made), body)

    # then the caller gets the answer, and the row holds what the rule allows
    row = Interaction.objects.get()
    assert answer.json()["output"] == "Mail ada@example.com"
    assert row.input == kept
    assert (
        row.output
        == {
            "off": "",
            "redacted": "Mail [MAIL]",
            "full": "Mail ada@example.com",
        }[logging]
    )


def test_a_call_that_a_guard_stops_is_kept_and_costs_nothing(
    client: Client, workload: Workload, gateway: StubGateway
) -> None:
    before = gateway.count(_model(workload))

    answer = _invoke(
        client, workload, factory.token(workload), {"input": {"subject": "x" * 60_001}}
    )

    assert answer.json()["blocked"]["guard"] == "input_limit"
    assert Interaction.objects.get().outcome == "held_back"
    assert gateway.count(_model(workload)) == before


@pytest.mark.parametrize(
    ("behaviour", "status", "code"),
    [("status=500", 503, "unavailable"), ("status=400", 502, "gateway")],
)
def test_a_call_without_an_answer_is_kept_with_its_error(
    client: Client, workload: Workload, gateway: StubGateway, behaviour: str, status: int, code: str
) -> None:
    gateway.behave(_model(workload), behaviour)

    answer = _invoke(client, workload, factory.token(workload))

    row = Interaction.objects.get()
    assert (answer.status_code, row.error, row.outcome) == (status, code, "error")
    assert last_day(workload).errors == 1


def test_an_input_that_does_not_fit_is_the_callers_error(
    client: Client, workload: Workload
) -> None:
    answer = _invoke(client, workload, factory.token(workload), {"input": {"body": "x"}})

    assert answer.status_code == 400
    assert "no value for subject" in answer.json()["message"]
    assert not Interaction.objects.exists()


def test_the_figures_of_the_day(client: Client, workload: Workload, gateway: StubGateway) -> None:
    secret = factory.token(workload)
    for _ in range(3):
        _invoke(client, workload, secret)
    gateway.behave(_model(workload), "model=somebody-else")
    _invoke(client, workload, secret)

    day = last_day(workload)

    assert (day.calls, day.errors, day.blocked, day.other_model) == (4, 0, 0, 1)
    assert day.currency == "USD"
    assert day.cost is not None
    assert day.mean_cost is not None
    assert abs(day.mean_cost * 4 - day.cost) < day.cost / 100


def test_what_is_live_over_the_api(client: Client, workload: Workload) -> None:
    client.force_login(workload.owner)

    told = client.get(f"/api/v1/workloads/{workload.ref}/live").json()["live"]

    assert told["release"] == 1
    assert told["runs_what_was_approved"] is True
    assert {item["kind"] for item in told["manifest"]} >= {"build", "criteria", "verdict", "prompt"}


def test_calls_are_forgotten_when_their_time_is_over(client: Client, workload: Workload) -> None:
    # given one call of today and one of 31 days ago, kept for 30 days
    _invoke(client, workload, factory.token(workload))
    old = Interaction.objects.get()
    old.pk, old.request_id, old._state.adding = None, "old", True
    old.at = timezone.now() - timedelta(days=31)
    old.save(force_insert=True)

    # when the clock comes round, twice
    gone = [services.forget_interactions(), services.forget_interactions()]

    # then the old one is gone, and one event tells how many
    assert gone == [1, 0]
    assert not Interaction.objects.filter(request_id="old").exists()
    event = AuditEvent.objects.get(action="interactions.forgotten")
    assert event.detail["count"] == 1


def test_a_new_draft_changes_nothing_that_is_live(client: Client, workload: Workload) -> None:
    with pytest.raises(Exception, match="cycle is closed"):
        prompt_factory.commit(workload, tone="Calm.")

    assert current_cycle(workload).state != "open"
    assert _invoke(client, workload, factory.token(workload)).status_code == 200
