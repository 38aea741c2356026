"""A small stack of its own: PostgreSQL, Valkey and, with --stubborn, a part that will not go.

Run as ``python standin.py VAR``; prints one line of JSON when everything is up, then stays. It is
made of the same pieces as ``./assay up``, without Django.
"""

import json
import os
import sys
from pathlib import Path

from portal.stack.errors import StackError, StopRequested
from portal.stack.family import Family, Part
from portal.stack.layout import Layout
from portal.stack.lock import Lock
from portal.stack.postgres import embedded_postgres
from portal.stack.terminal import complain, say
from portal.stack.valkey import Valkey

# A parent and a child, both deaf to every polite signal, like a server that hangs while it stops.
STUBBORN = """
import os, signal, time
for number in (signal.SIGTERM, signal.SIGQUIT, signal.SIGINT):
    signal.signal(number, signal.SIG_IGN)
os.fork()
time.sleep(600)
"""


def main() -> int:
    environment = dict(os.environ)
    layout = Layout(root=Path(__file__).parents[2], var=Path(sys.argv[1]))
    layout.make_folders()
    with Lock(layout.var / "lock") as lock, Family(layout.logs, keep=(lock.fileno(),)) as family:
        postgres = embedded_postgres(
            family,
            var=layout.var,
            sockets=layout.sockets,
            mark=layout.mark,
            environment=environment,
        )
        valkey = Valkey(family, layout.var / "valkey", layout.sockets, environment)
        postgres.begin()
        valkey.begin()
        postgres.finish()
        valkey.finish()
        if "--stubborn" in sys.argv:
            part = Part(
                name="stubborn",
                command=(sys.executable, "-c", STUBBORN),
                environment=environment,
                folder=layout.var,
                patience=0.5,
            )
            family.start(part)
        lock.note("http://127.0.0.1:1/")
        facts = {"database": postgres.url, "queue": valkey.url, "sockets": postgres.home.sockets}
        say(json.dumps(facts, default=str))
        try:
            family.watch()
        except StopRequested:
            say("stopping")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except StackError as error:
        complain(str(error))
        sys.exit(1)
