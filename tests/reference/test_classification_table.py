"""Every row of the classification table against our figures: 1e-6."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from evaluations.metrics.classification import ClassFigures, Confusion

pytestmark = pytest.mark.reference

TABLE: dict[str, Any] = json.loads(
    (Path(__file__).parent / "structured_metrics.json").read_text(encoding="utf-8")
)["classification"]


def near(value: float) -> Any:
    return pytest.approx(value, abs=1e-6)


def agree(found: ClassFigures, expected: dict[str, float]) -> None:
    assert found.precision == near(expected["precision"])
    assert found.recall == near(expected["recall"])
    assert found.f1 == near(expected["f1"])


@pytest.mark.parametrize("case", TABLE["cases"], ids=lambda case: str(case["name"]))
def test_classification(case: dict[str, Any]) -> None:
    expected = case["expected"]

    true, said = map(str, case["truth"]), map(str, case["predicted"])
    found = Confusion(Counter(zip(true, said, strict=True)))

    assert found.right / found.n == near(expected["accuracy"])
    assert found.balanced_accuracy() == near(expected["balanced_accuracy"])
    assert found.matthews() == near(expected["mcc"])
    assert found.labels == expected["confusion_labels"]
    matrix = [[found.counts.get((true, said), 0) for said in found.labels] for true in found.labels]
    assert matrix == expected["confusion"]
    each = found.per_class()
    assert set(each) == set(expected["per_class"])
    for label, figures in expected["per_class"].items():
        agree(each[label], figures)
        assert each[label].support == figures["support"]
    agree(found.macro(), expected["macro"])
    agree(found.weighted(), expected["weighted"])
    # One label per answer: micro precision, recall and F1 are all the accuracy.
    assert found.right / found.n == near(expected["micro"]["f1"])
