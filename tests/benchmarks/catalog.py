"""How fast the catalog lists, filters, searches and pages with LiteLLM's whole map in it.

    python -m tests.benchmarks.catalog [--rows 4242] [--rounds 40]

Makes a scratch database beside the one of DATABASE_URL, fills it with as many made-up models as the
map has, asks for pages as a signed-in person through the whole stack of middleware, prints p50 and
p95 of the server's time in milliseconds, and exits with 1 when a p95 is over the goal.
"""

import argparse
import random
import sys
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from django.db import connection
from django.test import Client
from django.utils import timezone

# First, since it sets Django up.
from tests.benchmarks._scratch import measured, scratch  # isort: split

from catalog.models import CatalogEntry, Price
from portal.accounts.services import create_user

GOAL_MS = 150.0
PROVIDERS = [f"provider-{n:03}" for n in range(143)]


def fill(rows: int) -> None:
    """Make ``rows`` entries, each with two prices, spread as a large catalog is."""
    chance = random.Random(20261122)
    today = timezone.now()
    entries = [
        CatalogEntry(
            gateway_alias=f"{chance.choice(PROVIDERS)}/model-{number:05}",
            provider=chance.choice(PROVIDERS),
            model=f"model-{number:05}",
            snapshot=f"model-{number:05}-2026-05-01",
            summary="A model of the benchmark with a line of text about what it is good at.",
            capabilities=chance.sample(["tools", "json_schema", "vision", "streaming"], k=2),
            modalities=["text"],
            context_window=chance.choice([8_000, 32_000, 128_000, 1_000_000]),
            max_output_tokens=4_000,
            hosting=chance.choice(["provider", "cloud_tenant", "own"]),
            regions=chance.sample(["eu", "us", "asia", "eu-central-1"], k=2),
            max_data_class=chance.choice(["public", "internal", "confidential", "restricted"]),
            trains_on_data="no",
            status=chance.choice(["proposed", "approved", "approved", "deprecated"]),
            approval_expires=(today + timedelta(days=chance.randrange(1, 365))).date(),
            latency_p95_ms=chance.randrange(100, 4_000),
        )
        for number in range(rows)
    ]
    CatalogEntry.objects.bulk_create(entries, batch_size=500)
    for age in (30, 1):
        Price.objects.bulk_create(
            (
                Price(
                    entry=entry,
                    valid_from=today - timedelta(days=age),
                    price_in=Decimal(chance.randrange(1, 9_000)) / 100,
                    price_out=Decimal(chance.randrange(1, 9_000)) / 100,
                    source="benchmark",
                )
                for entry in entries
            ),
            batch_size=500,
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def cursors(client: Client) -> list[str]:
    """Return the cursors of all pages."""
    found, cursor = [""], ""
    while True:
        cursor = client.get("/api/v1/catalog", {"cursor": cursor}).json()["next_cursor"]
        if not cursor:
            return found
        found.append(cursor)


def main() -> int:
    """Run the benchmark; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=4_242)
    parser.add_argument("--rounds", type=int, default=40)
    given = parser.parse_args()
    with scratch():
        fill(given.rows)
        client = Client()
        client.force_login(create_user(actor=None, email="bench@example.com", display_name="B"))
        pages = cursors(client)
        asked: dict[str, Callable[[int], str]] = {
            "first page": lambda n: "/catalog/",
            "any page": lambda n: f"/catalog/?cursor={pages[n * 7 % len(pages)]}",
            "one facet": lambda n: f"/catalog/?provider={PROVIDERS[n % len(PROVIDERS)]}",
            "three facets": lambda n: "/catalog/?status=approved&data_class=confidential&region=eu",
            "text": lambda n: f"/catalog/?q=model-0{n % 10}",
            "text, nothing found": lambda n: "/catalog/?q=nothing-has-this-name",
            "attention": lambda n: "/catalog/?attention=expiring",
            "API page": lambda n: f"/api/v1/catalog?cursor={pages[n * 7 % len(pages)]}",
        }
        worst = 0.0
        sys.stdout.write(f"{given.rows} models, {len(pages)} pages, {given.rounds} answers each\n")
        for name, ask in asked.items():
            seen = measured(ask, client, given.rounds)
            worst = max(worst, seen.p95)
            sys.stdout.write(
                f"{name:<22} p50 {seen.p50:7.1f} ms   p95 {seen.p95:7.1f} ms"
                f"   own {seen.own:6.1f} ms\n"
            )
            sys.stdout.flush()
        verdict = "within" if worst < GOAL_MS else "over"
        sys.stdout.write(f"worst p95 {worst:.1f} ms: {verdict} the goal of {GOAL_MS:.0f} ms\n")
        return 0 if worst < GOAL_MS else 1


if __name__ == "__main__":
    raise SystemExit(main())
