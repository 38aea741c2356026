"""What scorecards say over many simulated runs, through the real builder of their documents.

A count of rare events over N simulated cases is itself a draw: where it is held against a bound
p, it may exceed N x p by three standard errors, sqrt(N p (1 - p)) each. A builder that keeps the
bound exactly then fails such a test in about one case of 700, and one whose true rate lies two
thirds above it is nearly always found at N = 1,000.
"""

import json
import math
import random
from pathlib import Path
from typing import Any

import pytest

from evaluations.scorecards.document import ResultRow, build
from evaluations.scorecards.document.estimates import cells_of, estimate
from evaluations.scorecards.document.measures import measures_of
from evaluations.statistics.distributions import binomial_pmf
from evaluations.statistics.noninferiority import not_worse_binary
from evaluations.statistics.paired import PairedCounts
from evaluations.statistics.power import gate_pass_probability
from tests.evaluations.scorecards import rows
from tests.evaluations.scorecards.rows import drawn, examples, facts, failed, plan, row

pytestmark = pytest.mark.simulation

REFERENCE = Path(__file__).parent.parent / "reference"
COVERAGE: list[dict[str, Any]] = json.loads(
    (REFERENCE / "judge_cost_groundedness.json").read_text(encoding="utf-8")
)["interval_coverage"]
CONTAINS = (rows.pin("contains"),)


def most(bound: float, cases: int) -> float:
    """Return how often an event of chance ``bound`` may occur: three standard errors above."""
    return cases * bound + 3.0 * math.sqrt(cases * bound * (1.0 - bound))


def correlated(
    n: int, discordant: float, gap: float, dice: random.Random, right: float = 0.85
) -> list[ResultRow]:
    """Return two candidates that differ on a share of the examples, the first ahead by ``gap``."""
    found = []
    for i in range(n):
        luck, both = dice.random(), float(dice.random() < right)
        first_only = (discordant + gap) / 2.0
        pair = (
            (1.0, 0.0) if luck < first_only else (0.0, 1.0) if luck < discordant else (both, both)
        )
        found += [row(0, i, pair[0]), row(1, i, pair[1])]
    return found


def test_two_identical_candidates_are_told_apart_in_at_most_five_per_cent() -> None:
    # given 1,000 runs of two candidates that are right equally often
    dice, runs = random.Random(20261122), 1_000
    sealed, known, about = plan(("a", "b"), CONTAINS), examples(50, 1), facts()

    false_alarms = sum(
        build(sealed, about, known, drawn({0: 0.85, 1: 0.85}, 50, dice))["headline"]["separable"]
        for _ in range(runs)
    )

    assert false_alarms <= most(0.05, runs)


def test_three_identical_candidates_are_kept_apart_by_holm() -> None:
    # given three pairs in each run, where without correction one in eight would mislead
    dice, runs, names = random.Random(3), 120, ("a", "b", "c")
    sealed, known, about = plan(names, CONTAINS), examples(60, 1), facts(names)
    plain = corrected = 0
    for _ in range(runs):
        found = drawn({0: 0.85, 1: 0.85, 2: 0.85}, 60, dice)
        pairs = build(sealed, about, known, found)["headline"]["pairs"]
        corrected += any(one["verdict"] != "cannot_tell" for one in pairs)
        plain += any(one["p"] < 0.05 for one in pairs)

    assert corrected <= most(0.05, runs)
    assert plain > corrected


def test_a_true_gap_of_two_points_at_n_100_is_not_told_and_the_needed_n_is_named() -> None:
    dice, runs = random.Random(7), 60
    sealed, known, about = plan(("a", "b"), CONTAINS), examples(100, 1), facts()
    told = named = small = 0
    for _ in range(runs):
        head = build(sealed, about, known, correlated(100, 0.1, 0.02, dice))["headline"]
        told += head["separable"]
        if 0.0 < abs(head["pairs"][0]["difference"]) <= 0.02:
            small += 1
            named += (
                head["verdict_words"] == "cannot tell them apart"
                and head["power"]["needed_n"] > 500
                and "examples are needed" in head["power_words"]
            )
    # McNemar's mid-p finds two points at 10 % discordance with n = 100 in about one run of ten
    assert told <= most(0.1, runs)
    assert named == small > 10


def test_a_run_with_ten_per_cent_failing_calls_never_passes() -> None:
    # given a candidate that is right whenever it answers, against one that is right half the time
    dice, runs, n = random.Random(9), 30, 200
    sealed, known, about = plan(("a", "b"), CONTAINS), examples(n, 1), facts()
    states, verdicts = set(), set()
    for _ in range(runs):
        found = [failed(0, i, 1) if dice.random() < 0.1 else row(0, i, 1.0) for i in range(n)] + [
            row(1, i, float(dice.random() < 0.5)) for i in range(n)
        ]
        document = build(sealed, about, known, found)
        states.add(document["candidates"][0]["verdict"]["state"])
        verdicts |= {one["verdict"] for one in document["headline"]["pairs"]}

    assert states == {"cannot_tell"}
    assert verdicts == {"cannot_tell"}


@pytest.mark.parametrize(
    "case",
    [one for one in COVERAGE if one["n"] in (50, 100, 200)],
    ids=lambda one: f"n{one['n']}-{one['true_rate']}",
)
def test_the_interval_of_a_scorecard_covers_as_the_table_says(case: dict[str, Any]) -> None:
    # given every number of right answers that n examples can have, with its chance: no simulation
    n, rate = case["n"], case["true_rate"]
    measure, known = measures_of(CONTAINS, {}, "USD")[0], examples(n, 1)
    covered = 0.0
    for k in range(n + 1):
        chance = binomial_pmf(k, n, rate)
        if chance < 1e-9:
            continue
        table = {(i, 1): row(0, i, float(i < k)) for i in range(n)}
        figures = estimate(measure, cells_of(measure, known, table, 1))
        covered += chance * (figures["low"] <= rate <= figures["high"])

    assert covered == pytest.approx(case["coverage_of_nominal_95"]["wilson"], abs=5.1e-5)


def test_the_gate_passes_a_truly_equal_build_as_often_as_the_planner_says() -> None:
    # given 2,000 truly equal builds on 100 examples, of which a tenth goes one way or the other
    dice, builds, n = random.Random(11), 2_000, 100
    said = gate_pass_probability(n, 0.1, 0.05)
    passed = 0
    for _ in range(builds):
        differing = sum(dice.random() < 0.1 for _ in range(n))
        new_only = sum(dice.random() < 0.5 for _ in range(differing))
        counts = PairedCounts(n - differing, new_only, differing - new_only, 0)
        passed += not_worse_binary(counts, 0.05).passed

    # the table of gate power: 44 %
    assert said == pytest.approx(0.44, abs=0.005)
    assert abs(passed / builds - said) < 3.0 * math.sqrt(said * (1.0 - said) / builds)
