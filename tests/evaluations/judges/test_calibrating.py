"""What a judge may be used for, at the limits of the policy; and when its ruler has changed."""

from dataclasses import replace
from typing import Any

import pytest

from evaluations.judges.calibrating import Rules, calibrated, drift, labelled

RULES = Rules(
    labelled_min=100,
    rarer_min=30,
    two_raters_min=30,
    kappa_low_min=0.4,
    kappa_min=0.6,
    below_people_max=0.1,
    power_min=1.1,
    judge_errors_max=0.02,
    consistency_min=0.8,
)


def report(
    *,
    passed: int = 60,
    failed: int = 40,
    missed: int = 4,
    slipped: int = 4,
    pairs: int = 30,
    apart: int = 2,
    judge_errors: int = 0,
    rules: Rules = RULES,
) -> dict[str, Any]:
    """Label ``passed`` + ``failed`` examples; the judge fails ``missed`` of the first and passes
    ``slipped`` of the second. A second rater labels ``pairs``, ``apart`` of them otherwise, which
    are settled as the first one said."""
    given: dict[str, dict[str, str]] = {}
    settled: dict[str, str] = {}
    verdicts: dict[str, list[str]] = {}
    for number in range(passed + failed):
        key, right = f"e{number}", number < passed
        given[key] = {"ann": "pass" if right else "fail"}
        wrong = number < missed if right else number - passed < slipped
        verdicts[key] = ["fail" if right is wrong else "pass"]
    # Both kinds in turn, so that the second rater sees both.
    order = [
        f"e{n}"
        for pair in zip(range(passed), range(passed, passed + failed), strict=False)
        for n in pair
    ]
    for place, key in enumerate(order[:pairs]):
        mine = given[key]["ann"]
        other = "fail" if mine == "pass" else "pass"
        given[key]["ben"] = other if place < apart else mine
        if place < apart:
            settled[key] = mine
    for key in list(verdicts)[-judge_errors:] if judge_errors else []:
        verdicts[key] = ["judge_error"]
    return calibrated(given, settled, verdicts, rules)


def test_a_judge_that_agrees_is_usable_with_its_figures() -> None:
    found = report()

    assert (found["standing"], found["reasons"]) == ("usable", [])
    assert found["sensitivity"] == pytest.approx(56 / 60)
    assert found["specificity"] == pytest.approx(36 / 40)
    assert found["judge"]["kappa"] == pytest.approx(0.8333, abs=1e-4)
    assert found["judge"]["low"] > 0.4
    assert found["people"]["n"] == 30


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"passed": 59}, "99 examples are labelled; 100 are needed."),
        ({"passed": 71, "failed": 29}, "The rarer label has 29 examples; 30 are needed."),
        ({"pairs": 29}, "Two people labelled 29 examples; 30 are needed."),
        ({"missed": 13, "slipped": 9}, "Kappa is 0.55; 0.60 is needed."),
        ({"apart": 0, "missed": 6, "slipped": 5}, "the judge must reach 0.90"),
        ({"judge_errors": 3}, "3 of 100 outputs could not be read."),
    ],
)
def test_each_limit_alone_makes_it_advisory(changes: dict[str, Any], words: str) -> None:
    found = report(**changes)

    assert found["standing"] == "advisory"
    assert any(words in reason for reason in found["reasons"]), found["reasons"]


def test_the_limits_themselves_are_enough() -> None:
    assert report(passed=60, failed=40, pairs=30)["standing"] == "usable"
    kappa = report()["judge"]
    exactly = replace(RULES, kappa_min=kappa["kappa"], kappa_low_min=kappa["low"])
    assert report(rules=exactly)["standing"] == "usable"
    above = replace(RULES, kappa_low_min=kappa["low"] + 1e-9)
    assert report(rules=above)["standing"] == "advisory"


def test_a_judge_that_hardly_tells_is_off() -> None:
    # Sensitivity 0.5 and specificity 0.6 add up to the limit itself.
    found = report(missed=30, slipped=16)

    assert found["standing"] == "off"
    assert "add up to 1.10" in found["reasons"][0]
    assert report(missed=29, slipped=16)["standing"] == "advisory"


def test_one_label_throughout_is_undefined_and_never_usable() -> None:
    found = report(passed=100, failed=0, missed=0, slipped=0)

    assert found["judge"]["kappa"] is None
    assert found["standing"] == "advisory"


def test_raters_that_differ_leave_an_example_open_until_it_is_settled() -> None:
    given = {"a": {"ann": "pass", "ben": "fail"}, "b": {"ann": "fail"}}

    assert labelled(given, {}).split == ("a",)
    assert labelled(given, {}).truth == {"b": "fail"}
    assert labelled(given, {"a": "fail"}).truth == {"a": "fail", "b": "fail"}
    third = {"a": {"ann": "pass", "ben": "fail", "cleo": "fail"}}
    assert labelled(third, {}).truth == {"a": "fail"}


def test_what_it_says_of_the_same_again_is_its_own_noise() -> None:
    given = {key: {"ann": "pass"} for key in "ab"}
    found = calibrated(
        given, {}, {"a": ["pass", "pass", "fail"], "b": ["pass", "pass", "pass"]}, RULES
    )

    assert found["noise"] == {"examples": 2, "pairs": 6, "agreement": pytest.approx(4 / 6)}


def test_anchors_that_moved_beyond_chance_change_the_ruler() -> None:
    before = {f"e{n}": "pass" if n < 20 else "fail" for n in range(40)}

    def today(changed: int) -> dict[str, str]:
        return {key: "fail" if int(key[1:]) < changed else said for key, said in before.items()}

    # Five changes one way have a mid-p of 0.031, four of 0.0625.
    assert not drift(before, today(4), before, 0.4).alarm
    assert drift(before, today(5), before, 0.4).words.startswith("5 of 40 anchors")
    fallen = drift(before, today(4), before, 0.9)
    assert fallen.words == "Kappa on the anchors fell to 0.80, below the accepted 0.90."


def test_anchors_that_nobody_judged_again_are_counted() -> None:
    before = {f"a{number}": "pass" for number in range(10)}
    few = {key: before[key] for key in list(before)[:4]}

    lacking = drift(before, {key: before[key] for key in list(before)[:9]}, before, 0.4)
    mostly = drift(before, few, before, 0.4)

    assert (lacking.n, lacking.missing, lacking.unchecked) == (9, 1, False)
    assert (mostly.n, mostly.missing, mostly.unchecked) == (4, 6, True)
