"""Import a file of examples into a dataset from the command line."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from evaluations.datasets import services
from evaluations.datasets.enums import ImportMode, Purpose
from evaluations.datasets.importing.types import MAX_BYTES
from evaluations.datasets.models import Dataset
from portal.accounts.models import User
from workloads.lifecycle.commands import FileCommand
from workloads.lifecycle.models import Workload


class Command(FileCommand):
    """``manage.py import_dataset WL-0001 FILE --name "Tickets" --commit``."""

    help = "Import JSONL or CSV examples into a dataset of a workload, all rows or none."
    most = MAX_BYTES

    def add_arguments(self, parser: CommandParser) -> None:
        """Take which dataset it is as well, and whether its draft is replaced."""
        super().add_arguments(parser)
        parser.add_argument("--name", default="", help="name of the dataset; made if it is new")
        parser.add_argument("--purpose", choices=Purpose.values, default=Purpose.GOLDEN.value)
        parser.add_argument("--replace", action="store_true", help="replace the whole draft")

    def take_in(
        self, actor: User, workload: Workload, path: Path, data: bytes, options: dict[str, Any]
    ) -> None:
        """Import the rows into the draft, and commit it."""
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
