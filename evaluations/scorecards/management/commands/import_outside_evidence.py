"""Bring in what another tool measured from the command line, for repositories and pipelines."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from evaluations.scorecards import services
from evaluations.scorecards.outside import MOST_BYTES
from portal.accounts.models import User
from portal.common.errors import DomainError
from workloads.lifecycle.models import Workload


class Command(BaseCommand):
    """``manage.py import_outside_evidence WL-0001 results.json --note "The security set"``."""

    help = (
        "Keep promptfoo's results or an Inspect log (JSON) beside a workload's scorecards, as"
        " advice: no gate reads it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the workload, the file, and what it is about."""
        parser.add_argument("workload", help="reference of the workload, such as WL-0001")
        parser.add_argument("file", type=Path)
        parser.add_argument("--note", default="", help="what it is about")
        parser.add_argument("--as", dest="person", default="", help="e-mail of whoever brings it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Keep the file; on any problem say each one in a line and change nothing."""
        workload = Workload.objects.filter(ref=options["workload"]).select_related("owner").first()
        if workload is None:
            raise CommandError(f"There is no workload {options['workload']}.", returncode=2)
        actor = self._actor(options["person"], workload)
        path: Path = options["file"]
        try:
            with path.open("rb") as file:
                data = file.read(MOST_BYTES + 1)
        except OSError as problem:
            raise CommandError(
                f"{path} cannot be read: {problem.strerror}.", returncode=2
            ) from None
        try:
            made = services.import_outside_evidence(
                actor=actor, workload=workload, filename=path.name, data=data, note=options["note"]
            )
        except DomainError as problem:
            for error in problem.errors:
                self.stderr.write(f"{error.field}: {error.message}")
            raise CommandError(problem.message, returncode=2) from None
        self.stdout.write(
            f"Outside evidence {made.number} of {workload.ref}: {made.cases} cases, advice only."
        )
        for column, figures in zip(made.document["columns"], made.document["figures"], strict=True):
            for one in figures:
                value = "no value" if one["value"] is None else f"{one['value']:.4g}"
                self.stdout.write(f"  {column}: {one['label']} {value} (n = {one['n']})")
        self.stdout.write(made.digest)

    def _actor(self, email: str, workload: Workload) -> User:
        if not email:
            return workload.owner
        person = User.objects.filter(email=email.lower(), is_active=True).first()
        if person is None:
            raise CommandError(f"There is no active account {email}.", returncode=2)
        return person
