"""Take a prompt file in from the command line, for repositories and their pipelines."""

from pathlib import Path
from typing import Any

from portal.accounts.models import User
from workloads.lifecycle.commands import FileCommand
from workloads.lifecycle.models import Workload
from workloads.prompts import services
from workloads.prompts.files import MAX_BYTES


class Command(FileCommand):
    """``manage.py import_prompt WL-0001 tickets.prompt --commit --note "from git"``."""

    help = "Make a prompt file the draft of a workload's prompt, and commit it when asked."
    most = MAX_BYTES

    def take_in(
        self, actor: User, workload: Workload, path: Path, data: bytes, options: dict[str, Any]
    ) -> None:
        """Make the file the draft, and the draft a version."""
        services.import_file(actor=actor, workload=workload, data=data)
        if not options["commit"]:
            self.stdout.write(f"The draft of {workload.ref} is now what the file holds.")
            return
        version = services.commit_version(actor=actor, workload=workload, note=options["note"])
        self.stdout.write(f"{workload.ref} prompt version {version.number}: {version.digest}")
