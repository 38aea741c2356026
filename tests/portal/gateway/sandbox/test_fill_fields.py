"""A model fills the fields of a JSON Schema, from the response format or from the prompt's text."""

import json
from typing import Any

import jsonschema
import pytest

from portal.gateway.sandbox.cast import MODELS
from portal.gateway.sandbox.respond import respond
from tests.portal.gateway.sandbox.demo_prompts import first_object, messages, rows

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["topic", "order_number", "email", "amount_usd", "urgent", "items", "contact"],
    "properties": {
        "topic": {"enum": ["billing", "delivery"]},
        "order_number": {"type": "string"},
        "email": {"type": ["string", "null"]},
        "amount_usd": {"anyOf": [{"type": "number"}, {"type": "null"}]},
        "urgent": {"type": "boolean"},
        "items": {"type": "array", "items": {"type": "string"}},
        "contact": {"type": "object", "properties": {"date": {"type": ["string", "null"]}}},
    },
}
TEXT = (
    "Order no. A-88123 has not arrived, I need the parcel immediately. "
    "I paid $1,204.50 on 3 May. Mail: a.b@example.com"
)


def fill(name: str, system: str, text: str, schema: dict[str, Any] | None = None) -> str:
    form = (
        {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}} if schema else None
    )
    turns = [{"role": "system", "content": system}, {"role": "user", "content": text}]
    return respond(MODELS[name], turns, response_format=form).text


def test_a_response_format_is_filled_by_name_type_and_description() -> None:
    got = json.loads(fill("aurora-large", "Extract the fields.", TEXT, SCHEMA))

    jsonschema.validate(got, SCHEMA)
    assert got["topic"] == "delivery"
    assert got["order_number"] == "A-88123"
    assert got["email"] == "a.b@example.com"
    assert got["amount_usd"] == 1204.5
    assert got["urgent"] is True
    assert got["contact"] == {"date": "3 May"}


@pytest.mark.parametrize(
    "name", [name for name, model in MODELS.items() if "response_schema" in model.capabilities]
)
def test_schema_mode_always_gives_bare_valid_json(name: str) -> None:
    jsonschema.validate(json.loads(fill(name, "Extract the fields.", TEXT, SCHEMA)), SCHEMA)


def test_a_schema_in_the_text_of_the_prompt_is_filled_as_well() -> None:
    got = json.loads(
        fill("cedar-70b-eu", f"Answer with JSON by this schema:\n{json.dumps(SCHEMA)}", TEXT)
    )

    assert got["order_number"] == "A-88123"


def test_an_object_sketched_in_the_prompt_is_filled() -> None:
    sketch = '"mood": "positive" | "negative", "plan": "basic|pro|both|none", "amount": number'
    system = f"Reply with JSON: {{{sketch}}}"

    got = json.loads(
        fill("aurora-large", system, "I love the Pro plan, it is great, and only $20 a month.")
    )

    assert got == {"mood": "positive", "plan": "pro", "amount": 20.0}


def test_the_wrapping_model_fences_its_json_and_has_no_schema_mode() -> None:
    text = fill("beacon-mini", f"JSON by this schema: {json.dumps(SCHEMA)}", TEXT, SCHEMA)

    assert not text.startswith("{")
    assert "```json" in text
    assert first_object(text)["topic"] == "delivery"


AMOUNTS = {
    "type": "object",
    "properties": {
        "amount_usd": {
            "type": ["number", "null"],
            "description": "The one amount; null when several different ones are named.",
        },
        "amount_ambiguous": {
            "type": "boolean",
            "description": "True when two or more different amounts are named.",
        },
    },
}


@pytest.mark.parametrize(
    ("text", "amount", "ambiguous"),
    [
        ("It was $8.99, really 8.99 dollars.", 8.99, False),
        ("First $8.99, then $21.50.", None, True),
        ("Card ending 4477, on 06/11, version 6.2.1.", None, False),
        ("It cost €14.", None, False),
        ("I paid twenty dollars.", 20.0, False),
        ("The yearly fee is USD 1,204.50.", 1204.5, False),
    ],
)
def test_amounts_are_told_from_other_numbers(
    text: str, amount: float | None, ambiguous: bool
) -> None:
    got = json.loads(fill("aurora-large", "Extract.", text, AMOUNTS))

    assert got == {"amount_usd": amount, "amount_ambiguous": ambiguous}


def test_the_sloppy_model_takes_any_number_for_an_amount() -> None:
    got = json.loads(fill("ember-8b", "Extract.", "Card ending 4477.", AMOUNTS))

    assert got["amount_usd"] == 4477


def test_only_a_named_plan_counts() -> None:
    schema = {"type": "object", "properties": {"plan": {"enum": ["basic", "pro", "both", None]}}}

    def plan(text: str, name: str = "aurora-large") -> object:
        return json.loads(fill(name, "Extract.", text, schema))["plan"]

    assert plan("I have a basic question about the map.") is None
    assert plan("I have a basic question about the map.", "ember-8b") == "basic"
    assert plan("please cancel basic for now") == "basic"
    assert plan("My Basic plan became Pro.") == "both"


def test_every_answer_of_the_strong_model_fits_the_schema_of_the_demo() -> None:
    for ticket in rows("support_tickets.jsonl"):
        turns = messages("support_triage", ticket["input"])
        schema = first_object(turns[0]["content"])

        jsonschema.validate(json.loads(respond(MODELS["aurora-large"], turns).text), schema)
