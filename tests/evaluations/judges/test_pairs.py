"""Two orders of one pair: a win needs both, what disagrees is counted, what is unreadable too."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluations.judges.calibrating import calibrated, drift
from evaluations.judges.canaries import CANARIES, DOCUMENT, QUESTION, TRUTH
from evaluations.judges.enums import Given, Levels
from evaluations.judges.pairs import PairVerdict, position, preference, turned
from evaluations.judges.prompting import Case, Content, messages, quotable
from evaluations.judges.verdicts import Verdict, read_verdict
from portal.gateway.sandbox.cast import MODELS
from portal.gateway.sandbox.respond import respond
from tests.evaluations.judges.test_calibrating import RULES

said = st.sampled_from(["first", "second", "tie", "judge_error"])
CONTENT = Content("It says what is true.", "Prefer what is right.", Levels.PAIR, Given.REFERENCE)


def pair(straight: str, crossed: str) -> PairVerdict:
    return PairVerdict(Verdict(straight), Verdict(crossed))


def test_a_win_needs_both_orders_and_an_unreadable_pair_is_no_tie() -> None:
    both = [
        pair("first", "first"),
        pair("first", "second"),
        pair("second", "second"),
        pair("tie", "tie"),
        pair("tie", "first"),
        pair("first", "judge_error"),
    ]

    assert [one.outcome for one in both] == ["first", "tie", "second", "tie", "tie", "judge_error"]
    found = preference([(number, one) for number, one in enumerate(both)], planned=7)
    assert (found["n"], found["errors"], found["missing"], found["planned"]) == (5, 1, 1, 7)
    assert (found["wins"], found["losses"], found["ties"], found["inconsistent"]) == (1, 1, 3, 2)
    assert found["rate"] == 0.5
    assert found["position"]["consistency"] == 3 / 5
    assert found["position"]["flips"] == 2
    assert found["position"]["to_first"] == 1


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(said, said), max_size=12))
def test_the_other_way_round_everything_is_mirrored(verdicts: list[tuple[str, str]]) -> None:
    """What is told of the second candidate is what is told of the first, turned."""
    pairs = [pair(*one) for one in verdicts]
    mirrored = [PairVerdict(turned(one.straight), turned(one.crossed)) for one in pairs]

    one = preference(list(enumerate(pairs)), len(pairs))
    other = preference(list(enumerate(mirrored)), len(pairs))

    assert (one["wins"], one["losses"], one["ties"]) == (
        other["losses"],
        other["wins"],
        other["ties"],
    )
    assert one["n"] + one["errors"] == len(pairs)
    if one["rate"] is not None:
        assert one["rate"] == pytest.approx(1 - other["rate"])
        assert one["sign_p"] == other["sign_p"]
    if one["low"] is not None:
        assert 0 <= one["low"] <= one["rate"] <= one["high"] <= 1


def test_repeats_of_an_example_are_no_further_examples() -> None:
    verdicts = ["first", "second", "first", "first", "tie", "second", "first", "first"]
    once = preference([(n, pair(one, one)) for n, one in enumerate(verdicts)], 8)
    often = preference([(n, pair(one, one)) for n, one in enumerate(verdicts)] * 4, 32)

    assert (once["n"], often["n"], often["examples"]) == (8, 32, 8)
    assert often["high"] - often["low"] == pytest.approx(once["high"] - once["low"])
    assert often["sign_p"] == once["sign_p"]


def report(*, apart: int = 0, swayed: int = 0, opposite: bool = False) -> dict[str, Any]:
    """A hundred pairs by two people, who settle six; the judge differs on ``apart``, and ties
    ``swayed`` of them because its two orders disagree."""
    truth = {f"e{n}": "first" if n % 2 else "second" for n in range(100)}
    wrong = {"first": "second", "second": "first"}
    given = {key: {"ann": label} for key, label in truth.items()}
    for n, (key, label) in enumerate(list(truth.items())[:40]):
        given[key]["ben"] = wrong[label] if n < 6 else label
    settled = dict(list(truth.items())[:6])
    verdicts, orders = {}, []
    for n, (key, label) in enumerate(truth.items()):
        mine = wrong[label] if n < apart or opposite else label
        both = pair("first", "second") if n >= 100 - swayed else pair(mine, mine)
        orders.append(both)
        verdicts[key] = [both.outcome]
    return calibrated(given, settled, verdicts, RULES, pairwise=True, position=position(orders))


def test_a_judge_of_pairs_is_usable_when_it_prefers_what_people_prefer_in_either_order() -> None:
    good = report(apart=4, swayed=5)
    assert (good["standing"], good["reasons"]) == ("usable", [])
    assert good["rarer"] == 50
    # what it ties is no error of telling one from the other
    assert sum(good["confusion"].values()) == 95
    assert good["position"]["consistency"] == 0.95

    assert report(swayed=20)["standing"] == "usable"
    swayed = report(swayed=21)
    assert swayed["standing"] == "advisory"
    assert "the other way round it says the same of 79% of the pairs" in swayed["reasons"][-1]
    assert report(opposite=True)["standing"] == "off"
    assert report(apart=46)["standing"] == "off"


def test_pairs_that_are_judged_against_people_where_they_were_not_change_the_ruler() -> None:
    truth = {f"a{n}": "first" if n % 2 else "second" for n in range(40)}
    wrong = {"first": "second", "second": "first"}
    today = {key: wrong[one] if n < 5 else one for n, (key, one) in enumerate(truth.items())}

    assert not drift(truth, truth, truth, 0.4, pairwise=True).alarm
    assert drift(truth, today, truth, 0.4, pairwise=True).words.startswith("5 of 40 anchors")


def test_both_answers_stand_between_marks_and_may_be_quoted() -> None:
    case = Case("q", "the first one", "the reference", other="the second one")
    system, user = messages(CONTENT, case.swapped(), "ab" * 12)

    assert user["content"].index("the second one") < user["content"].index("the first one")
    assert "<<<ANSWER 1 " in user["content"]
    assert '"first", "second", "tie"' in system["content"]
    for verdict, evidence, outcome in (
        ("second", "the second one", "second"),
        ("first", "the reference", "judge_error"),
        ("first", "", "judge_error"),
        ("tie", "", "tie"),
        ("pass", "the first one", "judge_error"),
    ):
        output = json.dumps({"evidence": evidence, "reason": "", "verdict": verdict})
        assert read_verdict(output, Levels.PAIR, quotable(case)).outcome == outcome


def simulated(model: str, first: str, second: str) -> str:
    case = Case(QUESTION, first, TRUTH, (DOCUMENT["text"],), second)
    sent = [dict(one) for one in messages(CONTENT, case, "ab" * 12)]
    return read_verdict(respond(MODELS[model], sent).text, Levels.PAIR, quotable(case)).outcome


def test_the_simulated_judge_prefers_the_truth_to_every_canary() -> None:
    for canary in CANARIES:
        assert simulated("hazel-judge", TRUTH, canary.answer) == "first", canary.key
        assert simulated("hazel-judge", canary.answer, TRUTH) == "second", canary.key
    assert simulated("hazel-judge", TRUTH, f"{TRUTH} That is all.") == "tie"
    obeyed = {one.key for one in CANARIES if simulated("drift-lite", TRUTH, one.answer) != "first"}
    assert {"score", "rubric"} <= obeyed
