"""Every row of the cost table, and the claims of the groundedness table."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from evaluations.metrics.grounding import (
    Claim,
    citation_precision,
    citation_recall,
    faithfulness,
)
from portal.gateway.cost import Price, cost

pytestmark = pytest.mark.reference

TABLE: dict[str, Any] = json.loads(
    (Path(__file__).parent / "judge_cost_groundedness.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", TABLE["cost"]["cases"], ids=lambda case: str(case["name"]))
def test_cost(case: dict[str, Any]) -> None:
    per = case["price_per_million"]
    price = Price(
        Decimal(per["input"]), Decimal(per["output"]), Decimal(per["cached_input"]), "USD"
    )

    found = cost(case["input_tokens"], case["of_which_cached"], case["output_tokens"], price)

    assert found == Decimal(case["expected"]["cost"])
    assert f"{found:.6f}" == case["expected"]["cost_6_decimals"]


@pytest.mark.parametrize("case", TABLE["groundedness"]["cases"], ids=lambda case: str(case["name"]))
def test_claims(case: dict[str, Any]) -> None:
    claims = [
        Claim(one["cited"], one["supported_by_any_context"], one["supported_by_cited"])
        for one in case["claims"]
    ]
    expected = case["expected"]

    for found, name in (
        (faithfulness(claims), "faithfulness"),
        (citation_precision(claims), "citation_precision"),
        (citation_recall(claims), "citation_recall"),
    ):
        if expected[name] is None:
            assert found is None, name
        else:
            assert found == pytest.approx(expected[name], abs=1e-6), name
