"""Tokens are shown once, kept as a hash, end when they are ended, and call one thing."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.audit.models import AuditEvent
from portal.common.errors import Conflict, Forbidden, Invalid
from tests.factories import builds as factory
from tests.factories import operations as live_factory
from tests.factories import people, phase_four
from tests.stubs.gateway import StubGateway
from workloads.builds import services
from workloads.builds.models import AccessToken, TokenScope
from workloads.builds.services.tokens import TOKENS_MAX
from workloads.lifecycle.models import Workload

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gateway")]
STAGING, LIVE = TokenScope.STAGING, TokenScope.LIVE


@pytest.fixture(scope="module")
def made(for_module: Any) -> Workload:
    def make() -> Workload:
        found = phase_four.workload("build")
        factory.make(found)
        return found

    ready: Workload = for_module(make)
    return ready


@pytest.fixture
def workload(made: Workload) -> Workload:
    return phase_four.again(made)


def _invoke(client: Client, workload: Workload, secret: str, body: Any = None, **more: Any) -> Any:
    return client.post(
        f"/api/v1/workloads/{workload.ref}/builds/1/invoke",
        data=body if body is not None else {"input": {"subject": "Money back"}},
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
        **more,
    )


def test_the_secret_is_not_kept(workload: Workload) -> None:
    token, secret = services.issue_token(
        actor=workload.owner, workload=workload, scope=STAGING, name="Load test"
    )

    stored = AccessToken.objects.values().get(pk=token.pk)
    assert secret not in str(stored)
    assert secret.startswith("asy_staging_")
    assert secret not in str(list(AuditEvent.objects.values_list("detail", flat=True)))


def test_a_staging_token_calls_the_build(client: Client, workload: Workload) -> None:
    answer = _invoke(client, workload, live_factory.token(workload, STAGING))

    body = answer.json()
    assert answer.status_code == 200
    assert body["output"].startswith("stub answer")
    assert body["blocked"] is None
    assert AccessToken.objects.get().last_used_at is not None


@pytest.mark.parametrize("secret", ["", "asy_staging_nothing", "é" * 40, "x" * 10_000])
def test_a_wrong_token_is_401(client: Client, workload: Workload, secret: str) -> None:
    header = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
    url = f"/api/v1/workloads/{workload.ref}/builds/1/invoke"

    answer = client.post(url, data={"input": "x"}, content_type="application/json", **header)

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_session_does_not_call_an_endpoint(client: Client, workload: Workload) -> None:
    client.force_login(workload.owner)

    answer = client.post(
        f"/api/v1/workloads/{workload.ref}/builds/1/invoke",
        data={"input": "x"},
        content_type="application/json",
    )

    assert answer.status_code == 401


def test_another_workloads_token_is_404(client: Client, workload: Workload) -> None:
    other = phase_four.workload("build")
    factory.make(other)

    assert _invoke(client, workload, live_factory.token(other, STAGING)).status_code == 404


def test_a_live_token_does_not_call_staging(client: Client, workload: Workload) -> None:
    assert _invoke(client, workload, live_factory.token(workload, LIVE)).status_code == 401


def test_an_ended_or_expired_token_is_401(client: Client, workload: Workload) -> None:
    token, secret = services.issue_token(
        actor=workload.owner, workload=workload, scope=STAGING, name="Old"
    )
    AccessToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert _invoke(client, workload, secret).status_code == 401
    AccessToken.objects.update(expires_at=timezone.now() + timedelta(days=1))
    assert _invoke(client, workload, secret).status_code == 200

    services.revoke_token(actor=workload.owner, token=token)

    assert _invoke(client, workload, secret).status_code == 401
    with pytest.raises(Conflict, match="ended already"):
        services.revoke_token(actor=workload.owner, token=token)


BODIES: list[tuple[Any, int]] = [
    ({}, 400),
    ({"input": 7}, 400),
    ({"input": None}, 400),
    ({"input": {"subject": "x"}, "model": "other"}, 400),
    ({"input": {"other": "x"}}, 400),
    ({"input": {"subject": "x"}, "documents": "x"}, 400),
    ({"input": {"subject": "x"}, "documents": [{"id": 1}]}, 400),
    ({"input": {"subject": "x"}, "documents": [{"owner": "x"}]}, 400),
    ([], 400),
    ("text", 400),
    ('{"input": "a", "input": "b"}', 400),
    ('{"input": NaN}', 400),
    ("[" * 100_000, 400),
    ('{"input": "\\ud800"}', 400),
    ('{"input": "\\u0000"}', 400),
    (b"\xff\xfe", 400),
    ("", 400),
    ({"input": {"subject": "x" * 60_001}}, 200),
    ({"input": {"subject": 7}}, 200),
    ({"input": {"subject": {"nested": [1]}}}, 200),
    ({"input": "one text for the one variable"}, 200),
]


@pytest.mark.parametrize(("body", "status"), BODIES, ids=lambda value: str(value)[:40])
def test_any_body_is_answered_with_a_sentence(
    client: Client, workload: Workload, body: Any, status: int
) -> None:
    answer = _invoke(client, workload, live_factory.token(workload, STAGING), body)

    assert answer.status_code == status
    assert status == 200 or answer.json()["message"]


@pytest.mark.parametrize(("behaviour", "status"), [("status=500", 503), ("status=400", 502)])
def test_a_gateway_that_fails_is_said_so(
    client: Client, workload: Workload, gateway: StubGateway, behaviour: str, status: int
) -> None:
    model = workload.cycles.get().builds.get().model_lock.gateway_alias
    gateway.behave(model, behaviour)

    assert _invoke(client, workload, live_factory.token(workload, STAGING)).status_code == status


def test_the_owner_alone_gives_out_and_ends_live_tokens(workload: Workload) -> None:
    member = phase_four.contributor(workload)
    token, _ = services.issue_token(
        actor=workload.owner, workload=workload, scope=LIVE, name="Portal"
    )

    for person in (member, people.reviewer("risk"), people.stranger()):
        with pytest.raises(Forbidden):
            services.issue_token(actor=person, workload=workload, scope=LIVE, name="Mine")
        with pytest.raises(Forbidden):
            services.revoke_token(actor=person, token=token)


def test_tokens_can_be_ended_when_no_cycle_is_open() -> None:
    workload = live_factory.live()
    token, _ = services.issue_token(
        actor=workload.owner, workload=workload, scope=LIVE, name="Portal"
    )

    services.revoke_token(actor=workload.owner, token=token)

    token.refresh_from_db()
    assert token.revoked_at is not None


@pytest.mark.parametrize("name", ["", "  ", "a\x00b", "\u202eevil", "x" * 81, "two\nlines"])
def test_a_token_has_a_plain_name(workload: Workload, name: str) -> None:
    with pytest.raises(Invalid):
        services.issue_token(actor=workload.owner, workload=workload, scope=STAGING, name=name)


def test_there_is_an_end_to_tokens(workload: Workload) -> None:
    for _ in range(TOKENS_MAX):
        live_factory.token(workload, STAGING)

    with pytest.raises(Conflict, match="end one that is not used"):
        live_factory.token(workload, STAGING)


@pytest.fixture
def page(client: Client, workload: Workload) -> Client:
    client.force_login(workload.owner)
    return client


def test_the_page_shows_the_secret_once(page: Client, workload: Workload) -> None:
    made = page.post(reverse("builds:token", args=[workload.ref]), {"name": "Load test"})
    later = page.get(reverse("builds:build", args=[workload.ref]))

    assert "asy_staging_" in made.content.decode()
    assert "Load test" in later.content.decode()
    assert made.content.decode().count("asy_staging_") > later.content.decode().count(
        "asy_staging_"
    )


def test_a_token_without_a_name_keeps_the_page(page: Client, workload: Workload) -> None:
    for name in ("", "a\x00b", "x" * 81):
        answer = page.post(reverse("builds:token", args=[workload.ref]), {"name": name})
        assert answer.status_code == 422


def test_another_workloads_token_cannot_be_ended_here(page: Client, workload: Workload) -> None:
    other = phase_four.workload("build")
    token, _ = services.issue_token(actor=other.owner, workload=other, scope=STAGING, name="Other")

    answer = page.post(reverse("builds:revoke_token", args=[workload.ref, token.pk]))

    assert answer.status_code == 404
    token.refresh_from_db()
    assert token.revoked_at is None


def test_ending_on_the_page(page: Client, workload: Workload) -> None:
    token, _ = services.issue_token(
        actor=workload.owner, workload=workload, scope=STAGING, name="Load test"
    )

    shown = page.post(reverse("builds:revoke_token", args=[workload.ref, token.pk]), follow=True)

    assert "can no longer call" in shown.content.decode()
