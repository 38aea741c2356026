"""The duties under the EU AI Act: data with articles, dates, classes and roles."""

from dataclasses import replace
from datetime import date

import pytest

from workloads.briefs.enums import EuClass
from workloads.briefs.models import Brief
from workloads.briefs.obligations import obligations, obligations_for
from workloads.briefs.trying import TriedAnswers


def articles(**answers: str) -> set[str]:
    return {one.article for one in obligations_for(TriedAnswers(**answers))}


def test_every_duty_names_known_classes_roles_fields_and_a_date() -> None:
    fields = {field.name for field in Brief._meta.get_fields()}
    for one in obligations():
        assert set(one.classes) <= set(EuClass.values)
        assert set(one.roles) <= {"provider", "deployer"}
        assert set(one.when) <= fields
        assert date(2025, 2, 2) <= one.applies_from <= date(2030, 1, 1)
        assert one.originally is None or one.originally < one.applies_from
        assert one.asks.endswith(".")
    names = [one.article for one in obligations()]
    assert len(names) == len(set(names))


def test_each_class_has_its_duties() -> None:
    assert articles(eu_class="minimal") == {"Article 4"}
    assert articles(eu_class="prohibited") == {"Article 5"}
    assert {"Article 9", "Article 14", "Article 26"} <= articles(eu_class="high_risk")
    assert "Article 6(3) and (4)" in articles(eu_class="derogated")
    assert articles(eu_class="undetermined") == set()


def test_further_answers_decide_and_no_nexus_means_none() -> None:
    assert "Article 50(1)" in articles(eu_class="transparency", workload_type="chatbot")
    assert "Article 50(1)" not in articles(eu_class="transparency", workload_type="rag")
    assert "Article 27" in articles(eu_class="high_risk", decision_impact="rights")
    assert articles(eu_class="high_risk", eu_nexus="no") == set()


@pytest.mark.parametrize(
    ("day", "applies"), [(date(2027, 12, 1), False), (date(2027, 12, 2), True)]
)
def test_a_duty_applies_from_its_date_on(day: date, applies: bool) -> None:
    duty = replace(obligations()[0], applies_from=date(2027, 12, 2))
    assert duty.applies_on(day) is applies
