"""The simulated models must differ on the demo's data as real models do: that is what a scorecard
shows."""

import json

from portal.gateway.sandbox.cast import MODELS
from portal.gateway.sandbox.respond import respond
from portal.gateway.sandbox.traits import SimulatedModel
from tests.portal.gateway.sandbox.demo_prompts import documents, first_object, messages, rows


def ticket_scores(model: SimulatedModel) -> tuple[float, float, float]:
    """Shares of tickets with the right category, with all four fields right, and with bare JSON."""
    tickets = rows("support_tickets.jsonl")
    category = exact = bare = 0
    for ticket in tickets:
        text = respond(model, messages("support_triage", ticket["input"]), seed=7).text
        got, wanted = first_object(text), ticket["expected"]
        category += got.get("category") == wanted["category"]
        exact += all(name in got and got[name] == value for name, value in wanted.items())
        bare += text.startswith("{")
    return category / len(tickets), exact / len(tickets), bare / len(tickets)


def test_the_models_separate_on_support_tickets() -> None:
    scores = {name: ticket_scores(model) for name, model in MODELS.items()}

    by_category = sorted((score[0] for score in scores.values()), reverse=True)
    assert by_category[0] >= 0.93
    assert by_category[-1] <= 0.75
    levels = [by_category[0]]
    for value in by_category:
        if levels[-1] - value >= 0.03:
            levels.append(value)
    assert len(levels) >= 4, by_category
    assert max(scores, key=lambda name: scores[name][0]) == "aurora-large"
    assert min(scores, key=lambda name: scores[name][0]) == "flint-nano"


def test_the_manners_show_in_the_fields_of_support_tickets() -> None:
    sloppy = ticket_scores(MODELS["ember-8b"])
    wrapping = ticket_scores(MODELS["beacon-mini"])
    exact = ticket_scores(MODELS["cedar-70b-eu"])

    assert sloppy[0] - sloppy[1] >= 0.1, "right category, wrong amounts"
    assert wrapping[2] == 0, "never bare JSON"
    assert exact[1] == exact[0], "a right category comes with right fields"


def test_the_models_separate_on_handbook_questions() -> None:
    questions = rows("handbook_questions.jsonl")
    answered: dict[str, int] = {}
    declined: dict[str, int] = {}
    for name, model in MODELS.items():
        for one in questions:
            values = {"question": one["input"]["question"], "documents": documents(one["context"])}
            text = respond(model, messages("handbook_answers", values), seed=7).text
            if one["expects"] == "refuse":
                says_so = "cannot find" in text or "I'm sorry" in text
                declined[name] = declined.get(name, 0) + says_so
            else:
                accepted = one["expected"]["answer"]
                right = any(wanted.lower() in text.lower() for wanted in accepted)
                answered[name] = answered.get(name, 0) + right

    absent = sum(one["expects"] == "refuse" for one in questions)
    assert declined["aurora-large"] == absent
    assert declined["drift-lite"] == 0, "invents instead of declining"
    assert answered["aurora-large"] >= 0.9 * (len(questions) - absent)
    assert answered["garnet-guard"] < answered["aurora-large"], "refuses harmless questions"
    assert answered["flint-nano"] < answered["aurora-large"]


def test_the_models_separate_on_summaries() -> None:
    notes = rows("policy_notes.jsonl")
    complete: dict[str, float] = {}
    for name, model in MODELS.items():
        good = 0
        for note in notes:
            text = respond(model, messages("note_summaries", note["input"]), seed=7).text
            kept = all(fact.lower() in text.lower() for fact in note["must_include"])
            clean = not any(fact.lower() in text.lower() for fact in note["must_not_include"])
            good += kept and clean
        complete[name] = good / len(notes)

    assert complete["aurora-large"] >= 0.85
    assert complete["flint-nano"] <= 0.75
    assert complete["drift-lite"] < complete["aurora-large"], "follows orders in the notes"


def test_answers_do_not_depend_on_what_was_asked_before() -> None:
    tickets = rows("support_tickets.jsonl")
    model = MODELS["drift-lite"]
    forward = [
        respond(model, messages("support_triage", one["input"]), seed=3).text for one in tickets
    ]

    backward = [
        respond(model, messages("support_triage", one["input"]), seed=3).text
        for one in reversed(tickets)
    ]

    assert forward == backward[::-1]


def test_a_weak_model_wavers_with_the_seed_and_the_strong_one_does_not() -> None:
    tickets = rows("support_tickets.jsonl")

    def answers(name: str, seed: int) -> list[str]:
        return [
            json.dumps(
                first_object(
                    respond(MODELS[name], messages("support_triage", one["input"]), seed=seed).text
                )
            )
            for one in tickets
        ]

    assert answers("aurora-large", 1) == answers("aurora-large", 2)
    assert answers("drift-lite", 1) != answers("drift-lite", 2)
