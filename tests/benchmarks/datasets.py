"""How long the largest import takes, how much memory, and what an editor of 5,000 examples costs.

    python -m tests.benchmarks.datasets [--rows 5000] [--megabytes 19]

Makes a scratch database beside the one of DATABASE_URL, imports a JSONL file of that size through
the service that pages and commands use, reads it back, and opens the pages of the dataset as a
signed-in person. Prints seconds and the growth of the process's memory, and exits with 1 when the
import is over its goal: 15 seconds, 200 MB.
"""

import argparse
import json
import logging
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ.setdefault("ASSAY_ENV", "test")
django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from evaluations.datasets import services  # noqa: E402
from evaluations.datasets.enums import ImportMode  # noqa: E402
from evaluations.datasets.exporting import csv_lines, jsonl  # noqa: E402
from evaluations.datasets.selectors import draft_revisions  # noqa: E402
from portal.accounts.services import create_user  # noqa: E402
from workloads.lifecycle.services import create_workload  # noqa: E402

GOAL_SECONDS = 15.0
GOAL_MEGABYTES = 200.0
WORDS = [f"word{number}" for number in range(4_000)]


def file_of(rows: int, megabytes: float) -> bytes:
    """Return a JSONL file of about that size."""
    chance = random.Random(20261122)
    length = int(megabytes * 1_048_576 / rows) - 160
    with tempfile.TemporaryFile() as out:
        for line in _lines(rows, length, chance):
            out.write(line)
        out.seek(0)
        return out.read()


def _lines(rows: int, length: int, chance: random.Random) -> Iterator[bytes]:
    for number in range(rows):
        text = " ".join(chance.choices(WORDS, k=length // 8 + 8))[:length]
        yield (
            json.dumps(
                {
                    "key": f"b-{number:05}",
                    "kind": chance.choice(["typical", "typical", "edge", "adversarial"]),
                    "input": {"subject": f"Ticket {number}", "body": text},
                    "expected": {"category": chance.choice("ABCD")},
                    "tags": [chance.choice(["billing", "login", "refund"])],
                }
            )
            + "\n"
        ).encode()


def megabytes_now() -> float:
    """Return the most memory that this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(name: str, act: Callable[[], Any]) -> tuple[float, float]:
    """Do it, print and return its seconds and by how much the most memory grew."""
    before, began, computed = megabytes_now(), time.perf_counter(), time.process_time()
    act()
    seconds, grown = time.perf_counter() - began, megabytes_now() - before
    own = time.process_time() - computed
    sys.stdout.write(f"{name:<34}{seconds:>8.2f} s {own:>8.2f} s own {grown:>8.0f} MB more" + "\n")
    return seconds, grown


def measure(rows: int, megabytes: float) -> bool:
    """Measure all of it; return whether the import met its goals."""
    person = create_user(actor=None, email="bench@example.com", display_name="Bench")
    workload = create_workload(actor=person, name="Benchmark of datasets")
    made = services.create_dataset(actor=person, workload=workload, name="Large")
    data = file_of(rows, megabytes)
    size = len(data) / 1_048_576
    sys.stdout.write(f"{rows:,} examples, {size:.1f} MB; {megabytes_now():.0f} MB at the start\n")
    seconds, grown = timed(
        "import",
        lambda: services.import_examples(
            actor=person, dataset=made, filename="f.jsonl", data=data, mode=ImportMode.ADD
        ),
    )
    timed("commit", lambda: services.commit_version(actor=person, dataset=made))
    timed("export, JSONL", lambda: sum(map(len, jsonl(draft_revisions(made)))))
    timed("export, CSV", lambda: sum(map(len, csv_lines(draft_revisions(made)))))
    client = Client()
    client.force_login(person)
    base = f"/workloads/{workload.ref}/datasets/{made.ref}/"
    for rest in ("", "", "examples/", "examples/?q=word17", "examples/?tag=login", "compare/"):
        timed(f"page {rest or 'is it good enough?'}", lambda rest=rest: client.get(base + rest))
    return seconds <= GOAL_SECONDS and grown <= GOAL_MEGABYTES


def main() -> int:
    """Run it; return 1 when a goal is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=5_000)
    parser.add_argument("--megabytes", type=float, default=19.0)
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    connection.settings_dict["TEST"]["NAME"] = f"bench_{connection.settings_dict['NAME']}"
    kept = str(connection.settings_dict["NAME"])
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        met = measure(asked.rows, asked.megabytes)
    finally:
        connection.creation.destroy_test_db(kept, verbosity=0)
    goal = f"{GOAL_SECONDS:.0f} s and {GOAL_MEGABYTES:.0f} MB"
    sys.stdout.write(f"import {'within' if met else 'over'} the goal of {goal}\n")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
