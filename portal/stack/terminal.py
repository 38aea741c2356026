"""What the person at the terminal reads."""

import sys
from pathlib import Path

from portal.stack.family import last_lines


def say(line: str = "") -> None:
    """One line, now."""
    print(line, flush=True)


def complain(sentence: str, log: Path | None = None) -> None:
    """A sentence on what is wrong, with the end of the log that explains it."""
    print(f"assay: {sentence}", file=sys.stderr)
    if log is not None:
        for line in last_lines(log):
            print(f"    {line}", file=sys.stderr)
        print(f"    (the whole log: {log})", file=sys.stderr)
    sys.stderr.flush()


def confirmed(question: str) -> bool:
    """Ask for a yes; anything else, or nobody there to answer, is a no."""
    try:
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False
