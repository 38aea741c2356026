"""The ranking says no more than the examples do, and a veto is a veto."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.scorecards.document import Example, build
from evaluations.scorecards.document.ranking import vetoes
from evaluations.scorecards.presentation import view_of
from portal.common.canonical import digest
from tests.evaluations.scorecards.rows import drawn, examples, facts, failed, pin, plan, row

NAMES = ("a", "b", "c")
FEW = settings(max_examples=20, deadline=None)


def places(document: dict[str, Any]) -> dict[str, Any]:
    """The place of each candidate by name; None is a veto."""
    return {one["name"]: one["place"] for one in document["ranking"]["rows"]}


def ranked(shares: dict[int, float], n: int = 60, seed: int = 3, **notes: Any) -> dict[str, Any]:
    """A document over candidates that are right in these shares of the examples."""
    names = NAMES[: len(shares)]
    rows = drawn(shares, n, random.Random(seed))
    return build(plan(names, **{"floors": [], **notes}), facts(names), examples(n), rows)


def test_what_is_shown_has_a_place_of_its_own_and_what_is_not_shares_one() -> None:
    # given two that are alike and one that is far behind
    document = ranked({0: 0.85, 1: 0.8, 2: 0.2}, n=120)
    # then
    assert places(document) == {"a": 1, "b": 1, "c": 3}
    words = document["ranking"]["words"]
    first, second = (row.name for row in view_of(document).ranking[:2])
    assert {first, second} == {"a", "b"}
    assert words.startswith(f"Cannot tell {first} from {second} with n = 120; ")
    assert "would have shown" in words
    assert view_of(document).ranking[0].tied == (second,)


def test_a_leader_that_is_shown_is_called_so() -> None:
    document = ranked({0: 0.97, 1: 0.3}, n=120)
    assert places(document) == {"a": 1, "b": 2}
    assert document["ranking"]["words"] == (
        "a is shown to be better than every other candidate that may win."
    )


@FEW
@given(
    shares=st.lists(st.floats(0.05, 1.0), min_size=2, max_size=3),
    seed=st.integers(0, 99),
    order=st.randoms(use_true_random=False),
)
def test_the_order_of_the_candidates_changes_nothing(
    shares: list[float], seed: int, order: random.Random
) -> None:
    n, names = 40, list(NAMES[: len(shares)])
    rows = drawn(dict(enumerate(shares)), n, random.Random(seed))
    straight = build(plan(names), facts(names), examples(n), rows)
    # when the same candidates stand in another order in the plan
    moved = list(range(len(names)))
    order.shuffle(moved)
    renamed = [names[old] for old in moved]
    again = [
        row(moved.index(one.candidate), one.example, *(s.value for s in one.scores if s))
        for one in rows
    ]
    shuffled = build(plan(renamed), facts(renamed), examples(n), again)
    # then the ranking is the same to the letter
    assert shuffled["ranking"] == straight["ranking"]


@FEW
@given(shares=st.lists(st.floats(0.0, 1.0), min_size=2, max_size=3), seed=st.integers(0, 99))
def test_a_vetoed_candidate_never_has_a_place(shares: list[float], seed: int) -> None:
    document = ranked(
        dict(enumerate(shares)), 40, seed, floors=[{"name": "R", "key": "contains", "at": 0.8}]
    )
    by_name = {one["name"]: one for one in document["candidates"]}
    for one in document["ranking"]["rows"]:
        against = vetoes(by_name[one["name"]]["verdict"], by_name[one["name"]]["fit"])
        assert (one["place"] is None) == bool(against)
        assert one["vetoes"] == against
        assert not (one["not_told_from"] and against)
    named = [one["place"] for one in document["ranking"]["rows"]]
    assert named == sorted(named, key=lambda place: place or 99)


def test_a_limit_that_is_exceeded_is_a_veto_and_one_that_may_be_is_none() -> None:
    n = 100
    rows = drawn({0: 0.95, 1: 0.9}, n, random.Random(1))
    dear = plan(("a", "b"), limits={"max_cost_per_request": 0.001, "currency": "USD"}, floors=[])
    document = build(dear, facts(("a", "b")), examples(n), rows)
    assert places(document) == {"a": None, "b": None}
    assert document["ranking"]["words"] == (
        "No candidate may win: each is vetoed by a floor or a limit."
    )
    # a limit that the interval reaches across is no veto
    near = plan(("a", "b"), limits={"latency_p95_ms": 194.0, "currency": "USD"}, floors=[])
    document = build(near, facts(("a", "b")), examples(n), rows)
    assert {one["fit"][0]["state"] for one in document["candidates"]} == {"cannot_tell"}
    assert None not in places(document).values()


def test_answers_that_are_missing_make_nobody_worse_and_let_nobody_win() -> None:
    n = 60
    rows = drawn({0: 0.9}, n, random.Random(1)) + [failed(1, at) for at in range(n)]
    document = build(plan(("a", "b")), facts(("a", "b")), examples(n), rows)
    assert places(document)["b"] is None


def test_weights_decide_the_order_and_are_shares_on_the_page() -> None:
    # given one that is right and one that is near, by the other measure
    n = 80
    rows = [row(0, at, 1.0, 0.2) for at in range(n)] + [row(1, at, 0.0, 1.0) for at in range(n)]

    def winner(**weights: float) -> str:
        made = build(
            plan(("a", "b"), floors=[], weights=weights), facts(("a", "b")), examples(n), rows
        )
        assert made["ranking"]["weighted"]
        return str(made["ranking"]["rows"][0]["name"])

    assert winner(contains=3.0, token_f1=1.0) == "a"
    assert winner(contains=1.0, token_f1=9.0) == "b"
    document = build(
        plan(("a", "b"), weights={"contains": 3.0, "token_f1": 1.0}),
        facts(("a", "b")), examples(n), rows,
    )  # fmt: skip
    assert [share for _, share in view_of(document).weights] == ["75%", "25%"]


def test_tags_are_slices_when_enough_examples_carry_them() -> None:
    n = 40
    tagged = [
        Example(
            "typical",
            (True, True),
            tags=("all", *(["many"] * (at < 10)), *(["few"] * (at < 4))),
        )
        for at in range(n)
    ]
    rows = drawn({0: 0.9, 1: 0.5}, n, random.Random(2))
    document = build(plan(("a", "b")), facts(("a", "b")), tagged, rows)
    # "all" says nothing beside the whole, "few" says nothing by itself
    assert document["tags"] == ["many"]
    figures = document["candidates"][0]["tags"]["many"]["contains"]
    right = sum(one.scores[0].value for one in rows if one.candidate == 0 and one.example < 10)  # type: ignore[union-attr, misc]
    assert (figures["n"], figures["value"]) == (10, right / 10)
    # and the digest hangs on nothing but what is in it
    again = build(plan(("a", "b")), facts(("a", "b")), tagged, list(reversed(rows)))
    assert digest(again) == digest(document)
    other = build(plan(("a", "b")), facts(("a", "b")), examples(n), rows)
    assert digest(other) != digest(document)


@pytest.mark.parametrize("metric", ["contains"])
def test_every_measure_has_its_plot_with_the_floor(metric: str) -> None:
    document = build(
        plan(("a", "b"), metrics=(pin(metric), pin("token_f1"))),
        facts(("a", "b")),
        examples(50),
        drawn({0: 0.95, 1: 0.4}, 50, random.Random(2)),
    )
    tables = {one.label: one for one in view_of(document).tables}
    charts = [one.chart for one in tables.values()]
    assert all(chart is not None for chart in charts)
    first = charts[0]
    assert first is not None
    assert first.floor_text == "floor: at least 0.80"
    assert [one.relation for one in first.rows] == ["above", "below"]
    assert "a 0.9" in first.words
    assert [chart.floor for chart in charts[1:] if chart] == [""] * (len(charts) - 1)
