"""How long 4 candidates on 200 examples take beside each other, and how large the page is.

    python -m tests.benchmarks.compare [--rounds 30]

Makes a scratch database beside the one of DATABASE_URL, publishes a scorecard of four candidates
over 200 examples, asks for the page as a signed-in person through the whole stack of middleware,
prints p50 and p95 of the server's time and the size, and exits with 1 when one is over its goal.
"""

import argparse
import logging
import os
import statistics
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ.setdefault("ASSAY_ENV", "test")
django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from tests.factories import scorecards  # noqa: E402

GOAL_MS, GOAL_BYTES = 400.0, 300_000


def main() -> int:
    """Run the benchmark; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    connection.settings_dict["TEST"]["NAME"] = f"bench_{connection.settings_dict['NAME']}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        scene = scorecards.scene(n=200, candidates=4)
        scene.scorecard()
        client = Client()
        client.force_login(scene.owner)
        start = f"/workloads/{scene.workload.ref}/compare/"
        sides = "?side=1.0&side=1.1&side=1.2&side=1.3"
        late = False
        for name, query in (("all", ""), ("regressions only", "&show=regressions")):
            client.get(start + sides + query)
            times, computed = [], time.process_time()
            for _ in range(given.rounds):
                began = time.perf_counter()
                answer = client.get(start + sides + query)
                times.append((time.perf_counter() - began) * 1000)
                if answer.status_code != 200:
                    raise SystemExit(f"the page answered {answer.status_code}")
            own = (time.process_time() - computed) * 1000 / given.rounds
            cuts = statistics.quantiles(times, n=100, method="inclusive")
            late = late or cuts[94] >= GOAL_MS or len(answer.content) >= GOAL_BYTES
            sys.stdout.write(
                f"{name:<18} p50 {cuts[49]:6.1f} ms   p95 {cuts[94]:6.1f} ms   own {own:6.1f} ms"
                f"   {len(answer.content):,} bytes\n"
            )
        verdict = "over" if late else "within"
        sys.stdout.write(f"{verdict} the goals of {GOAL_MS:.0f} ms and {GOAL_BYTES:,} bytes\n")
        return int(late)
    finally:
        connection.creation.destroy_test_db(settings.DATABASES["default"]["NAME"], verbosity=0)


if __name__ == "__main__":
    raise SystemExit(main())
