"""A criterion holds a KPI by what it measures and asks, not by the name that it gives."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from portal.common.errors import Invalid, NotReady
from tests.factories import briefs, phase_four, reviews
from workloads.briefs.models import Kpi
from workloads.lifecycle.enums import CheckState
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import current_cycle
from workloads.reviews.evidence import Baseline, BaselineMeasure, baseline_of
from workloads.reviews.kpis import gap, not_held
from workloads.reviews.phase import GoNoGo
from workloads.reviews.services import CriterionInput

pytestmark = pytest.mark.django_db
KPI = reviews.KPI


@pytest.fixture(scope="module")
def made(for_module: Any) -> Workload:
    """A workload before its criteria; its KPI has a floor of 90 %."""
    found: Workload = for_module(lambda: phase_four.workload(at="go_no_go"))
    return found


def asked(**changes: Any) -> CriterionInput:
    """The criterion that holds the KPI, with what ``changes`` spoils."""
    return replace(reviews.criteria()[0], **changes)


@pytest.mark.parametrize(
    ("spoilt", "field", "words"),
    [
        ({"metric": "f1"}, "metric", "not by f1"),
        ({"metric": "latency_p95", "threshold": Decimal(2000)}, "metric", "not by latency_p95"),
        ({"scope": "kind:edge"}, "scope", "about all examples"),
        ({"threshold": Decimal("0.89")}, "threshold", "is 0.9; a bar of 0.89 is looser"),
        ({"comparator": "<="}, "comparator", "at least its floor"),
        ({"rule": "not_worse", "margin": Decimal("0.1")}, "rule", "does not hold it"),
    ],
)
def test_another_metric_or_a_looser_bar_under_the_kpis_name_is_refused(
    made: Workload, spoilt: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(Invalid) as refused:
        reviews.write(made, rows=[asked(**spoilt)])

    (error,) = refused.value.errors
    assert error.field == f"criteria[0].{field}"
    assert words in error.message


@pytest.mark.parametrize("held", [{}, {"threshold": Decimal("0.95")}, {"rule": "interval_bound"}])
def test_a_bar_at_the_floor_or_above_it_holds(made: Workload, held: dict[str, Any]) -> None:
    assert reviews.write(made, rows=[asked(**held)]).criteria.get().kpi == KPI


def test_a_floor_that_rose_after_the_lock_is_not_held_any_more(made: Workload) -> None:
    # given locked criteria that hold the KPI
    reviews.write(made)
    reviews.lock(made)
    cycle = current_cycle(made)
    assert detail(cycle) == (True, KPI)
    # when the floor of the brief is raised
    Kpi.objects.filter(brief__cycle=cycle).update(floor=Decimal(93))
    # then the check says so in figures
    held, words = detail(current_cycle(made))
    assert not held
    assert words == f"The brief's floor for {KPI} is 0.93; a bar of 0.9 is looser."


def test_criteria_that_no_longer_hold_it_are_not_locked(made: Workload) -> None:
    reviews.write(made)
    Kpi.objects.filter(brief__cycle=current_cycle(made)).update(floor=Decimal(93))
    with pytest.raises(NotReady, match="looser"):
        reviews.lock(made)


def detail(cycle: Any) -> tuple[bool, str]:
    """Whether the check passes, and what it says."""
    (found,) = [one for one in GoNoGo().checks(cycle) if one.code == "kpis_held"]
    return found.state == CheckState.PASS, found.detail


def test_a_kpi_that_is_better_low_asks_for_at_most(made: Workload) -> None:
    baseline = baseline_of(current_cycle(made))
    assert baseline is not None
    kpi = Kpi(
        name="Quick", unit="ms", direction="down", floor=Decimal(2000), measured_by="latency_p95"
    )
    row = CriterionInput("Quick", "latency_p95", "<=", Decimal(2000), "point", kpi="Quick")

    assert gap(row, kpi, baseline) is None
    looser = gap(replace(row, threshold=Decimal(2001)), kpi, baseline)
    assert looser is not None
    assert looser[:2] == ("threshold", "looser")


def test_a_part_of_the_metric_holds_only_where_the_whole_is_not_measured() -> None:
    def measured(*keys: str) -> Baseline:
        rows = [BaselineMeasure(k, k, "", "binary", "up", 0.9, 0.8, 1.0, 9) for k in keys]
        return Baseline({}, {}, 9, tuple(rows))

    kpi = Kpi(name="Right", unit="%", direction="up", floor=Decimal(90), measured_by="field")
    part = CriterionInput("Right", "field:a", ">=", Decimal("0.9"), "point", kpi="Right")

    assert not_held([kpi], [part], measured("field:a", "field:b")) == []
    assert "not by field:a" in not_held([kpi], [part], measured("field:a", "field"))[0]
    assert not_held([kpi], [], measured("field")) == ["No criterion holds Right."]
    assert "does not measure" in not_held([kpi], [part], measured("other"))[0]


def test_a_business_figure_is_held_by_no_criterion(made: Workload) -> None:
    baseline = baseline_of(current_cycle(made))
    assert baseline is not None
    kpi = Kpi(name="Saves money", source="business", measured_by="")
    found = gap(asked(kpi="Saves money"), kpi, baseline)
    assert found is not None
    assert found[0] == "kpi"
    assert briefs.known_metric() not in found[2]
