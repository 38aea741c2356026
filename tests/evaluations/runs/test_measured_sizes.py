"""The tokens of a request are an estimate until a run measured them; then those count."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from evaluations.runs.models import Result, Run
from evaluations.runs.sizes import measured_sizes
from tests.factories import catalog, scorecards
from workloads.selection.selectors import considered, requirements_of

pytestmark = pytest.mark.django_db


def measure(run: Run, sizes: dict[str, tuple[int, int] | None]) -> None:
    """Say what the gateway reported; results are written once, so past their trigger."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
    for alias, size in sizes.items():
        read, written = size or (None, None)
        Result.objects.filter(run=run, candidate__alias=alias).update(
            tokens_in=read, tokens_out=written
        )
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_a_run_replaces_the_estimate_and_the_page_says_which() -> None:
    # given a workload whose sizes are an estimate by the kind of work
    scene = scorecards.scene(candidates=2)
    one, two = (entry.gateway_alias for entry in scene.entries)
    catalog.entry("other")
    assert requirements_of(scene.cycle).sizes_from == "estimate"

    # when a run measured what its requests hold
    card = scene.scorecard()
    measure(card.run, {one: (1_001, 40), two: (1_200, 61)})

    # then each model counts with its own, and one that was not run with the mean of all
    asked = requirements_of(scene.cycle)
    assert (asked.sizes_from, asked.sizes_note) == ("measured", "120 answers of run 1")
    assert asked.sizes(one) == (1_001, 40)
    assert asked.sizes("other") == (1_101, 51)
    found = {match.alias: match for match in considered(asked).matches}
    assert (found[two].tokens_in, found[two].tokens_out) == (1_200, 61)
    client = Client()
    client.force_login(scene.owner)
    html = client.get(f"/workloads/{scene.workload.ref}/selection/").content.decode()
    assert "1,101 in, 51 out; measured: mean of 120 answers of run 1" in html


def test_answers_without_usage_and_runs_that_did_not_end_count_for_nothing(
    django_assert_max_num_queries: Any,
) -> None:
    scene = scorecards.scene(candidates=2)
    run = scene.start()
    assert measured_sizes(scene.cycle) is None
    scorecards.finish(run, scorecards.accurate(scene.accuracies()))
    assert measured_sizes(scene.cycle) is None
    measure(run, {scene.entries[0].gateway_alias: (900, 50)})
    cycle = scene.cycle
    with django_assert_max_num_queries(2):
        found = measured_sizes(cycle)
    assert found is not None
    assert [one.alias for one in found.measured] == [scene.entries[0].gateway_alias]
