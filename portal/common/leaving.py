"""Whether this worker was asked to end: told to its children, which a warm shutdown only waits for.

A byte in memory that is shared with every process forked later. A task that may go on for a while
asks, and hands over early instead of holding up a deployment.
"""

import mmap

_flag = mmap.mmap(-1, 1)


def announce() -> None:
    """Tell every process that was forked from this one. Safe in a signal handler."""
    _flag[0] = 1


def announced() -> bool:
    """Whether the worker that this process belongs to is to end."""
    return _flag[0] == 1
