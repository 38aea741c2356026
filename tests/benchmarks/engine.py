"""How fast the run engine is: from "run accepted" to "scorecard published", everything durable.

    ./assay bench engine [--json] [--rounds 3] [--large] [--limited] [--hanging]

200 examples on 4 candidates at concurrency 64 against a stub gateway that answers after 0, 50 and
200 ms, through a real Celery worker on a PostgreSQL and a Valkey that keep what they are told. Next
to it, over the same stub: a bare aiohttp loop, and openai-python with `asyncio.gather`. The loops
keep, price and score nothing.

``--large`` runs 2,000 examples on 4 candidates at 50 ms, ``--limited`` meets a gateway that turns
calls away, ``--hanging`` one that forgets 4 % of them. ``--json`` ends with one JSON object.
"""

import argparse
import json
import logging
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ.setdefault("ASSAY_ENV", "test")
django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402

from tests.benchmarks._engine_bench import (  # noqa: E402
    Clocks,
    Looped,
    Measured,
    Stub,
    loop,
    measure,
    stub,
    worker,
)
from tests.factories import runs  # noqa: E402

MODELS = ("alpha", "beta", "gamma", "delta")
CONCURRENCY = 64
EXAMPLES = 200
LATENCIES = (0, 50, 200)


def aliases(prefix: str) -> list[str]:
    """Return names of four models for one more scene."""
    return [f"{prefix}-{model}" for model in MODELS]


def say(words: str) -> None:
    """Print a line at once."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def row(name: str, calls: int, seconds: float, ideal: float, cpu: str) -> None:
    """Print one line of the table."""
    over = f"{seconds / ideal:5.2f} x ideal" if ideal else "             "
    say(f"{name:<22} {seconds:7.3f} s  {calls / seconds:8,.0f} calls/s  {over}  {cpu}")


def cpu_words(found: Measured, calls: int) -> str:
    """Return the processor time of 1,000 calls, by part."""
    used, per = found.used, 1000 / calls
    return (
        f"{used.all * per:.2f} s CPU per 1,000 calls (worker {used.worker * per:.2f},"
        f" PostgreSQL {used.postgres * per:.2f}, Valkey {used.valkey * per:.2f})"
    )


def whole(found: Measured, planned: int) -> Measured:
    """Return what was measured; ends the benchmark when the run is not what was asked for."""
    run = found.run
    if not found.published or (run.done_count, run.state) != (planned, "complete"):
        raise SystemExit(f"run {run.number}: {run.state}, {run.done_count} of {planned} answers")
    return found


class Bench:
    """The scenarios, on one stub, one worker and one scratch database."""

    def __init__(self, gateway: Stub, clocks: Clocks, python: str, rounds: int) -> None:
        self.gateway = gateway
        self.clocks = clocks
        self.python = python
        self.rounds = rounds
        self.figures: dict[str, float | None] = {}
        self.scene = runs.scene(EXAMPLES, MODELS)

    def run(self, latency: int, scene: runs.Scene | None = None) -> Measured:
        """Run a scene once at a latency."""
        used = scene or self.scene
        calls = used.version.n * len(MODELS)
        self.gateway.behave(latency=latency)
        ideal = calls * latency / 1000 / CONCURRENCY
        return whole(measure(used, self.clocks, ideal=ideal, concurrency=CONCURRENCY), calls)

    def looped(self, name: str, latency: int, calls: int) -> Looped | None:
        """Run one of the loops at a latency: the middle of the rounds."""
        self.gateway.behave(latency=latency)
        found = [
            loop(
                self.python if name == "openai" else sys.executable,
                name,
                self.gateway,
                calls,
                CONCURRENCY,
            )
            for _ in range(self.rounds)
        ]
        good = sorted((one for one in found if one is not None), key=lambda one: one.seconds)
        return good[len(good) // 2] if good else None

    def table(self) -> None:
        """The three latencies beside the loops."""
        calls = EXAMPLES * len(MODELS)
        for latency in LATENCIES:
            ideal = calls * latency / 1000 / CONCURRENCY
            say(f"\n{EXAMPLES} examples x {len(MODELS)} candidates at {latency} ms")
            loops = {name: self.looped(name, latency, calls) for name in ("aiohttp", "openai")}
            for name, one in loops.items():
                if one is None:
                    say(f"{name:<22} not measured: not installed for {self.python}")
                else:
                    cpu = f"{one.cpu * 1000 / calls:.2f} s CPU per 1,000 calls"
                    row(name, calls, one.seconds, ideal, cpu)
            found = sorted((self.run(latency) for _ in range(self.rounds)), key=lambda m: m.seconds)
            middle = found[len(found) // 2]
            row("the engine, durable", calls, middle.seconds, ideal, cpu_words(middle, calls))
            self._keep(latency, found, middle, loops, ideal, calls)

    def _keep(
        self,
        latency: int,
        found: list[Measured],
        middle: Measured,
        loops: dict[str, Looped | None],
        ideal: float,
        calls: int,
    ) -> None:
        if latency:
            self.figures[f"ratio_{latency}ms"] = round(middle.seconds / ideal, 3)
            return
        script = loops["openai"]
        self.figures["calls_per_s_0ms"] = round(calls / middle.seconds)
        self.figures["vs_openai_script"] = (
            round(script.seconds / middle.seconds, 2) if script else None
        )
        cpu = statistics.median(one.used.all for one in found)
        self.figures["cpu_ms_per_call"] = round(cpu * 1000 / calls, 3)

    def memory(self) -> None:
        """What the worker holds after all that."""
        together, largest = self.clocks.memory_mb()
        say(
            f"\nworker: {together:.0f} MB (shared pages once), its largest process {largest:.0f} MB"
        )
        self.figures["rss_mb"] = round(together)

    def large(self) -> None:
        """Ten times the examples take ten times as long, in the same memory."""
        say(f"\n{EXAMPLES * 10} examples x {len(MODELS)} candidates at 50 ms")
        _, before = self.clocks.memory_mb()
        scene = runs.scene(EXAMPLES * 10, aliases("many"))
        calls = EXAMPLES * 10 * len(MODELS)
        found = self.run(50, scene)
        ideal = calls * 0.05 / CONCURRENCY
        row("the engine, durable", calls, found.seconds, ideal, cpu_words(found, calls))
        _, after = self.clocks.memory_mb()
        say(f"largest process of the worker: {before:.0f} MB before, {after:.0f} MB after")
        self.figures["large_ratio_50ms"] = round(found.seconds / ideal, 3)
        self.figures["large_growth_mb"] = round(after - before)

    def limited(self) -> None:
        """A gateway that takes 50 requests a second, and one that turns every fifth item away."""
        scene = runs.scene(200, ["limited"])
        say("\n200 calls, at most 50 requests in any second, 429 with Retry-After 1")
        self.gateway.behave(latency=50, window=50, retry_after=1)
        found = whole(measure(scene, self.clocks, ideal=0, concurrency=CONCURRENCY), 200)
        counts = self.gateway.counts()
        wasted = counts.get("429", 0) / 200
        row("the engine, durable", 200, found.seconds, 4.0, f"{wasted:.0%} of calls wasted")
        self.figures["limited_ratio"] = round(found.seconds / 4.0, 3)
        self.figures["limited_wasted"] = round(wasted, 3)
        say("\n200 calls at concurrency 16, a fifth first answered by 429 with Retry-After 3")
        self.gateway.behave(latency=50, refused=0.2, retry_after=3)
        found = whole(measure(scene, self.clocks, ideal=0, concurrency=16), 200)
        row("the engine, durable", 200, found.seconds, 0, str(self.gateway.counts()))
        self.figures["refused_seconds"] = round(found.seconds, 2)

    def hanging(self) -> None:
        """A gateway that never answers 4 % of the calls."""
        scene = runs.scene(200, ["hanging"])
        say("\n200 calls at concurrency 16, of which 4 % hang; deadline 2 s")
        self.gateway.behave(latency=50, hanging=0.04)
        began = time.perf_counter()
        found = whole(
            measure(scene, self.clocks, ideal=0, concurrency=16, timeout_seconds=2.0), 200
        )
        row("the engine, durable", 200, found.seconds, 0, str(self.gateway.counts()))
        self.figures["hanging_seconds"] = round(time.perf_counter() - began, 2)


def main() -> int:
    """Run the benchmark; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="the middle of so many is shown")
    parser.add_argument("--workers", type=int, default=2, help="pool children of the worker")
    for name in ("json", "large", "limited", "hanging"):
        parser.add_argument(f"--{name}", action="store_true")
    parser.add_argument(
        "--openai-python", default=sys.executable, help="an interpreter that has openai"
    )
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    names: dict[str, Any] = connection.settings_dict
    names["TEST"]["NAME"] = f"bench_{names['NAME']}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        with tempfile.TemporaryDirectory() as folder, stub() as gateway:
            log = Path(folder) / "worker.log"
            with worker(gateway, log, given.workers) as pid:
                bench = Bench(gateway, Clocks(pid), given.openai_python, given.rounds)
                # Every child of the pool has opened its connection and read its code once.
                for _ in range(2 * given.workers):
                    bench.run(0)
                chosen = [name for name in ("large", "limited", "hanging") if getattr(given, name)]
                if not chosen:
                    bench.table()
                for name in chosen:
                    getattr(bench, name)()
                bench.memory()
    finally:
        connection.creation.destroy_test_db(settings.DATABASES["default"]["NAME"], verbosity=0)
    if given.json:
        say(json.dumps(bench.figures))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
