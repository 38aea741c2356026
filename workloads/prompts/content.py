"""What a prompt version holds, as plain data: defaults, checks, and what counts as material.

Content is a JSON object with the keys of `EMPTY`. It never holds code: `{{ name }}` is the
only thing that is ever replaced (see `rendering`).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator, SchemaError

from portal.common.errors import DomainError
from portal.common.strictjson import loads
from workloads.prompts.rendering import RenderError, names_in

FORMATS = ("text", "markdown", "json", "xml")
GUARDRAIL_KINDS = ("scope", "refusal", "citation", "pii", "injection", "disclaimer")
SOURCES = ("user", "retrieved", "system")
INSTRUCTIONS_MAX = 100_000
SECTION_MAX = 20_000
SCHEMA_DEPTH = 16

EMPTY: Mapping[str, Any] = {
    "persona": "",
    "instructions": "",
    "output_format": "text",
    "output_schema": None,
    "tone": "",
    "guardrails": [],
    "refusal_text": "",
    "few_shot": [],
    "variables": [],
    "user_template": "",
    "params": {"temperature": 0.0, "top_p": None, "max_tokens": 512, "stop": [], "seed": None},
}

_SECRETS = re.compile(
    r"sk-[A-Za-z0-9_-]{16,}|AKIA[0-9A-Z]{16}|ghp_[A-Za-z0-9]{30,}|xox[abp]-[A-Za-z0-9-]{10,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a prompt: the ``field`` of the content, a code, what would be right.

    ``blocks`` tells what keeps a version from being committed from what is only worth saying.
    """

    field: str
    code: str
    message: str
    blocks: bool = True


def declared_names(content: Mapping[str, Any]) -> list[str]:
    """Return the names of the declared variables, in order."""
    return [str(variable["name"]) for variable in content["variables"]]


def templates_of(content: Mapping[str, Any]) -> dict[str, str]:
    """Return every text of the content in which variables are replaced, by field."""
    found = {
        name: str(content[name])
        for name in ("persona", "instructions", "tone", "refusal_text", "user_template")
    }
    found |= {
        f"guardrails[{index}]": str(rule["text"])
        for index, rule in enumerate(content["guardrails"])
    }
    return found


def used_names(content: Mapping[str, Any]) -> set[str]:
    """Return the variable names that the texts of the content use."""
    return {name for text in templates_of(content).values() for name in names_in(text)}


def sample_values(content: Mapping[str, Any]) -> dict[str, str]:
    """Return the sample (or default) value of each declared variable."""
    return {
        str(variable["name"]): str(variable.get("sample") or variable.get("default") or "")
        for variable in content["variables"]
    }


def problems(content: Mapping[str, Any]) -> list[Problem]:
    """Return everything that is wrong or odd about ``content``, worst first."""
    found = [
        *_section_problems(content),
        *_variable_problems(content),
        *_schema_problems(content),
        *_few_shot_problems(content),
        *_param_problems(content["params"]),
    ]
    return sorted(found, key=lambda problem: not problem.blocks)


def _section_problems(content: Mapping[str, Any]) -> list[Problem]:
    found: list[Problem] = []
    for field, label in (
        ("persona", "Say who the model is"),
        ("instructions", "Say what it is to do"),
        ("user_template", "Write the message that carries the input"),
    ):
        if not str(content[field]).strip():
            found.append(Problem(field, "blank", f"{label}; this may not be blank."))
    for field, text in templates_of(content).items():
        limit = INSTRUCTIONS_MAX if field == "instructions" else SECTION_MAX
        if len(text) > limit:
            found.append(
                Problem(
                    field, "max_length", f"Use at most {limit:,} characters; it has {len(text):,}."
                )
            )
        if _SECRETS.search(text):
            found.append(
                Problem(field, "secret_detected", "This looks like a key or password; remove it.")
            )
    if content["output_format"] not in FORMATS:
        found.append(Problem("output_format", "choice", f"Choose one of {', '.join(FORMATS)}."))
    return found


def _variable_problems(content: Mapping[str, Any]) -> list[Problem]:
    names = declared_names(content)
    found = [
        Problem("variables", "duplicate", f"The variable {name} is declared twice.")
        for name in sorted({n for n in names if names.count(n) > 1})
    ]
    for field, text in templates_of(content).items():
        try:
            unknown = [name for name in names_in(text) if name not in names]
        except RenderError as problem:
            found.append(Problem(field, "template", str(problem)))
            continue
        found.extend(
            Problem(
                field,
                "unknown_variable",
                f"{{{{ {name} }}}} is not declared; declare it below or mend the name.",
            )
            for name in dict.fromkeys(unknown)
        )
    try:
        unused = sorted(set(names) - used_names(content))
    except RenderError:
        unused = []
    found.extend(
        Problem("variables", "unused_variable", f"{name} is declared but not used.", blocks=False)
        for name in unused
    )
    found.extend(
        Problem("variables", "no_sample", f"{v['name']} has no sample value.", blocks=False)
        for v in content["variables"]
        if not v.get("sample")
    )
    return found


def _depth(value: Any) -> int:
    if isinstance(value, Mapping):
        return 1 + max((_depth(item) for item in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((_depth(item) for item in value), default=0)
    return 0


def _remote_refs(value: Any) -> bool:
    if isinstance(value, Mapping):
        target = value.get("$ref")
        if isinstance(target, str) and not target.startswith("#"):
            return True
        return any(_remote_refs(item) for item in value.values())
    return isinstance(value, list) and any(_remote_refs(item) for item in value)


def _schema_problems(content: Mapping[str, Any]) -> list[Problem]:
    schema = content["output_schema"]
    if schema is None:
        if content["output_format"] == "json":
            words = "JSON answers can be checked once you give a JSON Schema."
            return [Problem("output_schema", "no_schema", words, blocks=False)]
        return []
    if content["output_format"] != "json":
        words = f"There is a JSON Schema, but the format is {content['output_format']}."
        return [Problem("output_format", "contradiction", words)]
    if not isinstance(schema, Mapping):
        return [Problem("output_schema", "invalid", "A JSON Schema is a JSON object.")]
    if _depth(schema) > SCHEMA_DEPTH:
        return [Problem("output_schema", "too_deep", f"Nest at most {SCHEMA_DEPTH} levels.")]
    if _remote_refs(schema):
        return [
            Problem("output_schema", "remote_ref", "$ref may only point inside the schema (#…).")
        ]
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as problem:
        return [Problem("output_schema", "invalid", f"Not a JSON Schema: {problem.message[:200]}")]
    return []


def _few_shot_problems(content: Mapping[str, Any]) -> list[Problem]:
    found: list[Problem] = []
    shots = content["few_shot"]
    if len(shots) > 20:
        found.append(Problem("few_shot", "max_length", "Use at most 20 few-shot examples."))
    schema = content["output_schema"]
    if not isinstance(schema, Mapping) or any(
        p.field == "output_schema" for p in _schema_problems(content)
    ):
        return found
    validator = Draft202012Validator(schema)
    for index, shot in enumerate(shots):
        try:
            wrong = next(iter(validator.iter_errors(loads(str(shot["output"])))), None)
        except DomainError as problem:
            found.append(Problem(f"few_shot[{index}]", "not_json", problem.message))
            continue
        if wrong is not None:
            words = f"The output does not follow the schema: {wrong.message[:200]}"
            found.append(Problem(f"few_shot[{index}]", "schema", words))
    return found


def _param_problems(params: Mapping[str, Any]) -> list[Problem]:
    limits: tuple[tuple[str, float, float, str], ...] = (
        ("temperature", 0, 2, "between 0 and 2"),
        ("top_p", 0, 1, "between 0 and 1"),
        ("max_tokens", 1, 100_000, "between 1 and 100,000"),
    )
    return [
        Problem(f"params.{name}", "out_of_range", f"Enter a number {words}.")
        for name, low, high, words in limits
        if params.get(name) is not None and not low <= params[name] <= high
    ]


def as_text(content: Mapping[str, Any]) -> str:
    """Return the content as one readable text, section by section, for diffs."""
    parts = []
    for name in EMPTY:
        value = content[name]
        if isinstance(value, str):
            text = value
        elif value in (None, [], {}):
            text = ""
        else:
            text = json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)
        if text:
            parts.append(f"## {name.replace('_', ' ')}\n{text}")
    return "\n\n".join(parts)
