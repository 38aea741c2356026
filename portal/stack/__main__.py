"""`python -m portal.stack COMMAND`: what `./assay` becomes."""

import sys

from portal.stack.commands import bench, lint, manage, test, up
from portal.stack.errors import StackError, StopRequested
from portal.stack.terminal import complain

COMMANDS = {
    "up": up.main,
    "test": test.main,
    "lint": lint.main,
    "bench": bench.main,
    "manage": manage.main,
}


def main(arguments: list[str]) -> int:
    """Run one command and return its exit status: 2 for a wrong command line."""
    if not arguments or arguments[0] not in COMMANDS:
        complain("use one of: " + ", ".join(COMMANDS))
        return 2
    try:
        return COMMANDS[arguments[0]](arguments[1:])
    except StackError as error:
        complain(str(error), error.log)
        return 1
    except (StopRequested, KeyboardInterrupt):
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
