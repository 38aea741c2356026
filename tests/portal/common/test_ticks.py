"""Of two schedulers one sends, and a silent one is seen on the pages that rely on it."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery.beat import ScheduleEntry
from celery.schedules import schedule
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from portal.celery import app
from portal.common import ticks
from portal.common.models import Tick
from portal.common.scheduling import Scheduler
from tests.factories import runs


class Noting(Scheduler):
    """A scheduler whose messages go into a list instead of a queue."""

    def apply_async(self, entry: ScheduleEntry, *_: Any, **__: Any) -> None:
        self.sent.append(str(entry.name))

    @property
    def sent(self) -> list[str]:
        found: list[str] = self.__dict__.setdefault("_sent", [])
        return found


def entry(name: str, every: float) -> ScheduleEntry:
    return ScheduleEntry(name=name, task="no.task", schedule=schedule(every), app=app)


@pytest.fixture
def two(tmp_path: Path, db: None) -> Iterator[list[Noting]]:
    made = [Noting(app, schedule_filename=str(tmp_path / name)) for name in ("one", "two")]
    yield made
    for one in made:
        one.close()


@pytest.mark.django_db(transaction=True)
def test_of_two_schedulers_at_once_one_sends_each_job(two: list[Noting]) -> None:
    # given two schedulers for which the same twenty jobs fall due at the same moment
    together = threading.Barrier(2)
    jobs = [entry(f"job {number}", 86_400.0) for number in range(20)]

    def tick(scheduler: Noting) -> None:
        together.wait()
        for job in jobs:
            scheduler.apply_entry(job)
        connection.close()

    # when both send them
    threads = [threading.Thread(target=tick, args=(one,)) for one in two]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    # then each went out once, with one row per job and slot
    assert sorted(two[0].sent + two[1].sent) == sorted(str(job.name) for job in jobs)
    assert Tick.objects.filter(job__startswith="job ").count() == 20


def test_the_next_slot_is_sent_again(two: list[Noting]) -> None:
    one, other = two
    one.apply_entry(entry("daily", 86_400.0))
    # a day later, by the row
    Tick.objects.filter(job="daily").update(slot=0)

    other.apply_entry(entry("daily", 86_400.0))

    assert (one.sent, other.sent) == (["daily"], ["daily"])


def test_without_the_database_it_still_sends(two: list[Noting]) -> None:
    def gone(*_: Any) -> None:
        raise OperationalError("server closed the connection")

    with connection.execute_wrapper(gone):
        two[0].apply_entry(entry("sweep", 15.0))

    assert two[0].sent == ["sweep"]


def test_a_scheduler_is_heard_from_its_start(two: list[Noting]) -> None:
    assert two
    assert ticks.silence() is None


@pytest.mark.django_db
def test_home_and_a_run_under_way_say_since_when_the_scheduler_is_silent() -> None:
    scene = runs.scene(3, ("alpha",))
    run = scene.start()
    client = Client()
    client.force_login(scene.owner)
    pages = ("/", f"/workloads/{scene.workload.ref}/runs/{run.pk}/")

    def say(words: str) -> list[bool]:
        return [words in client.get(page).content.decode() for page in pages]

    # given no scheduler ever, then one that is heard, then one that was heard three minutes ago
    assert say("No scheduler has run yet") == [True, True]
    assert ticks.take("sweep runs", 15.0)
    assert say("scheduler") == [False, False]
    Tick.objects.update(at=timezone.now() - timedelta(seconds=180))

    assert say("The scheduler is silent since") == [True, True]


@pytest.mark.django_db
def test_old_ticks_are_forgotten_but_the_last() -> None:
    for days in (9, 8):
        Tick.objects.create(job="sweep", slot=days, at=timezone.now() - timedelta(days=days))

    assert ticks.forget_ticks() == 1

    assert Tick.objects.get().slot == 8
