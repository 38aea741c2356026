"""The demo's prompts and golden data, rendered the plain way, for the tests of the simulated
models."""

import json
import re
from collections.abc import Mapping
from typing import Any

from portal.demo import DATA


def rows(name: str) -> list[dict[str, Any]]:
    """The examples of a golden file."""
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def prompt(name: str) -> dict[str, Any]:
    """The settings of a prompt."""
    settings: dict[str, Any] = json.loads((DATA / "prompts" / name / "prompt.json").read_text())
    return settings


def messages(name: str, values: Mapping[str, str]) -> list[dict[str, str]]:
    """A prompt as chat messages: sections, few-shot examples as turns, the user template filled
    in."""
    folder = DATA / "prompts" / name
    settings = prompt(name)
    sections = [(folder / "persona.md").read_text(), (folder / "instructions.md").read_text()]
    if settings["output_format"] == "JSON":
        sections.append(f"Output format: JSON\n\n{(folder / 'output_schema.json').read_text()}")
    sections.append(
        "Guardrails:\n" + "\n".join(f"- {one['text']}" for one in settings["guardrails"])
    )
    turns = [{"role": "system", "content": "\n\n".join(sections)}]
    for shot in settings["few_shot"]:
        turns.append({"role": "user", "content": shot["input"]})
        turns.append({"role": "assistant", "content": shot["output"]})
    template = (folder / "user_template.md").read_text()
    filled = re.sub(r"\{\{ (\w+) \}\}", lambda found: values[found.group(1)], template)
    return [*turns, {"role": "user", "content": filled}]


def documents(context: list[dict[str, str]]) -> str:
    """Retrieved documents as one text."""
    return "\n\n".join(f"[{one['id']}] {one['title']}\n{one['text']}" for one in context)


def first_object(text: str) -> dict[str, Any]:
    """The JSON object in a text, also when prose stands around it; {} without one."""
    try:
        found: dict[str, Any] = json.loads(text[text.index("{") : text.rindex("}") + 1])
    except ValueError:
        return {}
    return found
