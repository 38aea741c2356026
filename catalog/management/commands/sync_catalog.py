"""`manage.py sync_catalog`: synchronise the catalog with the gateway now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog import services
from catalog.enums import SyncState


class Command(BaseCommand):
    """Ask the gateway for its models; new ones arrive as proposed."""

    help = "Synchronise the catalog with the AI gateway's /model/info."

    def handle(self, *args: Any, **options: Any) -> None:
        """Synchronise and print one line for each kind of finding."""
        report = services.sync_from_gateway(actor=None)
        if report.state == SyncState.FAILED:
            raise CommandError(report.message)
        self.stdout.write(
            f"{report.read} models read: {len(report.added)} new, {len(report.prices)} prices"
            f" added, {len(report.differences)} differences, {len(report.missing)} no longer there."
        )
        for problem in report.problems:
            self.stdout.write(
                f"skipped {problem['alias']} {problem['field']}: {problem['message']}"
            )
