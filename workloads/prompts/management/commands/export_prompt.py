"""Write a prompt version as a file on the command line."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from workloads.lifecycle.commands import BAD_INPUT, named_workload
from workloads.prompts.selectors import candidate_version, file_of, versions_of


class Command(BaseCommand):
    """``manage.py export_prompt WL-0001 > tickets.prompt``."""

    help = "Print a committed prompt version, the candidate by default, as a prompt file."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the workload and the version."""
        parser.add_argument("workload", help="reference of the workload, such as WL-0001")
        parser.add_argument("--version", dest="number", type=int, help="the candidate by default")

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Leave ``--version`` to us: here it names a version of the prompt."""
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the file, byte for byte as the page and the API give it."""
        workload = named_workload(options["workload"])
        number = options["number"]
        if number is None:
            version = candidate_version(workload)
        else:
            version = versions_of(workload).filter(number=number).first()
        if version is None:
            raise CommandError("There is no such version.", returncode=BAD_INPUT)
        self.stdout.write(file_of(version), ending="")
