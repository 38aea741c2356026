"""The stub gateway that trials of these tests call."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.stubs.gateway import StubGateway


@pytest.fixture
def gateway(settings: Any) -> Iterator[StubGateway]:
    """A gateway on a loopback port, named by the settings."""
    with StubGateway() as stub:
        settings.GATEWAY_URL = stub.url
        settings.GATEWAY_API_KEY = "sk-test"
        settings.GATEWAY_ALLOW_LOOPBACK = True
        yield stub
