import pytest

from portal.accounts.models import User
from portal.common.errors import Conflict, DomainError, Forbidden
from tests.factories import lives, people
from workloads.lifecycle import services
from workloads.lifecycle.models import Membership
from workloads.lifecycle.policies import can_edit, can_own, role_in
from workloads.lifecycle.selectors import members_of, workloads_for

pytestmark = pytest.mark.django_db


def test_an_owner_adds_people_and_ends_their_roles() -> None:
    made, helper = lives.draft(), people.person("Helper")

    membership = services.add_member(
        actor=made.owner, workload=made, user=helper, role="contributor"
    )
    assert role_in(helper, made) == {"contributor"}
    assert can_edit(helper, made)
    assert not can_own(helper, made)
    assert made in workloads_for(helper)

    services.end_membership(actor=made.owner, membership=membership)
    assert role_in(helper, made) == set()
    assert made not in workloads_for(helper)
    with pytest.raises(Conflict):
        services.end_membership(actor=made.owner, membership=membership)
    # The role is over, the record of it stays.
    assert Membership.objects.filter(user=helper).count() == 1


@pytest.mark.parametrize("role", ["contributor", "rater", "observer"])
def test_who_is_not_an_owner_adds_nobody(role: str) -> None:
    made, helper = lives.draft(), people.person()
    services.add_member(actor=made.owner, workload=made, user=helper, role=role)

    with pytest.raises(Forbidden):
        services.add_member(actor=helper, workload=made, user=people.person(), role="observer")


def test_nobody_gives_a_role_to_themselves() -> None:
    made = lives.draft()

    with pytest.raises(Forbidden) as refused:
        services.add_member(actor=made.owner, workload=made, user=made.owner, role="rater")

    assert refused.value.code == "self_grant"


def test_a_role_is_given_once() -> None:
    made, helper = lives.draft(), people.person()
    services.add_member(actor=made.owner, workload=made, user=helper, role="rater")

    with pytest.raises(Conflict):
        services.add_member(actor=made.owner, workload=made, user=helper, role="rater")


def test_a_role_that_is_none_and_an_account_that_is_closed_are_refused() -> None:
    made, gone = lives.draft(), people.person()
    User.objects.filter(pk=gone.pk).update(is_active=False)
    gone.refresh_from_db()

    with pytest.raises(DomainError) as role:
        services.add_member(actor=made.owner, workload=made, user=people.person(), role="king")
    with pytest.raises(DomainError) as person:
        services.add_member(actor=made.owner, workload=made, user=gone, role="rater")

    assert role.value.errors[0].field == "role"
    assert person.value.errors[0].code == "inactive"


def test_the_accountable_owner_stays() -> None:
    made, other = lives.draft(), people.person()
    services.add_member(actor=made.owner, workload=made, user=other, role="owner")
    mine = next(m for m in members_of(made) if m.user_id == made.owner_id)

    with pytest.raises(Conflict) as refused:
        services.end_membership(actor=other, membership=mine)

    assert refused.value.code == "last_owner"
