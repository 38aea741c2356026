"""A trial is a real call through the gateway, noted whatever came of it; the switch stops calls."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portal.audit.models import AuditEvent
from portal.common.errors import Conflict, Forbidden, Invalid
from tests.factories import builds as factory
from tests.factories import catalog, people, phase_four
from tests.factories import operations as live_factory
from tests.factories import prompts as prompt_factory
from tests.factories import tuning as tuning_factory
from tests.stubs.gateway import StubGateway
from workloads.builds import services
from workloads.builds.invocation import invoke
from workloads.builds.models import Build, Trial
from workloads.builds.selectors import switched_off
from workloads.lifecycle.models import Workload

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def made(for_module: Any) -> Build:
    found: Build = for_module(lambda: factory.make(phase_four.workload("build")))
    return found


@pytest.fixture
def build(made: Build, gateway: StubGateway) -> Build:
    gateway.behave(made.model_lock.gateway_alias, "")
    return Build.objects.select_related("cycle__workload__owner").get(pk=made.pk)


def test_a_call_goes_through_the_gateway_and_is_noted(build: Build, gateway: StubGateway) -> None:
    model = build.model_lock.gateway_alias
    before = gateway.count(model)

    trial = services.try_build(actor=build.created_by, build=build)

    assert trial.passed
    assert trial.detail["text"].startswith("stub answer")
    assert gateway.count(model) == before + 1
    assert AuditEvent.objects.filter(action="build.call_tried").count() == 1


@pytest.mark.parametrize("behaviour", ["status=500", "status=400", "empty", "reset", "model=other"])
def test_a_call_that_fails_is_noted_and_fails_the_trial(
    build: Build, gateway: StubGateway, behaviour: str
) -> None:
    gateway.behave(build.model_lock.gateway_alias, behaviour)

    trial = services.try_build(actor=build.created_by, build=build)

    assert not trial.passed
    assert trial.detail["problem"] or not trial.detail["model_matches"]


def test_a_model_without_a_price_is_not_called(build: Build, gateway: StubGateway) -> None:
    workload = build.cycle.workload
    phase_four.win(build.cycle, catalog.entry(price=None))
    tuning_factory.decide(workload)
    unpriced = factory.make(workload)
    before = gateway.count(unpriced.model_lock.gateway_alias)

    trial = services.try_build(actor=workload.owner, build=unpriced)

    assert not trial.passed
    assert "no price" in trial.detail["problem"]
    assert gateway.count(unpriced.model_lock.gateway_alias) == before


def test_the_gateways_own_name_for_the_model_is_no_mismatch(
    build: Build, gateway: StubGateway
) -> None:
    gateway.behave(build.model_lock.gateway_alias, f"model={build.model_lock.snapshot}")

    assert services.try_build(actor=build.created_by, build=build).passed


def test_an_answer_with_odd_characters_is_kept_as_text(build: Build, gateway: StubGateway) -> None:
    gateway.behave(build.model_lock.gateway_alias, "nul")

    trial = services.try_build(actor=build.created_by, build=build)

    assert "\x00" not in str(trial.detail)


def test_the_drill_switches_off_sees_a_refusal_and_switches_on_again(
    build: Build, gateway: StubGateway
) -> None:
    before = gateway.count(build.model_lock.gateway_alias)

    trial = services.try_kill_switch(actor=build.created_by, build=build)

    assert trial.passed
    assert gateway.count(build.model_lock.gateway_alias) == before
    assert switched_off(build.cycle.workload) is None
    actions = list(AuditEvent.objects.order_by("seq").values_list("action", flat=True))
    assert actions[-3:] == ["build.switched_off", "build.switched_on", "build.kill_switch_tried"]


def test_a_live_workload_is_not_switched_off_for_a_drill(gateway: StubGateway) -> None:
    workload = live_factory.live()
    build = Build.objects.get(cycle__workload=workload)

    with pytest.raises((Conflict, Forbidden)):
        services.try_kill_switch(actor=workload.owner, build=build)

    assert switched_off(workload) is None


def test_the_team_can_pull_the_switch_when_no_cycle_is_open(gateway: StubGateway) -> None:
    # given a live workload, whose cycle is closed
    workload = live_factory.live()
    member = phase_four.contributor(workload)
    build = Build.objects.get(cycle__workload=workload)

    # when a contributor pulls the switch
    services.switch_calls(actor=member, workload=workload, off=True, reason="Answers went wrong.")

    # then every call is refused, until it is switched on again
    with pytest.raises(Conflict, match="switched off: Answers went wrong"):
        invoke(build, {"subject": "x"})
    services.switch_calls(actor=workload.owner, workload=workload, off=False, reason="Mended it.")
    assert invoke(build, {"subject": "x"}).text


def test_a_reviewer_does_not_pull_the_switch(build: Build) -> None:
    for person in (people.reviewer("security"), people.auditor(), people.stranger()):
        with pytest.raises(Forbidden):
            services.switch_calls(
                actor=person, workload=build.cycle.workload, off=True, reason="I would rather."
            )


@pytest.mark.parametrize("reason", ["", "no", "a\x00bcdef", "x" * 281])
def test_pulling_the_switch_asks_for_a_reason(build: Build, reason: str) -> None:
    with pytest.raises(Invalid):
        services.switch_calls(
            actor=build.created_by, workload=build.cycle.workload, off=True, reason=reason
        )


@pytest.fixture
def page(client: Client, build: Build) -> Client:
    client.force_login(build.cycle.workload.owner)
    return client


def _post(page: Client, workload: Workload, route: str, *more: Any, **data: str) -> Any:
    return page.post(reverse(f"builds:{route}", args=[workload.ref, *more]), data, follow=True)


def test_trying_on_the_page_shows_the_answer(page: Client, build: Build) -> None:
    shown = _post(page, build.cycle.workload, "try", 1).content.decode()

    assert "It works." in shown
    assert "stub answer" in shown


def test_a_failed_trial_on_the_page_says_why(
    page: Client, build: Build, gateway: StubGateway
) -> None:
    gateway.behave(build.model_lock.gateway_alias, "status=400")

    shown = _post(page, build.cycle.workload, "try", 1).content.decode()

    assert "Does not work" in shown
    assert Trial.objects.get().passed is False


def test_switching_off_and_on_on_the_page(page: Client, build: Build) -> None:
    workload = build.cycle.workload

    off = _post(page, workload, "switch_off", reason="Something is wrong.").content.decode()
    again = _post(page, workload, "switch_off", reason="Something is wrong.")
    on = _post(page, workload, "switch_on", reason="Mended again.").content.decode()

    assert "Calls are switched off" in off
    assert again.status_code == 409
    assert "Calls are switched off" not in on
    assert _post(page, workload, "switch_off", reason="no").status_code == 422


def test_a_build_that_is_not_there_is_404(page: Client, build: Build) -> None:
    assert _post(page, build.cycle.workload, "try", 2).status_code == 404
    assert _post(page, build.cycle.workload, "try", 10**12).status_code == 404


def test_a_schema_without_end_holds_the_answer_back(gateway: StubGateway) -> None:
    # given a prompt whose schema refers to itself
    workload = phase_four.workload("prompting")
    loop = {"$defs": {"a": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}
    prompt_factory.commit(workload, output_format="json", output_schema=loop)
    for key in ("prompting",):
        phase_four.pass_phase_as_it_is(workload, key)
    phase_four.pass_phase(workload, "evaluation")
    phase_four.pass_phase(workload, "tuning")
    build = factory.make(workload, parts=[*factory.PARTS, "schema_enforcement"])
    gateway.behave(build.model_lock.gateway_alias, 'text={"a": 1}')

    trial = services.try_build(actor=workload.owner, build=build)

    assert not trial.passed
    assert "without end" in trial.detail["blocked"]
