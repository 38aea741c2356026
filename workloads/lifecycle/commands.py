"""What commands on a workload share: which one, who acts, and a file that is taken in."""

from abc import abstractmethod
from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from portal.accounts.models import User
from portal.common.errors import DomainError
from workloads.lifecycle.models import Workload

# The exit status for an argument or a file that is not right.
BAD_INPUT = 2


def named_workload(ref: str) -> Workload:
    """Return the workload with its owner. Raises CommandError (exit status 2)."""
    found = Workload.objects.filter(ref=ref).select_related("owner").first()
    if found is None:
        raise CommandError(f"There is no workload {ref}.", returncode=BAD_INPUT)
    return found


def acting(email: str | None, workload: Workload) -> User:
    """Return who acts: the account of ``email``, or the workload's owner.

    Raises CommandError (exit status 2).
    """
    if not email:
        return workload.owner
    found = User.objects.filter(email=email.lower(), is_active=True).first()
    if found is None:
        raise CommandError(f"There is no active account {email}.", returncode=BAD_INPUT)
    return found


class FileCommand(BaseCommand):
    """Takes a file into a workload, all of it or nothing.

    One byte more than ``most`` is read, so that the service sees a file that is too large.
    """

    most: ClassVar[int]

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the workload, the file, and what is to happen with it."""
        parser.add_argument("workload", help="reference of the workload, such as WL-0001")
        parser.add_argument("file", type=Path)
        parser.add_argument("--commit", action="store_true", help="commit the draft as a version")
        parser.add_argument("--note", default="", help="what changed, for the version")
        parser.add_argument("--as", dest="person", default="", help="e-mail of whoever imports")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import; on any problem say each one in a line and change nothing."""
        workload = named_workload(options["workload"])
        actor = acting(options["person"], workload)
        path: Path = options["file"]
        try:
            with path.open("rb") as file:
                data = file.read(self.most + 1)
        except OSError as problem:
            raise CommandError(
                f"{path} cannot be read: {problem.strerror}.", returncode=BAD_INPUT
            ) from None
        try:
            with transaction.atomic():
                self.take_in(actor, workload, path, data, options)
        except DomainError as problem:
            for error in problem.errors:
                self.stderr.write(f"{error.field}: {error.message}")
            raise CommandError(problem.message, returncode=BAD_INPUT) from None

    @abstractmethod
    def take_in(
        self, actor: User, workload: Workload, path: Path, data: bytes, options: dict[str, Any]
    ) -> None:
        """Import ``data`` by the slice's services. Raises DomainError; then nothing is kept."""
