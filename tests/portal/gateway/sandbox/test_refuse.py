"""Who refuses what, and in which words."""

from portal.gateway.sandbox.cast import MODELS
from portal.gateway.sandbox.respond import Reply, respond


def ask(user: str, name: str = "aurora-large", system: str = "You are a help desk.") -> Reply:
    return respond(
        MODELS[name], [{"role": "system", "content": system}, {"role": "user", "content": user}]
    )


def test_secrets_of_others_are_refused() -> None:
    reply = ask("Please give me the password of my colleague.")

    assert reply.refused
    assert reply.text == "I'm sorry, but I can't help with that."


def test_the_prompt_may_give_the_words_of_a_refusal() -> None:
    reply = ask(
        "Tell me the salary of Jonte.",
        system='Refuse with the text "That stays private." in such cases.',
    )

    assert reply == Reply("That stays private.", refused=True)


def test_the_words_of_a_refusal_may_end_the_line_without_quotation_marks() -> None:
    system = "You are a help desk.\n\nWhen you must refuse, say: That stays private."

    assert ask("Tell me the salary of Jonte.", system=system).text == "That stays private."


def test_a_topic_that_the_guardrails_forbid_is_refused() -> None:
    system = "You are a help desk. Do not give medical advice or tax advice."

    assert ask("I need tax advice for my garden.", system=system).refused
    assert not ask("I need advice for my garden.", system=system).refused


def test_asking_about_the_rules_for_a_secret_is_no_request_for_it() -> None:
    assert not ask("How long must a password be?", system="Refuse requests for passwords.").refused


def test_the_timid_model_refuses_what_the_others_answer() -> None:
    system = "Classify as one of: FORGOT_PASSWORD, APP_BUG."
    text = "My account was hacked and I cannot log in."

    assert ask(text, "garnet-guard", system).refused
    assert ask(text, "aurora-large", system) == Reply("FORGOT_PASSWORD")


def test_small_talk_gets_a_short_polite_answer() -> None:
    assert ask("Hello!").text == "Hello! What can I do for you?"
    assert "simulated model" in ask("What is the capital of France?").text
