"""What a study says: figures from the verdicts alone, and "cannot tell" where it cannot."""

import random
from datetime import UTC, datetime
from typing import Any

from evaluations.preferences.document import Facts, VerdictRow, build
from evaluations.preferences.enums import Outcome

LIMITS = {"pairs_min": 30, "raters_min": 2, "spread_raters": 3}
MOMENT = datetime(2026, 11, 22, tzinfo=UTC)


def facts(n: int, raters: int, candidates: int = 2) -> Facts:
    places = range(candidates)
    both = [(i, j) for i in places for j in places if i < j]
    pairs = [
        {"position": at * len(both) + k + 1, "example": f"t-{at}", "kind": "typical",
         "revision": "sha256:0", "first": first, "second": second}
        for at in range(n)
        for k, (first, second) in enumerate(both)
    ]  # fmt: skip
    plan: dict[str, Any] = {
        "workload": "WL-0001",
        "number": 1,
        "question": "Which is better?",
        "seed": "7",
        "limits": LIMITS,
        "run": {"id": "r", "number": 1, "digest": "sha256:1"},
        "dataset": {"ref": "DS-0001", "version": 1, "digest": "sha256:2", "n": n},
        "candidates": [{"place": place, "name": "abcd"[place]} for place in places],
        "comparisons": [
            {
                "first": i,
                "second": j,
                "eligible": n,
                "identical": 0,
                "unanswered": 0,
                "named": 0,
                "held_out": 0,
            }
            for i, j in both
        ],
        "pairs": pairs,
    }
    return Facts(
        plan=plan,
        plan_digest="sha256:3",
        cycle=1,
        seats={seat: seat == 1 for seat in range(1, raters + 1)},
        asked=dict.fromkeys(range(1, raters + 1), len(pairs)),
        lengths={one["position"]: (100, 50) for one in pairs},
        simulated=False,
        closed_at=MOMENT,
        close_reason="",
    )


def row(position: int, seat: int, outcome: Outcome, first_is_a: bool = True) -> VerdictRow:
    if outcome in (Outcome.TIE, Outcome.BOTH_BAD):
        return VerdictRow(position, seat, outcome.value, first_is_a)
    choice = "a" if (outcome == Outcome.FIRST) is first_is_a else "b"
    return VerdictRow(position, seat, choice, first_is_a)


def votes(n: int, raters: int, seed: int, share: float, ties: float = 0.0) -> list[VerdictRow]:
    dice = random.Random(seed)
    found = []
    for position in range(1, n + 1):
        # raters mostly see the same in a pair, so that they agree more than by chance
        leaning = dice.random() < share
        for seat in range(1, raters + 1):
            first = leaning if dice.random() < 0.8 else dice.random() < share
            tied = dice.random() < ties
            outcome = Outcome.TIE if tied else Outcome.FIRST if first else Outcome.SECOND
            found.append(row(position, seat, outcome, dice.random() < 0.5))
    return found


def only(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["comparisons"][0]
    return found


def test_a_clear_preference_is_said_with_its_interval_and_the_raters_agreement() -> None:
    document = build(facts(60, 2), votes(60, 2, seed=1, share=0.8))

    found = only(document)
    assert found["verdict"] == "better"
    assert found["words"].startswith("These 2 raters prefer a to b")
    assert 0.5 < found["low"] < found["rate"] < found["high"] <= 1.0
    assert found["wins"] + found["losses"] == found["verdicts"] == 120
    assert found["decided"]["wins"] + found["decided"]["losses"] + found["decided"]["ties"] == 60
    assert found["longer"]["share"] == found["rate"]  # the first is always the longer one
    assert document["agreement"]["percent"] > 0.5
    assert document["agreement"]["cohen"]["n"] == 60
    assert document["strengths"] is None
    assert document["complete"]


def test_a_preference_of_chance_cannot_be_told_and_says_what_would_settle_it() -> None:
    document = build(facts(30, 2), votes(30, 2, seed=3, share=0.55, ties=0.2))

    found = only(document)
    assert found["verdict"] == "cannot_tell"
    assert found["words"].startswith("Cannot tell")
    assert found["low"] < 0.5 < found["high"]
    assert found["needed"] is None or found["needed"] > 30
    assert found["could_show"] > 0.2


def test_too_few_pairs_with_two_verdicts_tell_nothing_however_one_sided() -> None:
    rows = [row(position, 1, Outcome.FIRST) for position in range(1, 31)]
    rows += [row(position, 2, Outcome.FIRST) for position in range(1, 30)]

    found = only(build(facts(30, 2), rows))

    assert (found["complete_pairs"], found["verdict"]) == (29, "cannot_tell")
    assert "30 are needed" in found["words"]


def test_nobody_rated_says_so() -> None:
    document = build(facts(30, 2), [])

    assert only(document)["words"] == "Nobody rated a pair of these two."
    assert document["position"]["share"] is None
    assert document["agreement"]["percent"] is None


def test_three_raters_who_differ_widen_the_interval() -> None:
    agree = [
        row(p, s, Outcome.FIRST if p % 3 else Outcome.SECOND)
        for p in range(1, 61)
        for s in (1, 2, 3)
    ]
    # two raters always prefer the first, the third never does: the same win rate
    differ = [
        row(p, s, Outcome.SECOND if s == 3 else Outcome.FIRST)
        for p in range(1, 61)
        for s in (1, 2, 3)
    ]

    one, other = only(build(facts(60, 3), agree)), only(build(facts(60, 3), differ))

    assert abs(one["rate"] - other["rate"]) < 1e-9
    assert one["verdict"] == "better"
    assert other["verdict"] == "cannot_tell"
    assert other["method"] == "t over raters"
    assert "differ too much" in other["words"]


def test_a_habit_of_the_hand_is_found() -> None:
    rows = [
        VerdictRow(position, seat, "a", position % 2 == 0)
        for position in range(1, 31)
        for seat in (1, 2)
    ]

    document = build(facts(30, 2), rows)

    assert document["position"]["biased"]
    assert "lean to the left" in document["position"]["words"]
    assert only(document)["verdict"] == "cannot_tell"


def test_four_candidates_get_strengths_unless_one_never_lost() -> None:
    dice = random.Random(11)
    asked = facts(30, 2, candidates=4)
    rows = []
    for one in asked.plan["pairs"]:
        for seat in (1, 2):
            chance = 0.5 + 0.13 * (one["second"] - one["first"])
            rows.append(
                row(
                    one["position"],
                    seat,
                    Outcome.FIRST if dice.random() < chance else Outcome.SECOND,
                )
            )

    found = build(asked, rows)["strengths"]

    assert [one["name"] for one in found["candidates"]] == list("abcd")
    thetas = [one["theta"] for one in found["candidates"]]
    assert thetas == sorted(thetas, reverse=True)
    assert all(one["low"] < one["theta"] < one["high"] for one in found["candidates"])

    perfect = [
        row(one["position"], seat, Outcome.FIRST) for one in asked.plan["pairs"] for seat in (1, 2)
    ]
    refused = build(asked, perfect)
    assert "never lost" in refused["strengths"]["refused"]
    assert all(one["verdict"] == "better" for one in refused["comparisons"])
    # six comparisons, corrected together
    assert all(
        one["decided"]["p_adjusted"] >= one["decided"]["p"] for one in refused["comparisons"]
    )
