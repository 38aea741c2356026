"""The texts and files of the demo: briefs, prompts, golden sets."""

import json
from pathlib import Path
from typing import Any

from workloads.prompts.content import EMPTY

DATA = Path(__file__).resolve().parent / "data"

COMMON_ANSWERS: dict[str, Any] = {
    "languages": ["en"],
    "needs": [],
    "currency": "USD",
    "residency": ["any"],
    "eu_nexus": "yes",
    "eu_class": "minimal",
}

TRIAGE: dict[str, Any] = {
    **COMMON_ANSWERS,
    "business_problem": "Agents of the service desk read about 900 tickets a day only to choose a"
    " queue. One in seven lands in the wrong queue and waits two days longer for an answer.",
    "intended_outcome": "Tickets reach the right queue within a minute, and misrouting falls from"
    " 14 % to under 4 %.",
    "users": "25 service desk agents; about 27,000 tickets a month.",
    "non_ai_alternative": "Keyword rules route 62 % correctly today; every new product breaks some"
    " of them.",
    "out_of_scope_uses": "Judging the work of agents, and answering customers without a person.",
    "foreseeable_misuse": "A customer writes orders to the model into a ticket to be moved up.",
    "workload_type": "classification",
    "output_use": "system",
    "latency_p95_ms": 2000,
    "requests_per_day": 900,
    "peak_rps": "2",
    "budget_per_month": "400",
    "max_cost_per_request": "0.01",
    "data_class": "confidential",
    "data_categories": ["personal"],
    "lawful_basis": "contract",
    "retention_days": 30,
    "audience": "internal",
    "autonomy": "approved",
    "decision_impact": "operational",
    "human_oversight": "The shift lead reads 20 routed tickets a day and can switch routing off.",
    "fallback": "Tickets go to the general queue, as they do today.",
    "needs": ["json_schema"],
    "residency": ["eu"],
}
TRIAGE_KPIS: list[dict[str, Any]] = [
    {
        "name": "Routed to the right queue",
        "definition": "Share of tickets whose category is the one that an agent would choose.",
        "unit": "share",
        "direction": "up",
        "baseline": "0.86",
        "target": "0.96",
        "floor": "0.9",
        "source": "evaluation",
        "measured_by": "field_accuracy",
        "before_launch": True,
    }
]
HANDBOOK: dict[str, Any] = {
    **COMMON_ANSWERS,
    "business_problem": "Colleagues ask the People team the same 60 questions over and over; an"
    " answer takes a day, although it stands in the employee handbook.",
    "intended_outcome": "Most questions are answered at once from the handbook, with the page that"
    " says so, and the People team has two afternoons a week back.",
    "users": "The People team of six, who check and forward answers; about 400 questions a month.",
    "workload_type": "rag",
    "output_use": "person",
    "latency_p95_ms": 3000,
    "requests_per_day": 40,
    "peak_rps": "0.5",
    "budget_per_month": "60",
    "max_cost_per_request": "0.02",
    "data_class": "internal",
    "data_categories": ["none"],
    "retention_days": 30,
    "audience": "team",
    "autonomy": "drafts",
    "decision_impact": "none",
}
HANDBOOK_KPIS: list[dict[str, Any]] = [
    {
        "name": "Answer holds the fact",
        "definition": "Share of questions whose answer holds the fact that the handbook gives.",
        "unit": "share",
        "direction": "up",
        "baseline": "0.5",
        "target": "0.9",
        "floor": "0.7",
        "source": "evaluation",
        "measured_by": "contains",
        "before_launch": True,
    }
]
NOTES: dict[str, Any] = {
    "business_problem": "Forty notes to the field teams go out each week; nobody reads all of them,"
    " and dates that matter are missed.",
    "workload_type": "summarisation",
    "audience": "internal",
    "data_class": "internal",
}


def prompt_content(name: str) -> dict[str, Any]:
    """Return the content of the demo prompt called ``name`` (a folder of plain texts)."""
    folder = DATA / "prompts" / name
    described = json.loads((folder / "prompt.json").read_text(encoding="utf-8"))
    schema = folder / "output_schema.json"
    return {
        **EMPTY,
        "persona": (folder / "persona.md").read_text(encoding="utf-8").strip(),
        "instructions": (folder / "instructions.md").read_text(encoding="utf-8").strip(),
        "user_template": (folder / "user_template.md").read_text(encoding="utf-8").strip(),
        "output_format": described["output_format"].lower(),
        "output_schema": json.loads(schema.read_text(encoding="utf-8"))
        if schema.exists()
        else None,
        "tone": described["tone"],
        "refusal_text": described["refusal_text"],
        "guardrails": [
            {"kind": rule["kind"].lower(), "text": rule["text"]} for rule in described["guardrails"]
        ],
        "few_shot": described["few_shot"],
        "variables": [{"default": "", **variable} for variable in described["variables"]],
        "params": {**EMPTY["params"], **described["params"]},
    }


# What the owner of the first workload proposes for its golden dataset.
PROPOSED_TICKET: dict[str, Any] = {
    "key": "t-desk-1",
    "kind": "edge",
    "input": {
        "subject": "Two things",
        "body": "Hello, I cannot sign in since I changed my phone. And while you are at it: I was"
        " charged $8.99 for Halden Basic in March although I had cancelled in February. Please"
        " send that back first, the rest can wait.",
    },
    "expected": {
        "category": "WANT_REFUND",
        "plan": "basic",
        "amount_usd": 8.99,
        "amount_ambiguous": False,
    },
    "tags": ["two-wishes", "billing"],
}
