"""Two people at once, with real threads and real transactions on PostgreSQL."""

import pytest

from tests.factories import lives
from tests.factories import prompts as factory
from tests.factories.racing import at_once
from workloads.prompts import services
from workloads.prompts.models import PointerMove, PromptVersion


@pytest.mark.django_db(transaction=True)
def test_two_commits_at_once_make_one_version() -> None:
    workload = lives.draft()
    factory.draft(workload)

    def commit() -> None:
        services.commit_version(actor=workload.owner, workload=workload, note="at once")

    raised = at_once([commit] * 4)

    assert [getattr(one, "code", one) for one in raised] == ["unchanged"] * 3
    assert PromptVersion.objects.count() == 1
    assert sorted(PointerMove.objects.values_list("pointer", flat=True)) == ["candidate", "draft"]


@pytest.mark.django_db(transaction=True)
def test_restoring_twice_at_once_makes_one_version() -> None:
    workload = lives.draft()
    first = factory.commit(workload)
    factory.commit(workload, tone="Calm.")

    def restore() -> None:
        services.restore_version(actor=workload.owner, workload=workload, version=first)

    raised = at_once([restore] * 3)

    assert [getattr(one, "code", one) for one in raised] == ["unchanged"] * 2
    assert PromptVersion.objects.count() == 3
