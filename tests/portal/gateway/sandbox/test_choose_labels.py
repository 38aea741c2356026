"""A model chooses among labels that the prompt names, in whatever way the prompt names them."""

import pytest

from portal.gateway.sandbox.cast import MODELS
from portal.gateway.sandbox.respond import respond

BEST = MODELS["aurora-large"]


def ask(system: str, user: str, name: str = "aurora-large") -> str:
    turns = [{"role": "system", "content": system}] if system else []
    return respond(MODELS[name], [*turns, {"role": "user", "content": user}]).text


@pytest.mark.parametrize(
    ("system", "user", "label"),
    [
        (
            "Classify the review as one of: positive, negative, neutral.",
            "The staff was rude, never again.",
            "negative",
        ),
        (
            "Answer with one of positive, negative or neutral.",
            "Wonderful place, we loved it.",
            "positive",
        ),
        (
            "Pick a label:\n- BUG: something is broken\n- IDEA: a wish for a new feature",
            "Please add a dark mode.",
            "IDEA",
        ),
        (
            "Sort the mail into one of these categories.\n- Billing: invoices and payments\n- "
            "Delivery: parcels\n- Other: the rest",
            "My parcel has not arrived.",
            "Delivery",
        ),
        (
            "Labels: TEAM_STAFF, TEAM_HARDWARE, TEAM_SECURITY",
            "My laptop has a black screen.",
            "TEAM_HARDWARE",
        ),
        (
            "",
            "Classify the text as one of: urgent, low.\n\nText: Please come immediately, it "
            "is an emergency.",
            "urgent",
        ),
    ],
)
def test_labels_are_read_from_the_prompt(system: str, user: str, label: str) -> None:
    assert ask(system, user) == label


def test_descriptions_in_the_prompt_decide_between_labels_without_known_words() -> None:
    system = (
        "Choose one of the classes:\n- ALPHA_ONE: questions about tents, stoves and sleeping bags\n"
        "- BETA_TWO: questions about trains, seats and timetables"
    )

    assert ask(system, "Which stove fits into a small tent?") == "ALPHA_ONE"
    assert ask(system, "Is there a timetable for night trains?") == "BETA_TWO"


TRIAGE = "Choose the category: WANT_REFUND, CANCEL_SUBSCRIPTION, APP_BUG or FORGOT_PASSWORD."


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("I am not asking for a refund. The timer in the app is frozen.", "APP_BUG"),
        ("If this is not fixed I will cancel. The map crashes every day.", "APP_BUG"),
        ("> please cancel my plan\n\nThat is done, but now I want my money back.", "WANT_REFUND"),
        ("pls cancle my subsciption", "CANCEL_SUBSCRIPTION"),
        ("Ich habe mein Passwort vergessen.", "FORGOT_PASSWORD"),
    ],
)
def test_a_strong_model_reads_negation_conditions_quotes_slips_and_languages(
    text: str, label: str
) -> None:
    assert ask(TRIAGE, text) == label


def test_a_weak_model_falls_for_the_first_keyword() -> None:
    text = "I do not want a refund. The app shows a crash on every ride."

    assert ask(TRIAGE, text) == "APP_BUG"
    assert ask(TRIAGE, text, "flint-nano") == "WANT_REFUND"


def test_a_text_without_any_hint_goes_to_the_catch_all_label() -> None:
    assert ask("Classify as one of: billing, delivery, other.", "Blue elephants dance.") == "other"


def test_the_wrapping_model_puts_the_label_into_a_sentence() -> None:
    answer = ask(
        "Classify as one of: billing, delivery, other.", "My parcel is late.", "beacon-mini"
    )

    assert answer == "The right category is **delivery**."
