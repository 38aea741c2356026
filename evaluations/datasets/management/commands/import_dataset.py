"""Import a file of examples into a dataset from the command line."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from evaluations.datasets import services
from evaluations.datasets.enums import ImportMode, Purpose
from evaluations.datasets.importing.types import MAX_BYTES
from evaluations.datasets.models import Dataset
from portal.accounts.models import User
from portal.common.errors import DomainError
from workloads.lifecycle.models import Workload


class Command(BaseCommand):
    """``manage.py import_dataset WL-0001 FILE --name "Tickets" --commit``."""

    help = "Import JSONL or CSV examples into a dataset of a workload, all rows or none."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the workload, the file, and what is to happen with it."""
        parser.add_argument("workload", help="reference of the workload, such as WL-0001")
        parser.add_argument("file", type=Path)
        parser.add_argument("--name", default="", help="name of the dataset; made if it is new")
        parser.add_argument("--purpose", choices=Purpose.values, default=Purpose.GOLDEN.value)
        parser.add_argument("--replace", action="store_true", help="replace the whole draft")
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
            if path.stat().st_size > MAX_BYTES:
                raise CommandError(f"{path.name} is larger than 20 MB.", returncode=2)
            data = path.read_bytes()
        except OSError as problem:
            raise CommandError(
                f"{path} cannot be read: {problem.strerror}.", returncode=2
            ) from None
        try:
            self._import(actor, workload, path, data, options)
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

    @transaction.atomic
    def _import(
        self, actor: User, workload: Workload, path: Path, data: bytes, options: dict[str, Any]
    ) -> None:
        name = options["name"] or path.stem.replace("_", " ")
        dataset = Dataset.objects.filter(workload=workload, name=name).first()
        if dataset is None:
            dataset = services.create_dataset(
                actor=actor, workload=workload, name=name, purpose=Purpose(options["purpose"])
            )
        count = services.import_examples(
            actor=actor,
            dataset=dataset,
            filename=path.name,
            data=data,
            mode=ImportMode.REPLACE if options["replace"] else ImportMode.ADD,
        )
        self.stdout.write(f"{count} examples imported into {dataset}.")
        if options["commit"]:
            version = services.commit_version(actor=actor, dataset=dataset, note=options["note"])
            self.stdout.write(f"{version} committed: {version.n} examples, {version.digest}")
