"""The composition root as an app: it loads the Celery application in every process."""

from django.apps import AppConfig

from portal.celery import app


class PortalConfig(AppConfig):
    """Makes `portal.celery.app` the current Celery application wherever Django runs."""

    name = "portal"
    label = "portal"

    def ready(self) -> None:
        """Take the application as the default one of this process."""
        app.set_default()
