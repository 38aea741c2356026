"""`./assay test`: pytest on a throw-away PostgreSQL and Valkey of its own."""

import os
import sys

from portal.stack.chromium import find_or_install
from portal.stack.layout import layout_for
from portal.stack.terminal import say
from portal.stack.throwaway import attend

# Three test processes: a third of the suite waits for browsers and for processes that it kills, and
# our machines have two cores at least. Whole files go to one process, since a file's tests share
# costly fixtures, in the order of collection: the longest first (tests/conftest.py). Whoever asks
# for -x, -s, -p or a number of his own wants to see one thing after the other.
PARALLEL = ("-n", "3", "--dist", "loadfile", "--no-loadscope-reorder")
ONE_BY_ONE = ("-n", "-x", "-s", "-p", "--numprocesses", "--exitfirst", "--capture", "--pdb")


def main(arguments: list[str]) -> int:
    """Run pytest with these arguments and return its exit status."""
    given = dict(os.environ)
    chromium, reason = find_or_install(given)
    if reason:
        say(f"The tests in a browser are skipped: {reason}.")
    return attend(
        [sys.executable, "-m", "pytest", *defaults(arguments), *arguments],
        layout_for(given).root,
        given,
        ASSAY_CHROMIUM=chromium,
        ASSAY_CHROMIUM_MISSING=reason,
    )


def defaults(arguments: list[str]) -> list[str]:
    """The options that are ours unless the person gave his own."""
    return [] if any(word.startswith(ONE_BY_ONE) for word in arguments) else list(PARALLEL)
