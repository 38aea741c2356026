"""What goes wrong while the stack starts or runs, in words for the person at the terminal."""

from pathlib import Path


class StackError(Exception):
    """One sentence that says what is wrong and what would be right.

    ``log`` names a file whose last lines explain it, when there is one.
    """

    def __init__(self, sentence: str, *, log: Path | None = None) -> None:
        super().__init__(sentence)
        self.log = log


class StopRequested(Exception):
    """The person pressed Ctrl-C, or the system asked us to end."""
