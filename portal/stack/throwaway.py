"""A PostgreSQL and a Valkey for the time of one command: for tests and benchmarks."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from portal.stack.family import Family
from portal.stack.layout import Layout
from portal.stack.parts import base_environment
from portal.stack.postgres import THROW_AWAY, embedded_postgres, without_libpq
from portal.stack.valkey import Valkey


def attend(
    command: list[str],
    root: Path,
    given: Mapping[str, str],
    *,
    durable: bool = False,
    **more: str,
) -> int:
    """Run ``command`` in ``root`` on services of its own; return its exit status.

    ``more`` joins its environment. ``durable``: what is committed is on the disk, as in production.
    StackError when a service does not start.
    """
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
                settings=() if durable else THROW_AWAY,
            )
            valkey = Valkey(
                family, layout.var / "valkey", layout.sockets, environment, durable=durable
            )
            postgres.begin()
            valkey.begin()
            postgres.finish()
            valkey.finish()
            return family.attend(
                command,
                folder=root,
                environment={
                    **without_libpq(environment),
                    "ASSAY_ENV": "test",
                    "ASSAY_VAR": str(layout.var / "portal"),
                    "DATABASE_URL": postgres.url,
                    "REDIS_URL": valkey.url,
                    **more,
                },
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(Path("/var/tmp") / f"assay-{layout.mark}", ignore_errors=True)
