"""Plans and the order of items: what is sealed comes back as it was, and covers everything once."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.runs.items import Order, cut, lease_size
from evaluations.runs.plan import CandidatePin, DatasetPin, MetricPin, PricePin, RunPlan, Subject
from evaluations.runs.planning import material_digest

PLAN = RunPlan(
    dataset_version=DatasetPin("0", "DS-0001", 2, "sha256:d"),
    candidates=(
        CandidatePin(
            name="alpha", alias="alpha", entry_id="1", entry_digest="sha256:e",
            params={"max_tokens": 64, "temperature": 0.5},
            price=PricePin("7", Decimal("1.25"), Decimal("10"), None, "USD"),
            prompt_version_id="2", prompt_digest="sha256:p", accept_models=("a", "b"),
        ),
    ),
    metrics=(MetricPin("field_accuracy", 1, {"field": "category"}),),
    cap=Decimal("12.50"),
    purpose="baseline",
    code_version="0.1.0",
    policy_digest="sha256:y",
    subject=Subject("campaign", "3"),
)  # fmt: skip


def test_a_plan_comes_back_from_its_json_with_the_same_digest() -> None:
    again = RunPlan.from_json(PLAN.as_json())
    assert again.digest() == PLAN.digest()
    assert again.candidates[0].price == PLAN.candidates[0].price
    assert again.cap == PLAN.cap


@pytest.mark.parametrize(
    "change",
    [{"repeats": 2}, {"seed": 7}, {"cap": Decimal(13)}, {"concurrency": 8}, {"purpose": "trial"}],
)
def test_every_part_of_a_plan_is_part_of_its_identity(change: dict[str, object]) -> None:
    assert replace(PLAN, **change).digest() != PLAN.digest()  # type: ignore[arg-type]


def test_how_fast_and_how_dear_says_nothing_about_what_is_measured() -> None:
    faster = replace(PLAN, concurrency=64, cap=Decimal(50))
    assert material_digest(faster) == material_digest(PLAN)
    assert material_digest(replace(PLAN, seed=7)) != material_digest(PLAN)


@given(st.integers(1, 4), st.integers(1, 60), st.integers(1, 3))
def test_every_item_is_one_candidate_example_and_repeat(c: int, e: int, r: int) -> None:
    order = Order(c, e, r)
    places = {(p.candidate, p.example, p.repeat) for p in map(order.place, range(order.planned))}
    assert places == {(i, j, k) for i in range(c) for j in range(e) for k in range(1, r + 1)}


@given(st.integers(1, 3_000), st.integers(1, 256))
def test_leases_cover_all_items_once_and_keep_their_estimates(planned: int, slots: int) -> None:
    size = lease_size(planned, slots)
    leases = list(cut(planned, size, [1] * planned))
    assert 1 <= size <= 25
    assert [i for first, count, _ in leases for i in range(first, first + count)] == list(
        range(planned)
    )
    assert sum(micro for _, _, micro in leases) == planned
