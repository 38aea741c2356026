"""Whatever a judge outputs is a verdict on its scale with a real quote, or a judge_error."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.judges.enums import Levels
from evaluations.judges.verdicts import MOST_OUTPUT, folded, read_verdict, shape_problem

quick = settings(deadline=None, max_examples=150, database=None)
SOURCES = ["Express delivery costs\n4.90 euros.", "It takes one day."]
scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=20)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner)
)
outputs = (
    st.text()
    | values.map(json.dumps)
    | st.fixed_dictionaries(
        {
            "evidence": st.sampled_from(["", "4.90", "one day", "nowhere"]) | values,
            "reason": st.text(max_size=10) | values,
            "verdict": st.sampled_from(["pass", "fail", "cannot_tell", "PASS", "5"]) | values,
        }
    ).map(json.dumps)
)


def said(**changes: Any) -> str:
    return json.dumps({"evidence": "costs 4.90", "reason": "r", "verdict": "pass", **changes})


@quick
@given(outputs, st.sampled_from(list(Levels)))
def test_nothing_but_a_verdict_with_a_real_quote_is_one(output: str, levels: Levels) -> None:
    found = read_verdict(output, levels, SOURCES)

    assert found.outcome in ("pass", "fail", "cannot_tell", "judge_error")
    assert bool(found.problem) is (found.outcome == "judge_error")
    if found.outcome != "judge_error":
        assert any(folded(found.evidence) in folded(source) for source in SOURCES)
        assert found.outcome != "cannot_tell" or levels is Levels.THREE
    if found.passed:
        assert folded(found.evidence)


@pytest.mark.parametrize(
    ("output", "problem"),
    [
        (f"```json\n{said()}\n```", "not JSON"),
        (said() + said(), "not JSON"),
        ('{"evidence": "", "evidence": "", "reason": "", "verdict": "fail"}', "not JSON"),
        ("[" * 40_000, "too long"),
        ("[" * 100 + "]" * 100, "not JSON"),
        (json.dumps({"verdict": "pass"}), "other fields"),
        (said(score=5), "other fields"),
        (said(verdict="5"), "not on the scale"),
        (said(verdict="cannot_tell"), "not on the scale"),
        (said(reason=None), "not text"),
        (said(evidence=""), "a pass without evidence"),
        (said(evidence=" \n "), "a pass without evidence"),
        (said(evidence="costs 5 euros"), "not in the answer"),
        ("x" * (MOST_OUTPUT + 1), "too long"),
        ("", "not JSON"),
    ],
)
def test_each_way_to_be_wrong_has_its_words(output: str, problem: str) -> None:
    found = read_verdict(output, Levels.TWO, SOURCES)

    assert found.outcome == "judge_error"
    assert problem in found.problem


def test_a_quote_may_break_its_lines_anew_and_a_fail_may_quote_nothing() -> None:
    assert read_verdict(said(evidence="delivery costs 4.90 euros"), Levels.TWO, SOURCES).passed
    assert read_verdict(said(evidence="", verdict="fail"), Levels.TWO, SOURCES).outcome == "fail"
    assert read_verdict(said(reason="\ud800"), Levels.TWO, SOURCES).reason == "\ufffd"


def test_only_what_cannot_be_read_is_asked_again() -> None:
    assert shape_problem("It passes.", Levels.TWO)
    assert not shape_problem(said(evidence="nowhere"), Levels.TWO)
