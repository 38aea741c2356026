"""The deterministic columns of the groundedness table: unknown citations and trigram overlap."""

import json
from pathlib import Path
from typing import Any

import pytest

from evaluations.metrics.grounding import citations, trigram_overlap, unknown_citations

pytestmark = pytest.mark.reference

TABLE: dict[str, Any] = json.loads(
    (Path(__file__).parent / "judge_cost_groundedness.json").read_text(encoding="utf-8")
)["groundedness"]


@pytest.mark.parametrize("case", TABLE["cases"], ids=lambda case: str(case["name"]))
def test_citations_and_overlap(case: dict[str, Any]) -> None:
    expected = case["expected"]

    overlap = trigram_overlap(case["answer"], TABLE["context"].values())

    assert (
        list(unknown_citations(case["answer"], TABLE["context"])) == expected["unknown_citations"]
    )
    assert set(citations(case["answer"])) == {c["cited"] for c in case["claims"] if c["cited"]}
    if expected["trigram_overlap_with_context"] is None:
        assert overlap is None
    else:
        assert overlap == pytest.approx(expected["trigram_overlap_with_context"], abs=1e-6)
