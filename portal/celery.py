"""The Celery application. Tasks are found in the slices' ``tasks`` modules by name."""

import gc
import os
import resource
from typing import Any

from celery import Celery
from celery.signals import (
    setup_logging,
    worker_before_create_process,
    worker_process_init,
    worker_shutting_down,
)
from django.conf import settings
from django_structlog.celery.steps import DjangoStructLogInitStep

from portal.common import leaving

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

# A message only saves time: a page must not wait for a queue that takes it and never answers.
SEND_SECONDS = 1.0


class App(Celery):
    """Celery's application, which gives up quickly on sending."""

    def connection_for_write(self, url: str | None = None, **options: Any) -> Any:
        """Return a connection to send by."""
        options["transport_options"] = {
            "socket_timeout": SEND_SECONDS,
            "socket_connect_timeout": SEND_SECONDS,
            "max_retries": 0,
        } | (options.get("transport_options") or {})
        return super().connection_for_write(url, **options)


app = App("assay")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.steps["worker"].add(DjangoStructLogInitStep)
app.autodiscover_tasks()


@setup_logging.connect
def use_the_portals_logging(**_: Any) -> None:
    """Keep Django's JSON logging; touching the settings has configured it."""
    _ = settings.LOGGING


@worker_before_create_process.connect
def share_what_is_imported(**_: Any) -> None:
    """Keep the garbage collector off what was imported: children then share those pages.

    A collection writes to every object that it visits, which would copy the whole of Django and of
    ours into each child, and it would visit them again and again.
    """
    gc.collect()
    gc.freeze()


@worker_process_init.connect
def bound_the_memory(**_: Any) -> None:
    """Let what asks for too much memory fail here, before the machine runs out of it."""
    if most := settings.WORKER_MEMORY_MB * 2**20:
        _soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (most, hard))


@worker_shutting_down.connect
def let_long_tasks_know(**_: Any) -> None:
    """A deployment must not wait for a driver whose time has just begun: it hands over."""
    leaving.announce()
