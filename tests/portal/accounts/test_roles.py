"""Roles are given by others, count while they stand, and end with a date."""

from datetime import timedelta

import pytest

from portal.accounts import services
from portal.accounts.models import OrganisationRole, Remit, RoleGrant
from portal.accounts.selectors import has_role, remits_of, reviewers_by_remit
from portal.audit.models import AuditEvent
from portal.common.clock import now
from portal.common.errors import Conflict, Forbidden, Invalid
from tests.factories import people

pytestmark = pytest.mark.django_db


def test_a_granted_role_counts_at_once_and_is_on_record() -> None:
    admin, ada = people.administrator(), people.person("Ada")

    services.grant_role(actor=admin, user=ada, role=OrganisationRole.REVIEWER, remit=Remit.RISK)

    assert remits_of(ada) == {"risk"}
    event = AuditEvent.objects.first()
    assert event is not None
    assert (event.action, event.subject_ref, event.actor_id) == (
        "role.granted",
        str(ada.pk),
        admin.pk,
    )


def test_nobody_grants_a_role_to_themselves() -> None:
    admin = people.administrator()

    with pytest.raises(Forbidden, match="to themselves"):
        services.grant_role(
            actor=admin, user=admin, role=OrganisationRole.REVIEWER, remit=Remit.RISK
        )


@pytest.mark.parametrize("who", [people.auditor, people.stranger, people.catalog_manager])
def test_only_a_platform_admin_grants_roles(who: object) -> None:
    with pytest.raises(Forbidden):
        services.grant_role(
            actor=who(),  # type: ignore[operator]
            user=people.person(),
            role=OrganisationRole.AUDITOR,
        )


def test_a_reviewer_needs_a_remit_and_nobody_else_has_one() -> None:
    with pytest.raises(Invalid, match="remit"):
        services.grant_role(actor=None, user=people.person(), role=OrganisationRole.REVIEWER)
    with pytest.raises(Invalid, match="remit"):
        services.grant_role(
            actor=None, user=people.person(), role=OrganisationRole.AUDITOR, remit=Remit.RISK
        )


def test_a_role_is_not_granted_twice() -> None:
    ada = people.reviewer("risk")

    with pytest.raises(Conflict, match="already"):
        people.grant(ada, "risk")


def test_a_revoked_role_no_longer_counts_and_stays_on_record() -> None:
    ada = people.reviewer("risk", "security")

    people.revoke(ada, "risk")

    assert remits_of(ada) == {"security"}
    assert RoleGrant.objects.filter(user=ada).count() == 2


def test_a_role_granted_later_does_not_count_for_an_earlier_moment() -> None:
    earlier = now() - timedelta(minutes=1)
    ada = people.reviewer("risk")

    assert remits_of(ada, granted_before=earlier) == frozenset()
    assert reviewers_by_remit(granted_before=earlier) == {}
    assert reviewers_by_remit() == {"risk": {ada.pk}}


def test_a_disabled_person_and_a_service_account_never_review() -> None:
    ada, robot = people.reviewer("risk"), people.reviewer("risk")
    type(robot).objects.filter(pk=robot.pk).update(is_service_account=True)
    robot.refresh_from_db()

    services.disable_user(actor=None, user=ada)
    ada.refresh_from_db()

    assert not has_role(ada, OrganisationRole.REVIEWER)
    assert remits_of(robot) == frozenset()
    assert reviewers_by_remit() == {}
