"""The Celery application. Tasks are found in the slices' ``tasks`` modules by name."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("assay")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.steps["worker"].add(DjangoStructLogInitStep)
app.autodiscover_tasks()


@setup_logging.connect
def use_the_portals_logging(**_: Any) -> None:
    """Keep Django's JSON logging; touching the settings has configured it."""
    _ = settings.LOGGING
