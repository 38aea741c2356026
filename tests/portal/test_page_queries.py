"""How many queries a page may cost: a ceiling for each, whatever the workload has been through.

The ceilings stand a little above what is measured. What they catch is a page that asks for every
row, or for every phase, anew. One query of each page is the bell's; one of home's asks whether the
scheduler is heard.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.accounts.models import User
from tests.factories import builds, lives, people, phase_four, reviews, scorecards
from tests.factories.phase_four import gateway, stub
from workloads.builds.services import try_build, try_kill_switch
from workloads.lifecycle.models import Cycle, Workload
from workloads.operations import services as operations

__all__ = ["gateway", "stub"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gateway")]

LISTS = {
    "/": 8,
    "/workloads/": 8,
    "/workloads/panels/waiting/": 13,
    "/workloads/panels/by-phase/": 8,
    "/catalog/": 15,
    "/audit/": 10,
}
DRAFT = {
    "": 26,
    "members/": 26,
    "brief/": 26,
    "selection/": 26,
    "prompts/": 26,
    "datasets/": 26,
    "runs/": 26,
    "evaluation/": 26,
    "judges/": 26,
    "tuning/": 26,
    "build/": 26,
    "go-no-go/": 28,
    "operations/": 28,
    "gates/scoping/": 27,
    "gates/go_no_go/": 27,
}
LIVE = {
    "": 36,
    "members/": 33,
    "brief/": 38,
    "selection/": 41,
    "prompts/": 40,
    "datasets/": 36,
    "runs/": 35,
    "evaluation/": 39,
    "tuning/": 36,
    "build/": 39,
    "go-no-go/": 45,
    "operations/": 47,
    "gates/scoping/": 36,
    "gates/evaluation/": 37,
    "gates/go_no_go/": 45,
    "scorecards/1/": 37,
}


def too_many(client: Client, pages: dict[str, int], start: str = "") -> dict[str, str]:
    """Return the pages that cost more queries than they may, each with what it cost."""
    found = {}
    for page, ceiling in pages.items():
        with CaptureQueriesContext(connection) as caught:
            answer = client.get(start + page)
        assert answer.status_code == 200, f"{start}{page}: {answer.status_code}"
        if len(caught) > ceiling:
            found[page] = f"{len(caught)} queries, at most {ceiling}"
    return found


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def ready(cycle: Cycle, phase_key: str, owner: User) -> None:
    """Make a phase ready: a real evaluation, and criteria about what it measured."""
    if phase_key != "build":
        scorecards.ready(cycle, phase_key, owner)
        return
    build = builds.make(cycle.workload, owner)
    assert try_build(actor=owner, build=build).passed
    assert try_kill_switch(actor=owner, build=build).passed
    rows = [
        row if row.metric == "latency_p95" else replace(row, metric="field_accuracy")
        for row in reviews.criteria()
    ]
    reviews.write(cycle.workload, owner, rows)


def live() -> Workload:
    with phase_four._executing():
        made = lives.workload("operations", ready=ready)
        operations.put_live(actor=made.owner, workload=made)
    made.refresh_from_db()
    return made


def test_a_new_workload_costs_few_queries() -> None:
    made = lives.draft()

    assert too_many(signed_in(made.owner), DRAFT, f"/workloads/{made.ref}/") == {}


def test_a_live_workload_costs_few_queries_whoever_reads_it() -> None:
    made = live()
    start = f"/workloads/{made.ref}/"

    assert too_many(signed_in(made.owner), LIVE, start) == {}
    assert too_many(signed_in(people.reviewer("risk")), LIVE, start) == {}
    assert too_many(signed_in(people.auditor()), LIVE, start) == {}
    assert too_many(signed_in(people.auditor()), LISTS) == {}


@pytest.mark.parametrize("persona", [people.auditor, people.catalog_manager, people.reviewer])
def test_lists_cost_the_same_however_much_there_is(persona: Callable[..., User]) -> None:
    reader: Any = persona("risk") if persona is people.reviewer else persona()
    client = signed_in(reader)
    lists = {url: n for url, n in LISTS.items() if url != "/audit/" or persona is people.auditor}

    for _ in range(12):
        lives.draft(reader if persona is not people.auditor else None)

    assert too_many(client, lists) == {}
