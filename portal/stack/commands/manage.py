"""`./assay manage`: Django's commands, on the database, queue and gateway of this clone."""

import json
import os
import subprocess
import sys

from portal.stack.commands.up import joinable
from portal.stack.errors import StackError
from portal.stack.family import Family
from portal.stack.layout import layout_for
from portal.stack.lock import Lock, is_held
from portal.stack.parts import base_environment
from portal.stack.services import Services, probe_external


def main(arguments: list[str]) -> int:
    """Run one command and return its exit status.

    Joins the stack when `./assay up` runs; otherwise starts the embedded services for the time of
    the command. Workers run only under `up`.
    """
    given = dict(os.environ)
    layout = layout_for(given)
    layout.make_folders()
    command = [sys.executable, str(layout.root / "manage.py"), *arguments]
    if is_held(layout.var / "lock"):
        try:
            settings = json.loads(joinable(layout).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise StackError(
                "Assay is just starting or stopping in this folder; try again in a moment."
            ) from None
        return subprocess.call(command, env={**settings, **base_environment(given, layout.root)})
    with Lock(layout.var / "lock") as lock:
        probe_external(given, layout.root)
        with Family(layout.logs, keep=(lock.fileno(),)) as family:
            services = Services(family, layout, given)
            services.begin()
            services.finish()
            return family.attend(command, services.environment)
