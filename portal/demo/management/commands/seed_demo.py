"""`manage.py seed_demo`: the demo company."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.demo.people import sign_ins
from portal.demo.seeding import DemoFailed, seed


class Command(BaseCommand):
    """Makes the demo's people, models and workloads; a second call changes nothing."""

    help = "Make the demo company: people, approved models, three workloads."

    def handle(self, *args: Any, **options: Any) -> None:
        """Seed, and print who can sign in."""
        try:
            seed()
        except DemoFailed as problem:
            raise CommandError(f"The demo was not made: {problem}.") from problem
        self.stdout.write(sign_ins())
