"""Take a prompt file in from the command line, for repositories and their pipelines."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from portal.accounts.models import User
from portal.common.errors import DomainError
from workloads.lifecycle.models import Workload
from workloads.prompts import services
from workloads.prompts.files import MAX_BYTES


class Command(BaseCommand):
    """``manage.py import_prompt WL-0001 tickets.prompt --commit --note "from git"``."""

    help = "Make a prompt file the draft of a workload's prompt, and commit it when asked."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the workload, the file, and what is to happen with it."""
        parser.add_argument("workload", help="reference of the workload, such as WL-0001")
        parser.add_argument("file", type=Path)
        parser.add_argument("--commit", action="store_true", help="commit the draft as a version")
        parser.add_argument("--note", default="", help="what changed, for the version")
        parser.add_argument("--as", dest="person", default="", help="e-mail of whoever imports")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import; on any problem say each one in a line and change nothing."""
        workload = Workload.objects.filter(ref=options["workload"]).select_related("owner").first()
        if workload is None:
            raise CommandError(f"There is no workload {options['workload']}.", returncode=2)
        actor = self._actor(options["person"], workload)
        path: Path = options["file"]
        try:
            with path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as problem:
            raise CommandError(
                f"{path} cannot be read: {problem.strerror}.", returncode=2
            ) from None
        try:
            with transaction.atomic():
                self._import(actor, workload, data, options)
        except DomainError as problem:
            for error in problem.errors:
                self.stderr.write(f"{error.field}: {error.message}")
            raise CommandError(problem.message, returncode=2) from None

    def _actor(self, email: str, workload: Workload) -> User:
        if not email:
            return workload.owner
        person = User.objects.filter(email=email.lower(), is_active=True).first()
        if person is None:
            raise CommandError(f"There is no active account {email}.", returncode=2)
        return person

    def _import(
        self, actor: User, workload: Workload, data: bytes, options: dict[str, Any]
    ) -> None:
        services.import_file(actor=actor, workload=workload, data=data)
        if not options["commit"]:
            self.stdout.write(f"The draft of {workload.ref} is now what the file holds.")
            return
        version = services.commit_version(actor=actor, workload=workload, note=options["note"])
        self.stdout.write(f"{workload.ref} prompt version {version.number}: {version.digest}")
