"""The stub gateway, one for each test."""

from collections.abc import Iterator

import pytest

from tests.stubs.gateway import StubGateway


@pytest.fixture
def stub() -> Iterator[StubGateway]:
    with StubGateway() as gateway:
        yield gateway
