"""How long 4 candidates on 200 examples take beside each other, and how large the page is.

    python -m tests.benchmarks.compare [--rounds 30]

Makes a scratch database beside the one of DATABASE_URL, publishes a scorecard of four candidates
over 200 examples, asks for the page as a signed-in person through the whole stack of middleware,
prints p50 and p95 of the server's time and the size, and exits with 1 when one is over its goal.
"""

import argparse
import sys

from django.test import Client

from tests.benchmarks._scratch import measured, scratch
from tests.factories import scorecards

GOAL_MS, GOAL_BYTES = 400.0, 300_000


def main() -> int:
    """Run the benchmark; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    given = parser.parse_args()
    with scratch():
        scene = scorecards.scene(n=200, candidates=4)
        scene.scorecard()
        client = Client()
        client.force_login(scene.owner)
        start = f"/workloads/{scene.workload.ref}/compare/"
        sides = "?side=1.0&side=1.1&side=1.2&side=1.3"
        late = False
        for name, query in (("all", ""), ("regressions only", "&show=regressions")):
            path = start + sides + query
            seen = measured(lambda number, path=path: path, client, given.rounds)
            late = late or seen.p95 >= GOAL_MS or seen.size >= GOAL_BYTES
            sys.stdout.write(
                f"{name:<18} p50 {seen.p50:6.1f} ms   p95 {seen.p95:6.1f} ms"
                f"   own {seen.own:6.1f} ms   {seen.size:,} bytes\n"
            )
        verdict = "over" if late else "within"
        sys.stdout.write(f"{verdict} the goals of {GOAL_MS:.0f} ms and {GOAL_BYTES:,} bytes\n")
        return int(late)


if __name__ == "__main__":
    raise SystemExit(main())
