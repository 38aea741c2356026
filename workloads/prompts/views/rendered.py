"""What the editor and a version's page show alike: the chat with its values, and what lint says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.gateway.cost import TOKENS_AROUND_MESSAGE, estimate_tokens
from workloads.lifecycle.enums import CheckState
from workloads.lifecycle.models import Workload
from workloads.lifecycle.phases import Check
from workloads.prompts import rows, selectors
from workloads.prompts.answers import check_answer
from workloads.prompts.content import sample_values
from workloads.prompts.lint import Problem
from workloads.prompts.models import Prompt
from workloads.prompts.rendering import Piece, RenderError, joined, message_pieces

WORDS = {
    "persona": "Who is the model",
    "instructions": "What is it to do",
    "user_template": "The message",
    "params": "Settings",
    "few_shot": "Few-shot examples",
    "output_schema": "JSON Schema",
    "output_format": "Form of the answer",
    "refusal_text": "Words of a refusal",
}
SOURCE_WORDS = {"user": "from a user", "retrieved": "retrieved", "system": "set by us"}


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of a message as the page shows it: whose words, and whether they can be trusted."""

    text: str
    variable: str = ""
    source: str = ""
    trusted: bool = True


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the chat: its role, its stretches, about how many tokens it has."""

    label: str
    role: str
    stretches: list[Stretch]
    tokens: int


def words_of(field: str) -> str:
    """Return the words that the page has for ``field`` ("Few-shot example 2")."""
    name, _, rest = field.partition("[")
    section = name.partition(".")[0]
    if rest:
        label = rows.LABELS.get(section, section.replace("_", " ").capitalize())
        return f"{label} {int(rest.partition(']')[0]) + 1}"
    return WORDS.get(section, section.replace("_", " ").capitalize())


def rendered(
    workload: Workload, prompt: Prompt | None, content: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the context of the rendered chat: chat, tokens, render_problem, lint, shot_checks."""
    context: dict[str, Any] = {
        "chat": [],
        "tokens": 0,
        "longest_answer": content["params"].get("max_tokens"),
        "render_problem": "",
        "lint": [_check(one) for one in selectors.lint_of(workload, prompt, content)],
        "shot_checks": shot_checks(content),
        "has_outside": False,
    }
    try:
        found = message_pieces(content, sample_values(content))
    except RenderError as problem:
        return context | {"render_problem": str(problem)}
    sources = {v["name"]: v.get("source", "user") for v in content["variables"]}
    chat = [
        Message(
            label=f"Message {number}, {role}",
            role=role,
            stretches=[_stretch(piece, sources) for piece in pieces],
            tokens=estimate_tokens(joined(pieces)) + TOKENS_AROUND_MESSAGE,
        )
        for number, (role, pieces) in enumerate(found, start=1)
    ]
    outside = any(not one.trusted for message in chat for one in message.stretches)
    return context | {
        "chat": chat,
        "tokens": sum(message.tokens for message in chat),
        "has_outside": outside,
    }


def _stretch(piece: Piece, sources: Mapping[str, str]) -> Stretch:
    if not piece.variable:
        return Stretch(piece.text)
    source = sources.get(piece.variable, "user")
    words = SOURCE_WORDS.get(source, source)
    return Stretch(piece.text, piece.variable, words, trusted=source == "system")


def shot_checks(content: Mapping[str, Any]) -> list[Check]:
    """Return whether each few-shot output has the form asked for, when a form is asked for."""
    if content["output_format"] != "json" and content["output_schema"] is None:
        return []
    found = []
    for number, shot in enumerate(content["few_shot"], start=1):
        checked = check_answer(content, str(shot["output"]))
        label = f"Answer of example {number}"
        found.append(Check.of("shot", label, checked.follows, detail=checked.message))
    return found


def _check(problem: Problem) -> Check:
    name = problem.field.partition("[")[0]
    section, _, part = name.partition(".")
    anchor = section if section in rows.SPARE else f"id_{part or section}"
    return Check(
        problem.code,
        words_of(problem.field),
        CheckState.FAIL if problem.blocks else CheckState.UNKNOWN,
        detail=problem.message,
        link=f"#{anchor}",
        link_label="Go there",
    )
