import cProfile
import io
import pstats
import subprocess
import sys
import time

import pytest

from tests.factories import runs

pytestmark = pytest.mark.django_db(transaction=True)


def test_p(gateway, drive, settings):
    stub = subprocess.Popen(
        [sys.executable, "-m", "tests.stubs.gateway"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        cwd="/work/main",
    )
    try:
        settings.GATEWAY_URL = stub.stdout.readline().decode().strip()
        s = runs.scene(200, ("a", "b", "c", "d"))
        t = time.monotonic()
        run = s.start(concurrency=64)
        print("accept", time.monotonic() - t)
        pr = cProfile.Profile(time.thread_time)
        c0 = time.process_time()
        t = time.monotonic()
        if PROF:
            pr.enable()
        drive(run)
        pr.disable()
        print("wall", time.monotonic() - t, "cpu", time.process_time() - c0, run.state)
        if PROF:
            o = io.StringIO()
            pstats.Stats(pr, stream=o).sort_stats(os.environ.get("SORT", "tottime")).print_stats(45)
            print(o.getvalue())
    finally:
        stub.kill()
        stub.wait()
        stub.stdout.close()


import os

PROF = os.environ.get("PROF")
