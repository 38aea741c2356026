"""`./assay bench`: the slow proofs, each a module of `tests.benchmarks` that prints its figures."""

import os
import sys

from portal.stack.layout import layout_for
from portal.stack.terminal import complain
from portal.stack.throwaway import attend

# Those that measure what durability costs.
DURABLE = ("engine",)


def main(arguments: list[str]) -> int:
    """Run one benchmark on a throw-away PostgreSQL and Valkey; return its exit status.

    The first argument names it, the others go on to it.
    """
    given = dict(os.environ)
    root = layout_for(given).root
    folder = root / "tests" / "benchmarks"
    names = sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))
    if not arguments or arguments[0] not in names:
        complain(f"which benchmark? One of: {', '.join(names)}.")
        return 2
    module = f"tests.benchmarks.{arguments[0]}"
    command = [sys.executable, "-m", module, *arguments[1:]]
    return attend(command, root, given, durable=arguments[0] in DURABLE)
