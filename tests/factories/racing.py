"""Several people at the same moment: real threads and real transactions."""

import threading
from collections.abc import Callable, Sequence

from django.db import connection


def at_once(acts: Sequence[Callable[[], object]]) -> list[Exception]:
    """Run ``acts`` in threads that start together; return what was raised, in no order."""
    start = threading.Barrier(len(acts))
    raised: list[Exception] = []

    def run(act: Callable[[], object]) -> None:
        try:
            start.wait(30)
            act()
        except Exception as problem:
            raised.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,), daemon=True) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return raised
