"""The cache while Valkey answers, is gone, or takes everything and says nothing."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from portal.common.caching import ForgivingCache


@pytest.fixture
def deaf() -> Iterator[str]:
    """The address of somebody who takes every call and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(8)
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


def kept(cache: ForgivingCache) -> object:
    cache.clear()
    assert cache.add("tries", [1], timeout=60)
    assert not cache.add("tries", [2], timeout=60)
    cache.set("tries", [*cache.get("tries", []), 3], timeout=60)
    cache.delete("nothing")
    return cache.get("tries")


def test_it_keeps_things_in_valkey() -> None:
    cache = ForgivingCache(settings.REDIS_URL, {"KEY_PREFIX": "caching"})
    cache.set("tries", [1], timeout=60)
    assert ForgivingCache(settings.REDIS_URL, {"KEY_PREFIX": "caching"}).get("tries") == [1]
    cache.delete("tries")
    assert cache.get("tries") is None


def test_without_valkey_it_keeps_things_in_this_process(tmp_path: Path, deaf: str) -> None:
    for url in (f"unix://{tmp_path}/nobody.sock", deaf):
        assert kept(ForgivingCache(url, {})) == [1, 3]
