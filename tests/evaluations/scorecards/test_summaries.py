"""Figures over all answers: what they say, how sure, and that order and luck cannot move them."""

import random
from decimal import Decimal
from typing import Any

import pytest

from evaluations.scorecards.document import Example, ResultRow, ScoreRow, build
from evaluations.scorecards.presentation import view_of
from tests.evaluations.scorecards.rows import facts, pin, plan

CLASSES = pin("classification", labels=["a", "b"])


def run(pairs: list[tuple[str, str]], repeats: int = 1) -> dict[str, Any]:
    """Return the scorecard of one candidate that read each example's class as given."""
    examples = [Example("typical", (True,), ((true, "(no answer)"),)) for true, _ in pairs]
    rows = [
        ResultRow(
            0, place, repeat, (ScoreRow("scored", float(true == said)),), latency_ms=9.0,
            cost=Decimal("0.01"), observed=((true, said),),
        )
        for place, (true, said) in enumerate(pairs)
        for repeat in range(1, repeats + 1)
    ]  # fmt: skip
    random.Random(4).shuffle(rows)
    return build(
        plan(("a",), (CLASSES,), repeats=repeats, floors=[]), facts(("a",)), examples, rows
    )


def summary(document: dict[str, Any], key: str = "classification") -> dict[str, dict[str, Any]]:
    figures = document["candidates"][0]["measures"][key]["summary"]["figures"]
    return {one["key"]: one for one in figures}


MIXED = [("a", "a")] * 30 + [("a", "b")] * 4 + [("b", "b")] * 10 + [("b", "(unparsed)")] * 6


def test_a_macro_f1_stands_on_the_scorecard_with_its_interval_and_its_seed() -> None:
    document = run(MIXED)

    found = summary(document)
    kept = document["candidates"][0]["measures"]["classification"]["summary"]
    assert found["accuracy"]["method"] == "Wilson"
    assert (
        found["accuracy"]["value"]
        == document["candidates"][0]["measures"]["classification"]["value"]
    )
    assert found["macro_f1"]["low"] < found["macro_f1"]["value"] < found["macro_f1"]["high"]
    assert found["macro_f1"]["method"] == "bootstrap over examples"
    assert (kept["resamples"], kept["seed"]) == (
        1_000,
        run(MIXED)["candidates"][0]["measures"]["classification"]["summary"]["seed"],
    )


def test_the_order_of_rows_changes_no_figure() -> None:
    turned = run(list(reversed(MIXED)))

    one, other = summary(run(MIXED)), summary(turned)

    assert {key: figure["value"] for key, figure in one.items()} == {
        key: figure["value"] for key, figure in other.items()
    }


def test_repeats_are_clustered_on_their_example() -> None:
    once, thrice = summary(run(MIXED)), summary(run(MIXED, repeats=3))

    # Asked three times with the same answers: no more is known than before.
    assert thrice["accuracy"]["n"] == 3 * once["accuracy"]["n"]
    wide = thrice["macro_f1"]["high"] - thrice["macro_f1"]["low"]
    assert wide == pytest.approx(once["macro_f1"]["high"] - once["macro_f1"]["low"], rel=0.15)


def test_a_lost_answer_is_a_class_of_its_own_and_lowers_the_macro_f1() -> None:
    whole = run(MIXED)
    examples = [Example("typical", (True,), ((true, "(no answer)"),)) for true, _ in MIXED]
    lost = build(plan(("a",), (CLASSES,), floors=[]), facts(("a",)), examples, [])

    figures = lost["candidates"][0]["measures"]["classification"]
    assert figures["value"] is None
    assert summary(lost)["macro_f1"]["value"] == 0.0 < summary(whole)["macro_f1"]["value"]


def test_without_spread_there_is_no_interval() -> None:
    found = summary(run([("a", "a"), ("b", "b")] * 5))

    assert found["macro_f1"]["value"] == 1.0
    assert found["macro_f1"]["low"] is None
    assert found["accuracy"]["low"] < 1.0


def test_a_right_answer_costs_what_the_wrong_ones_cost_too() -> None:
    found = summary(run(MIXED), "cost_per_request")["per_right"]

    assert found["value"] == pytest.approx(0.01 * 50 / 40)
    assert found["low"] < found["value"] < found["high"]
    none = summary(run([("a", "b")] * 4), "cost_per_request")["per_right"]
    assert none["value"] is None
    assert "no answer is right" in none["method"]


def test_the_page_has_the_matrix_behind_the_measure() -> None:
    view = view_of(run(MIXED))

    table = next(one for one in view.tables if one.label == "Right class")
    assert [label for label, _ in table.overall] == [
        "Accuracy", "Balanced accuracy", "Macro F1", "Matthews correlation",
    ]  # fmt: skip
    matrix = next(one for one in table.grids if one.label == "Confusion matrix")
    assert matrix.columns == ("(unparsed)", "a", "b")
    assert matrix.rows[1] == ("a", ("0", "30", "4"))


def test_a_class_that_only_held_out_examples_brought_is_not_named() -> None:
    # given a prompt that repeats its input, so that an answer holds what is held out
    pairs = [("a", "a")] * 9 + [("a", "b")] + [("Aleppo", "Aleppo"), ("a", "a secret"), ("b", "b")]
    pin_any = pin("classification")
    pinned = plan(("a",), (pin_any,), floors=[])

    def tables(held_out: int) -> list[dict[str, Any]]:
        examples = [
            Example("typical", (True,), ((true, "(no answer)"),),
                    held_out=place >= len(pairs) - held_out)
            for place, (true, _) in enumerate(pairs)
        ]  # fmt: skip
        rows = [
            ResultRow(0, place, 1, (ScoreRow("scored", float(true == said)),), cost=Decimal("0.01"),
                      observed=((true, said),))
            for place, (true, said) in enumerate(pairs)
        ]  # fmt: skip
        document = build(pinned, facts(("a",)), examples, rows)
        found: list[dict[str, Any]] = document["candidates"][0]["measures"]["classification"][
            "summary"
        ]["tables"]
        return found

    # when the last three are held out
    open_, (confusion, classes) = tables(0), tables(3)

    # then what open examples bring is named, and the rest stands last without its words
    assert open_[0]["columns"] == ["Aleppo", "a", "a secret", "b"]
    assert confusion["columns"] == ["a", "b", "(held out 1)", "(held out 2)"]
    cells = {row["label"]: row["cells"] for row in confusion["rows"]}
    assert cells["a"] == [9, 1, 0, 1]
    assert cells["(held out 1)"] == [0, 0, 1, 0]
    assert {row["label"] for row in classes["rows"]} == set(confusion["columns"])
    # and figures are what they were
    before = {row["label"]: row["cells"] for row in open_[1]["rows"]}
    after = {row["label"]: row["cells"] for row in classes["rows"]}
    assert (before["a"], before["Aleppo"]) == (after["a"], after["(held out 1)"])
