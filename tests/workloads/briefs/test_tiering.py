"""The risk tier: floors, the highest wins; the six cases of the company's handbook."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.common.policy import policy
from workloads.briefs.tiering import Overridden, assess


@dataclass
class Answers:
    workload_type: str = "classification"
    data_class: str = "public"
    data_categories: list[str] = field(default_factory=lambda: ["none"])
    audience: str = "team"
    autonomy: str = "drafts"
    decision_impact: str = "none"
    eu_class: str = "minimal"
    tools: list[dict[str, Any]] = field(default_factory=list)


E_MAIL = {"name": "Send an e-mail", "access": "external", "reversible": False}

CASES = {
    "internal summariser": (
        Answers("summarisation", data_class="confidential", audience="internal"), 2
    ),
    "public chatbot": (
        Answers(
            "chatbot", data_categories=["personal"], audience="public", eu_class="transparency"
        ),
        3,
    ),
    "CV screening": (
        Answers(data_categories=["personal"], autonomy="approved", eu_class="high_risk"), 4
    ),
    "FAQ bot for one team": (Answers("chatbot"), 1),
    "e-mail agent": (
        Answers("agent", data_class="internal", audience="internal", autonomy="unwatched",
                tools=[E_MAIL]),
        4,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("answers", "tier"), CASES.values(), ids=CASES)
def test_the_handbooks_cases(answers: Answers, tier: int) -> None:
    assessment = assess(answers)
    assert assessment.tier == tier
    assert assessment.complete
    assert not assessment.prohibited


def test_emotion_recognition_at_work_is_prohibited() -> None:
    assert assess(Answers(eu_class="prohibited")).prohibited


def test_each_floor_says_its_reason_and_its_field_highest_first() -> None:
    floors = assess(Answers(data_class="restricted", audience="customers")).floors
    assert [(floors[0].tier, floors[0].field, floors[0].reason)] == [
        (3, "data_class", "Restricted data")
    ]
    assert [floor.tier for floor in floors] == sorted((f.tier for f in floors), reverse=True)


@pytest.mark.parametrize(
    ("change", "tier"),
    [
        ({"data_categories": ["personal", "children"]}, 3),
        ({"data_categories": ["health"]}, 3),
        ({"data_categories": ["financial"]}, 1),
        ({"audience": "partners"}, 2),
        ({"autonomy": "watched"}, 2),
        ({"decision_impact": "individual"}, 3),
        ({"decision_impact": "rights"}, 4),
        ({"eu_class": "derogated"}, 3),
        ({"workload_type": "agent", "tools": [{**E_MAIL, "reversible": True}]}, 3),
        ({"workload_type": "agent", "tools": [{**E_MAIL, "access": "write"}]}, 1),
        ({"workload_type": "chatbot", "tools": [E_MAIL]}, 1),
    ],
)
def test_one_answer_raises_the_tier(change: dict[str, Any], tier: int) -> None:
    assert assess(Answers(**change)).tier == tier


def test_missing_answers_are_named_and_an_undetermined_class_is_missing() -> None:
    assessment = assess(Answers(data_class="", eu_class="undetermined"))
    assert assessment.missing == ("data_class", "eu_class")
    assert not assessment.complete


def test_personal_data_is_told_from_the_categories() -> None:
    assert assess(Answers(data_categories=["health"])).personal_data
    assert not assess(Answers(data_categories=["trade_secret"])).personal_data


RANKED: dict[str, list[Any]] = {
    "data_class": ["public", "internal", "confidential", "restricted"],
    "data_categories": [["none"], ["personal"], ["personal", "special"]],
    "audience": ["team", "internal", "partners", "customers", "public"],
    "autonomy": ["drafts", "approved", "watched", "unwatched"],
    "decision_impact": ["none", "operational", "individual", "rights"],
    "eu_class": ["out_of_scope", "minimal", "transparency", "derogated", "high_risk"],
    "tools": [[], [{**E_MAIL, "reversible": True}], [E_MAIL]],
}
positions = st.fixed_dictionaries(
    {name: st.integers(0, len(values) - 1) for name, values in RANKED.items()}
)


def at(chosen: dict[str, int], kind: str) -> Answers:
    return Answers(kind, **{name: RANKED[name][index] for name, index in chosen.items()})


@given(positions, st.sampled_from(sorted(RANKED)), st.sampled_from(["agent", "chatbot"]))
def test_a_higher_answer_never_lowers_the_tier(
    chosen: dict[str, int], name: str, kind: str
) -> None:
    before = assess(at(chosen, kind)).tier
    for higher in range(chosen[name], len(RANKED[name])):
        after = assess(at({**chosen, name: higher}, kind)).tier
        assert after >= before
        before = after


@given(positions)
def test_a_higher_tier_never_asks_for_fewer_people(chosen: dict[str, int]) -> None:
    assessment = assess(at(chosen, "agent"))
    for gate in policy().gates.values():
        counts = [
            len(gate.votes_needed(tier, personal_data=assessment.personal_data))
            for tier in range(1, assessment.tier + 1)
        ]
        assert counts == sorted(counts)


@given(positions, st.integers(1, 4), st.booleans(), st.booleans())
def test_an_override_moves_the_tier_one_way_and_never_below_the_law(
    chosen: dict[str, int], tier: int, raises: bool, as_seen: bool
) -> None:
    answers = at(chosen, "agent")
    plain = assess(answers)
    basis = plain.basis if as_seen else "sha256:other"
    found = assess(answers, Overridden(tier, raises, basis, "why", ("a", "b")))
    if raises:
        assert found.tier == max(plain.tier, tier)
    elif as_seen:
        assert found.tier == max(tier, plain.least)
    else:
        assert found == plain
    assert found.tier >= plain.least
    assert found.computed == plain.tier


def test_no_override_touches_a_prohibited_use() -> None:
    answers = Answers(eu_class="prohibited")
    plain = assess(answers)
    assert assess(answers, Overridden(1, False, plain.basis, "why", ("a", "b"))) == plain
