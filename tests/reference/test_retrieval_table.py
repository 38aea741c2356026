"""Every row of the retrieval table against our figures: 1e-6."""

import json
from pathlib import Path
from typing import Any

import pytest

from evaluations.metrics import retrieval

pytestmark = pytest.mark.reference

TABLE: dict[str, Any] = json.loads(
    (Path(__file__).parent / "preference_and_retrieval.json").read_text(encoding="utf-8")
)["retrieval"]


@pytest.mark.parametrize("case", TABLE["cases"], ids=lambda case: str(case["name"]))
def test_retrieval(case: dict[str, Any]) -> None:
    came, wanted, expected = case["retrieved"], case["relevant"], case["expected"]

    found: dict[str, float | None] = {
        "reciprocal_rank": retrieval.reciprocal_rank(came, wanted),
        "average_precision": retrieval.average_precision(came, wanted),
        "ndcg@5": retrieval.ndcg_at(came, wanted, 5),
    }
    for k in (1, 3, 5):
        found[f"precision@{k}"] = retrieval.precision_at(came, wanted, k)
        found[f"recall@{k}"] = retrieval.recall_at(came, wanted, k)
        found[f"hit@{k}"] = retrieval.hit_at(came, wanted, k)

    # The row without a relevant document leaves out what is undefined there.
    undefined = {name for name, value in found.items() if value is None}
    assert undefined == {name for name in found if expected.get(name) is None}
    for name, value in expected.items():
        if value is not None:
            assert found[name] == pytest.approx(value, abs=1e-6), name
