"""Every row of the text tables against our metrics: 1e-6 on the scale of the row."""

import json
from pathlib import Path
from typing import Any

import pytest

from evaluations.metrics import text
from evaluations.metrics.normalising import squad
from evaluations.metrics.registry import get, score
from evaluations.metrics.types import Answer, ExampleView

pytestmark = pytest.mark.reference

TABLE: dict[str, Any] = json.loads(
    (Path(__file__).parent / "text_metrics.json").read_text(encoding="utf-8")
)


def near(value: float) -> Any:
    return pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize("case", TABLE["cases"], ids=lambda case: str(case["name"]))
def test_pairs_of_texts(case: dict[str, Any]) -> None:
    said, wanted, expected = case["prediction"], case["reference"], case["expected"]

    assert (said == wanted) == expected["exact_match_strict"]
    assert squad(said) == expected["squad_normalized_prediction"]
    assert text.exact_match(said, wanted) == expected["squad_exact_match"]
    assert text.f1_of_tokens(said, wanted) == near(expected["squad_f1"])
    assert text.rouge_l_f1(said, wanted) == near(expected["rouge"]["rougeL"]["f1"])
    assert text.similarity_of_edits(said, wanted) == near(expected["levenshtein_similarity"])
    assert text.contains_folded(said, wanted) == expected["contains_casefold"]
    assert 100 * text.chrf_f2(said, wanted) == near(expected["chrf"])


@pytest.mark.parametrize("case", TABLE["multi_reference"], ids=lambda case: str(case["name"]))
def test_the_best_reference_counts(case: dict[str, Any]) -> None:
    example = ExampleView("k", "typical", {}, case["references"])
    answer, expected = Answer(case["prediction"]), case["expected"]

    match = score(get("normalised_match"), example, answer, {})
    overlap = score(get("token_f1"), example, answer, {})
    longest = score(get("rouge_l"), example, answer, {})

    if case["name"] == "all_refs_articles":
        # The one place where we differ on purpose: an empty answer to "the" is wrong.
        assert (match.value, overlap.value) == (0.0, 0.0)
    else:
        assert match.value == expected["squad_exact_match"]
        assert overlap.value == near(expected["squad_f1"])
    assert longest.value == near(expected["rougeL_f1_max"])
