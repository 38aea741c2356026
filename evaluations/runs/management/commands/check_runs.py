"""Check what must hold of every run, and say where it does not."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from evaluations.runs.checking import INVARIANTS, violations
from evaluations.runs.models import Run
from portal.audit import services as audit


class Command(BaseCommand):
    """``manage.py check_runs [WL-0001]``: exit status 1 when a rule is broken."""

    help = "Check that leases, results, money and audit events of all runs agree."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the workload whose runs are to be checked; without it all."""
        parser.add_argument("workload", nargs="?", help="only the runs of this workload")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask every rule of every run."""
        wanted = options["workload"]
        chain: list[audit.Fault] = []
        if wanted:
            runs = list(Run.objects.filter(workload__ref=wanted))
            found = [broken for run in runs for broken in violations(run)]
            count = len(runs)
        else:
            found, count = violations(), Run.objects.count()
            _, chain = audit.verify()
        for broken in found:
            self.stderr.write(f"{broken.run_id}: {broken.invariant}: {broken.detail}")
        for fault in chain:
            self.stderr.write(f"audit event {fault.seq}: I12 the chain holds: {fault.problem}")
        if found or chain:
            raise CommandError(
                f"{len(found) + len(chain)} rules broken in {count} runs.", returncode=1
            )
        self.stdout.write(f"{count} runs checked by {len(INVARIANTS)} rules; all hold.")
