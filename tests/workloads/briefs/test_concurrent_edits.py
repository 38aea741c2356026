"""Two people in one brief: nothing is lost, and whoever is later sees both answers."""

import pytest

from tests.factories import briefs, people
from workloads.briefs import services
from workloads.briefs.models import Brief
from workloads.briefs.services import BriefChanged
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Workload

pytestmark = pytest.mark.django_db


def save(workload: Workload, version: int, page: str, **answers: object) -> services.SavedBrief:
    return services.save_draft(
        actor=workload.owner, workload=workload, row_version=version, answers=answers, page=page
    )


def test_the_same_answer_changed_by_another_page_is_a_conflict_that_saves_nothing() -> None:
    owner, workload, brief = briefs.scene()
    other = people.person("Other")
    lifecycle.add_member(actor=owner, workload=workload, user=other, role="contributor")
    services.save_draft(
        actor=other, workload=workload, row_version=1, answers={"users": "theirs"}, page="b"
    )
    with pytest.raises(BriefChanged) as refused:
        save(workload, 1, "a", users="mine", fallback="also mine")
    assert [(clash.field, clash.by) for clash in refused.value.clashes] == [("users", other.pk)]
    assert (refused.value.status, refused.value.code) == (409, "version_conflict")
    assert "changed since you opened it" in refused.value.message
    brief.refresh_from_db()
    assert (brief.users, brief.fallback) == ("theirs", "")


def test_different_answers_are_merged() -> None:
    _, workload, brief = briefs.scene()
    save(workload, 1, "b", users="theirs")
    save(workload, 1, "a", fallback="mine")
    brief.refresh_from_db()
    assert (brief.users, brief.fallback) == ("theirs", "mine")


def test_a_page_whose_answer_to_a_former_save_is_still_under_way_is_not_in_conflict() -> None:
    _, workload, brief = briefs.scene()
    save(workload, 1, "a", users="first")
    save(workload, 1, "a", users="second")
    brief.refresh_from_db()
    assert brief.users == "second"


def test_both_wrote_the_same_is_no_conflict() -> None:
    _, workload, _ = briefs.scene()
    save(workload, 1, "b", users="the same")
    assert save(workload, 1, "a", users="the same").changed == ()


def test_the_api_is_told_of_any_change() -> None:
    _, workload, _ = briefs.scene()
    save(workload, 1, "b", users="theirs")
    with pytest.raises(BriefChanged):
        services.save_draft(
            actor=workload.owner, workload=workload, row_version=1,
            answers={"fallback": "mine"}, strict=True,
        )  # fmt: skip


def test_a_version_from_the_future_is_refused() -> None:
    _, workload, _ = briefs.scene()
    with pytest.raises(BriefChanged):
        save(workload, 99, "a", users="x")
    assert Brief.objects.get().users == briefs.ANSWERS["users"]
