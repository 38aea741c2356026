"""What a changed brief means to phases that were passed on the former one."""

from typing import Any

import pytest

from workloads.briefs.changes import by_code, classify
from workloads.briefs.models import Brief

KPI = {
    "definition": "d", "unit": "%", "direction": "up", "baseline": "86", "target": "96",
    "floor": "90", "source": "evaluation", "measured_by": "accuracy", "before_launch": True,
}  # fmt: skip


def material(kpis: list[dict[str, Any]] | None = None, **answers: Any) -> dict[str, Any]:
    base = Brief().answers() | {
        "latency_p95_ms": 2_000, "requests_per_day": 900, "budget_per_month": "1200",
        "data_class": "internal", "residency": ["eu"], "business_problem": "as it is",
    }  # fmt: skip
    return {"answers": base | answers, "kpis": [KPI] if kpis is None else kpis}


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({"business_problem": "said better"}, "brief.cosmetic"),
        ({"latency_p95_ms": 1_000}, "brief.tightened"),
        ({"latency_p95_ms": 3_000}, "brief.loosened"),
        ({"latency_p95_ms": None}, "brief.loosened"),
        ({"latency_p50_ms": 500}, "brief.tightened"),
        ({"budget_per_month": "999.5"}, "brief.tightened"),
        ({"requests_per_day": 2_000}, "brief.tightened"),
        ({"requests_per_day": 100}, "brief.loosened"),
        ({"residency": ["eu", "us"]}, "brief.loosened"),
        ({"residency": ["any"]}, "brief.loosened"),
        ({"residency": ["uk"]}, "brief.tightened"),
        ({"needs": ["tools"]}, "brief.tightened"),
        ({"data_class": "restricted"}, "brief.scope"),
        ({"audience": "public"}, "brief.scope"),
        ({"autonomy": "unwatched"}, "brief.scope"),
        ({"eu_class": "high_risk"}, "brief.scope"),
    ],
)
def test_one_answer(answers: dict[str, Any], code: str) -> None:
    assert [change.code for change in classify(material(), material(**answers))] == [code]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"target": "97"}, "brief.threshold_tightened"),
        ({"floor": "91"}, "brief.threshold_tightened"),
        ({"floor": "80"}, "brief.loosened"),
        ({"target": "95", "floor": "91"}, "brief.threshold_tightened"),
        ({"measured_by": "recall"}, "brief.threshold_tightened"),
        ({"before_launch": False}, "brief.loosened"),
        ({"definition": "said better"}, "brief.cosmetic"),
    ],
)
def test_one_kpi(change: dict[str, Any], code: str) -> None:
    found = classify(material(), material(kpis=[KPI | change]))
    assert [one.code for one in found] == [code]


def test_a_kpi_of_the_business_is_a_limit_and_no_measured_threshold() -> None:
    own = KPI | {"source": "business", "measured_by": ""}
    found = classify(material(kpis=[own]), material(kpis=[own | {"target": "97"}]))
    assert [one.code for one in found] == ["brief.tightened"]


def test_lower_is_better_turns_tighter_round() -> None:
    low = KPI | {"direction": "down", "target": "4", "floor": "8"}
    found = classify(material(kpis=[low]), material(kpis=[low | {"floor": "6"}]))
    assert [one.code for one in found] == ["brief.threshold_tightened"]


def test_added_and_removed_kpis() -> None:
    assert [c.code for c in classify(material(), material(kpis=[KPI, KPI]))] == [
        "brief.threshold_tightened"
    ]
    assert [c.code for c in classify(material(), material(kpis=[]))] == ["brief.loosened"]


def test_a_sentence_for_each_code_says_old_and_new_strongest_first() -> None:
    told = by_code(classify(material(), material(latency_p95_ms=1_000, data_class="restricted")))
    assert list(told) == ["brief.scope", "brief.tightened"]
    assert told["brief.scope"] == "Data class: Internal → Restricted"
    assert told["brief.tightened"] == "Slowest acceptable answer: 2 seconds → 1 seconds"


def test_the_same_twice_is_no_change() -> None:
    assert classify(material(), material()) == []
