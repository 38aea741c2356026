"""Two people at once, with real threads and real transactions on PostgreSQL."""

import pytest

from portal.common.errors import Conflict
from tests.factories import operations as factory
from tests.factories.racing import at_once
from tests.stubs.gateway import StubGateway
from workloads.operations import services
from workloads.operations.models import Interaction


@pytest.mark.django_db(transaction=True)
def test_one_request_id_at_once_is_kept_once(gateway: StubGateway) -> None:
    workload = factory.live()

    def call() -> None:
        services.serve(workload=workload, given={"subject": "x"}, request_id="same")

    raised = at_once([call] * 3)

    assert all(isinstance(one, Conflict) for one in raised)
    assert Interaction.objects.count() == 1
