"""What benchmarks of pages share: a scratch database, and answers measured one after another."""

import logging
import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ.setdefault("ASSAY_ENV", "test")
django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402


@dataclass(frozen=True, slots=True)
class Measured:
    """Milliseconds of one page's answers, and the bytes of the last one.

    ``own`` is the mean time in which this process computed: what is left of the wall clock's time
    is the database, and whoever else uses the machine.
    """

    p50: float
    p95: float
    own: float
    size: int


@contextmanager
def scratch() -> Iterator[None]:
    """Work on a new database beside the one of DATABASE_URL; it is dropped at the end."""
    logging.disable(logging.CRITICAL)
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    kept = settings.DATABASES["default"]["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"bench_{connection.settings_dict['NAME']}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(kept, verbosity=0)


def measured(ask: Callable[[int], str], client: Client, rounds: int) -> Measured:
    """Return what ``rounds`` answers took, after three to warm up.

    ``ask`` gives the path of each by its number. Raises SystemExit at an answer other than 200.
    """
    for number in range(3):
        client.get(ask(number))
    times, size = [], 0
    computed = time.process_time()
    for number in range(rounds):
        path = ask(number)
        started = time.perf_counter()
        answer = client.get(path)
        times.append((time.perf_counter() - started) * 1000)
        size = len(answer.content)
        if answer.status_code != 200:
            raise SystemExit(f"{path} answered {answer.status_code}")
    own = (time.process_time() - computed) * 1000 / rounds
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    return Measured(cuts[49], cuts[94], own, size)
