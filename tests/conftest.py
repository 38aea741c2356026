"""What every test has: a real PostgreSQL, no sockets but loopback, and no silent template gaps."""

import gc
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase
from django.test.client import ClientHandler

from tests.factories.replay import settings_set_here, tables_with_rows

pytest_plugins = ["tests.browsing"]
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

_connect = socket.socket.connect


def _loopback_only(self: socket.socket, address: Any) -> None:
    if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(
        ("127.", "::1", "localhost")
    ):
        raise AssertionError(f"a test tried to reach {address}")
    _connect(self, address)


@pytest.fixture(autouse=True, scope="session")
def only_loopback() -> Iterator[None]:
    """Sockets reach nothing but this machine."""
    socket.socket.connect = _loopback_only  # type: ignore[method-assign]
    yield
    socket.socket.connect = _connect  # type: ignore[method-assign]


def _empty_the_tables(self: TransactionTestCase) -> None:
    """Take out what a test with transactions of its own left behind.

    Django's way, a TRUNCATE of every table and the signals of a migration, takes most of a second
    each time; a test fills a few tables with a few rows. Append-only tables refuse it by triggers,
    which a superuser's session may step over, and with them the order of the foreign keys.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        try:
            for name in tables_with_rows():
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(name)}")
        finally:
            cursor.execute("SET session_replication_role = origin")


TransactionTestCase._fixture_teardown = _empty_the_tables  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The test database, freed at the end of sessions that threads or killed workers left."""
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


_load_middleware = ClientHandler.load_middleware
_chains: dict[str, Any] = {}


def _load_middleware_once(self: ClientHandler, is_async: bool = False) -> None:
    """Take the middleware that another test client loaded under the same settings.

    Each client loads its own, and WhiteNoise walks through all static files for it: a tenth of a
    test that asks for one page.
    """
    world = settings_set_here()
    if world not in _chains:
        _load_middleware(self, is_async)
        _chains[world] = self._middleware_chain
    self._middleware_chain = _chains[world]


ClientHandler.load_middleware = _load_middleware_once  # type: ignore[method-assign]


class _Undefined(str):
    """Stands for a variable that no view gave to its template: rendering it fails the test."""

    __slots__ = ()

    def __contains__(self, part: object) -> bool:
        return part == "%s"

    def __mod__(self, name: object) -> str:
        raise AssertionError(f"undefined template variable: {name}")


def pytest_configure(config: pytest.Config) -> None:
    """Make an undefined template variable an error in every test."""
    for engine in settings.TEMPLATES:
        engine["OPTIONS"]["string_if_invalid"] = _Undefined("%s")


# Where one test takes a minute and a file is one test: begun last, one process would wait for it.
_LONG = ("journeys", "faults", "stack")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest tests, so that two processes end at about the same time."""
    here = Path(__file__).parent
    rank = {here / folder: place for place, folder in enumerate(_LONG)}
    items.sort(
        key=lambda item: min((n for f, n in rank.items() if f in item.path.parents), default=9)
    )


def pytest_collection_finish() -> None:
    """Let the collector leave alone what stays for the whole session, and look less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(autouse=True)
def fast_passwords(settings: Any) -> None:
    """Hash cheaply; no test is about the hash."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
