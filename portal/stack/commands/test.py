"""`./assay test`: pytest on a throw-away PostgreSQL and Valkey of its own."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from portal.stack.chromium import find_or_install
from portal.stack.family import Family
from portal.stack.layout import Layout, layout_for
from portal.stack.parts import base_environment
from portal.stack.postgres import THROW_AWAY, embedded_postgres, without_libpq
from portal.stack.terminal import say
from portal.stack.valkey import Valkey

# Two test processes: the suite waits as much as it works, and our machines have two cores at
# least. Whole files go to one process, since a file's tests share costly fixtures. Whoever asks
# for -x, -s, -p or a number of his own wants to see one thing after the other.
PARALLEL = ("-n", "2", "--dist", "loadfile")
ONE_BY_ONE = ("-n", "-x", "-s", "-p", "--numprocesses", "--exitfirst", "--capture", "--pdb")


def main(arguments: list[str]) -> int:
    """Run pytest with these arguments and return its exit status."""
    given = dict(os.environ)
    root = layout_for(given).root
    chromium, reason = find_or_install(given)
    if reason:
        say(f"The tests in a browser are skipped: {reason}.")
    # Directly below /tmp: a longer TMPDIR would not leave room for the sockets' names.
    folder = Path(tempfile.mkdtemp(prefix="assay-test-", dir="/tmp"))
    layout = Layout(root=root, var=folder)
    try:
        layout.make_folders()
        with Family(layout.logs) as family:
            environment = base_environment(given, root)
            postgres = embedded_postgres(
                family,
                var=layout.var,
                sockets=layout.sockets,
                mark=layout.mark,
                environment=environment,
                settings=THROW_AWAY,
            )
            valkey = Valkey(
                family, layout.var / "valkey", layout.sockets, environment, durable=False
            )
            postgres.begin()
            valkey.begin()
            postgres.finish()
            valkey.finish()
            return family.attend(
                [sys.executable, "-m", "pytest", *defaults(arguments), *arguments],
                folder=root,
                environment={
                    **without_libpq(environment),
                    "ASSAY_ENV": "test",
                    "ASSAY_VAR": str(layout.var / "portal"),
                    "ASSAY_CHROMIUM": chromium,
                    "ASSAY_CHROMIUM_MISSING": reason,
                    "DATABASE_URL": postgres.url,
                    "REDIS_URL": valkey.url,
                },
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(Path("/var/tmp") / f"assay-{layout.mark}", ignore_errors=True)


def defaults(arguments: list[str]) -> list[str]:
    """The options that are ours unless the person gave his own."""
    return [] if any(word.startswith(ONE_BY_ONE) for word in arguments) else list(PARALLEL)
