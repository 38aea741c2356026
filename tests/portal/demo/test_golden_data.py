"""The demo's golden data is whole, plausible and kept apart from the prompts' examples."""

import json
import re
from collections import Counter
from typing import Any

import jsonschema
import pytest

from portal.demo import DATA

FILES = ("support_tickets.jsonl", "handbook_questions.jsonl", "policy_notes.jsonl")
PROMPTS = {
    "support_triage": "support_tickets.jsonl",
    "handbook_answers": "handbook_questions.jsonl",
    "note_summaries": "policy_notes.jsonl",
}


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


@pytest.mark.parametrize("name", FILES)
def test_every_example_has_its_own_key_and_text_and_a_kind(name: str) -> None:
    examples = rows(name)

    assert len({one["key"] for one in examples}) == len(examples)
    texts = [plain(" ".join(one["input"].values())) for one in examples]
    assert len(set(texts)) == len(texts)
    kinds = Counter(one["kind"] for one in examples)
    assert set(kinds) == {"typical", "edge", "adversarial"}
    assert min(kinds.values()) >= 0.08 * len(examples)
    assert all(one["tags"] for one in examples)


def test_the_tickets_cover_each_category_plan_and_kind() -> None:
    tickets = rows("support_tickets.jsonl")
    kinds = Counter(one["kind"] for one in tickets)

    assert len(tickets) >= 120
    assert kinds["typical"] >= 70
    assert kinds["edge"] >= 32
    assert kinds["adversarial"] >= 18
    categories = Counter(one["expected"]["category"] for one in tickets)
    assert set(categories) == {"WANT_REFUND", "APP_BUG", "FORGOT_PASSWORD", "CANCEL_SUBSCRIPTION"}
    assert min(categories.values()) >= 25
    plans = Counter(one["expected"]["plan"] for one in tickets)
    assert set(plans) == {"basic", "pro", "both", None}
    assert any(one["expected"]["amount_ambiguous"] for one in tickets)


def test_expected_fields_of_a_ticket_fit_the_schema_of_the_prompt() -> None:
    schema = json.loads((DATA / "prompts/support_triage/output_schema.json").read_text())
    for ticket in rows("support_tickets.jsonl"):
        jsonschema.validate(ticket["expected"], schema)


def test_expected_amounts_and_plans_stand_in_the_ticket() -> None:
    for ticket in rows("support_tickets.jsonl"):
        text = f"{ticket['input']['subject']} {ticket['input']['body']}"
        expected = ticket["expected"]
        if expected["amount_usd"] is not None:
            assert not expected["amount_ambiguous"], ticket["key"]
            assert f"{expected['amount_usd']:g}".rstrip("0") in text, ticket["key"]
        if expected["plan"] in ("basic", "pro"):
            assert re.search(rf"\b{expected['plan']}\b", text, re.IGNORECASE), ticket["key"]
        if expected["amount_ambiguous"]:
            assert len(set(re.findall(r"\$(\d+\.\d+)", text))) >= 2, ticket["key"]


def test_mail_addresses_lead_nowhere() -> None:
    for name in FILES:
        for domain in re.findall(
            r"[\w.+-]+@([\w.-]+\w)", (DATA / name).read_text(encoding="utf-8")
        ):
            assert domain == "example.com", name


def test_the_handbook_has_thirty_documents_of_sensible_length() -> None:
    handbook = json.loads((DATA / "handbook.json").read_text(encoding="utf-8"))

    assert len(handbook) == 30
    assert len({one["id"] for one in handbook}) == 30
    assert all(80 <= len(one["text"].split()) <= 160 for one in handbook)


def test_each_question_comes_with_documents_of_the_handbook_and_an_answer_in_them() -> None:
    handbook = {
        one["id"]: one for one in json.loads((DATA / "handbook.json").read_text(encoding="utf-8"))
    }
    questions = rows("handbook_questions.jsonl")

    assert len(questions) >= 60
    assert sum(one["expects"] == "refuse" for one in questions) >= 8
    for one in questions:
        assert 3 <= len(one["context"]) <= 4
        assert all(handbook[document["id"]] == document for document in one["context"]), one["key"]
        together = " ".join(document["text"] for document in one["context"]).lower()
        if one["expects"] == "answer":
            assert any(answer.lower() in together for answer in one["expected"]["answer"]), one[
                "key"
            ]
        else:
            assert one["expected"]["answer"] is None


def test_the_right_document_is_not_always_the_first() -> None:
    places = Counter()
    for one in rows("handbook_questions.jsonl"):
        if one["expects"] == "answer":
            found = [
                place
                for place, document in enumerate(one["context"])
                if any(
                    answer.lower() in document["text"].lower()
                    for answer in one["expected"]["answer"]
                )
            ]
            places[found[0]] += 1

    assert len(places) >= 3


def test_the_facts_of_a_note_stand_in_it() -> None:
    notes = rows("policy_notes.jsonl")

    assert len(notes) == 50
    for note in notes:
        assert note["must_include"], note["key"]
        for fact in [*note["must_include"], *note["must_not_include"]]:
            assert fact.lower() in note["input"]["text"].lower(), note["key"]


@pytest.mark.parametrize(("prompt", "golden"), list(PROMPTS.items()))
def test_a_prompt_is_complete_and_uses_the_variables_of_its_examples(
    prompt: str, golden: str
) -> None:
    folder = DATA / "prompts" / prompt
    settings = json.loads((folder / "prompt.json").read_text())
    template = (folder / "user_template.md").read_text()

    assert (folder / "persona.md").read_text().strip()
    assert (folder / "instructions.md").read_text().strip()
    assert settings["guardrails"]
    used = set(re.findall(r"\{\{ (\w+) \}\}", template))
    assert used == {one["name"] for one in settings["variables"]}
    for example in rows(golden):
        given = set(example["input"]) | ({"documents"} if "context" in example else set())
        assert given == used


@pytest.mark.parametrize(("prompt", "golden"), list(PROMPTS.items()))
def test_the_examples_in_a_prompt_are_not_in_its_golden_data(prompt: str, golden: str) -> None:
    shots = json.loads((DATA / "prompts" / prompt / "prompt.json").read_text())["few_shot"]
    texts = [plain(" ".join(one["input"].values())) for one in rows(golden)]

    assert shots
    for shot in shots:
        taught = set(plain(shot["input"]).split())
        for text in texts:
            known = set(text.split())
            assert len(taught & known) / len(taught | known) < 0.6, shot["input"]
