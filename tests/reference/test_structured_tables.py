"""Every row of the JSON, schema, field and number tables against our metrics."""

import json
from pathlib import Path
from typing import Any

import pytest

from evaluations.metrics.schemas import violations
from evaluations.metrics.strict_json import InvalidJson, parse
from evaluations.metrics.structured import count_fields, values_agree

pytestmark = pytest.mark.reference

TABLE: dict[str, Any] = json.loads(
    (Path(__file__).parent / "structured_metrics.json").read_text(encoding="utf-8")
)


def named(section: str) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in TABLE[section]["cases"]]


def is_strict(text: str) -> bool:
    try:
        parse(text)
    except InvalidJson:
        return False
    return True


@pytest.mark.parametrize("case", named("json_parse"))
def test_strict_json(case: dict[str, Any]) -> None:
    assert is_strict(case["text"]) is case["expected"]["strict_rfc8259_no_dup_keys_ok"]


@pytest.mark.parametrize("case", named("json_schema"))
def test_schema(case: dict[str, Any]) -> None:
    found = violations(TABLE["json_schema"]["schema"], case["instance"])

    assert len(found) == case["expected"]["error_count"]
    assert sorted((each.path, each.keyword) for each in found) == sorted(
        (each["path"], each["keyword"]) for each in case["expected"]["errors"]
    )


@pytest.mark.parametrize("case", named("field_level"))
def test_fields(case: dict[str, Any]) -> None:
    expected = case["expected"]
    records = list(zip(case["truth"], case["predicted"], strict=True))

    # The table compares numbers as written; the metric by isclose, where 1 and 1.0 are the same.
    counts = count_fields(records, exact_numbers=True)
    exact = [count_fields([record], exact_numbers=True) for record in records]

    if expected["f1"] is None:
        assert (counts.precision, counts.recall, counts.f1) == (None, None, None)
    else:
        assert (counts.precision or 0.0) == pytest.approx(expected["precision"], abs=1e-6)
        assert (counts.recall or 0.0) == pytest.approx(expected["recall"], abs=1e-6)
        assert counts.f1 == pytest.approx(expected["f1"], abs=1e-6)
    right = sum(each.equal == each.expected == each.found for each in exact)
    assert right / len(exact) == pytest.approx(expected["exact_record_rate"], abs=1e-6)
    if case["name"] == "int_vs_float":
        assert count_fields(records).f1 == 1.0


@pytest.mark.parametrize("case", TABLE["numeric_tolerance"]["cases"], ids=str)
def test_numeric_tolerance(case: dict[str, Any]) -> None:
    close = values_agree(
        float(case["expected_value"]), float(case["actual"]), case["rel_tol"], case["abs_tol"]
    )

    assert close is case["expected"]["math_isclose"]
