import os
import subprocess
import sys
import time

import psutil
import pytest

from evaluations.runs.checking import violations
from evaluations.runs.models import Result
from tests.factories import runs
from tests.faults.conftest import *
from tests.faults.conftest import state_of, wait_for

pytestmark = pytest.mark.django_db(transaction=True)
ALIASES = ("a", "b", "c", "d")


def cpu(proc):
    t = 0
    for p in [psutil.Process(proc.pid)] + psutil.Process(proc.pid).children():
        c = p.cpu_times()
        t += c.user + c.system
    return t


@pytest.mark.parametrize("n", [int(os.environ.get("BN", "200"))])
def test_bench(request, workers, gateway, queue, n, tmp_path):
    conc = int(os.environ.get("BC", "64"))
    children = int(os.environ.get("BW", "2"))
    # stub in its own process
    stub = subprocess.Popen(
        [sys.executable, "-m", "tests.stubs.gateway"]
        + sum((["--behave", f"{a}:latency={os.environ.get('BL', '0')}"] for a in ALIASES), []),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        cwd="/work/main",
    )
    url = stub.stdout.readline().decode().strip()
    workers.environment["GATEWAY_URL"] = url
    workers.environment["RUN_LEASE_SECONDS"] = "90"
    request.addfinalizer(lambda: (stub.kill(), stub.wait(), stub.stdout.close()))
    w = workers.worker(children=children)
    scene = runs.scene(n, ALIASES)
    time.sleep(4)
    lat = float(os.environ.get("BL", "0")) / 1000
    for k in range(int(os.environ.get("BK", "3"))):
        c0 = cpu(w)
        t0 = time.monotonic()
        run = scene.start(concurrency=conc)
        t1 = time.monotonic()
        wait_for(lambda: state_of(run) not in ("queued", "running"), every=0.01)
        t2 = time.monotonic()
        ideal = n * 4 * lat / conc
        run.refresh_from_db()
        print(
            f"RESULT n={n} lat={lat} accept={t1 - t0:.3f} wall={t2 - t1:.3f} calls/s={n * 4 / (t2 - t1):.0f} ratio={(t2 - t1) / ideal if ideal else 0:.3f} state={run.state} cpu_ms_per_call={(cpu(w) - c0) * 1000 / (n * 4):.2f} results={Result.objects.filter(run=run).count()} rss={[round(p.memory_info().rss / 1e6) for p in psutil.Process(w.pid).children()]}",
            flush=True,
        )
        print(violations(run))
    import pathlib

    print(pathlib.Path(tmp_path / "worker-0.log").read_text()[-int(os.environ.get("BLOG", "1")) :])
