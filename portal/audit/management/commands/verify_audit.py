"""`manage.py verify_audit`: does the audit chain hold?"""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from portal.audit.services import anchor_file, read_anchors, verify


class Command(BaseCommand):
    """Prints how many events were read and every fault; exit status 1 when there is one."""

    help = "Verify the audit chain against itself and against the anchors."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take another anchor file, a copy kept elsewhere for example."""
        parser.add_argument("--anchors", type=Path, default=None, help="a file of anchors")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify and report."""
        count, faults = verify(read_anchors(options["anchors"] or anchor_file()))
        for fault in faults:
            self.stdout.write(f"event {fault.seq}: {fault.problem}")
        self.stdout.write(f"{count} events read, {len(faults)} faults")
        if faults:
            sys.exit(1)
