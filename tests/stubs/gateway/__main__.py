"""Serve the stub until it is stopped: ``python -m tests.stubs.gateway [--port N] [--behave
MODEL:SPEC]``.
"""

import argparse
import signal
import sys
import threading

from tests.stubs.gateway.server import StubGateway


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--key", default="", help="the key that is demanded; none by default")
    parser.add_argument("--behave", action="append", default=[], metavar="MODEL:SPEC")
    options = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with StubGateway(port=options.port, key=options.key, log=False) as stub:
        for entry in options.behave:
            model, _, spec = entry.partition(":")
            stub.behave(model, spec)
        sys.stdout.write(f"{stub.url}\n")
        sys.stdout.flush()
        stop.wait()
        sys.stdout.write(f"{stub.counts()}\n")


main()
