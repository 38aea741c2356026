"""Everything that is wrong or odd about a prompt, by field, each with what would be right."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.common.errors import DomainError
from portal.common.policy import policy
from portal.common.strictjson import loads
from workloads.prompts.content import (
    FORMATS,
    GUARDRAIL_KINDS,
    SOURCES,
    declared_names,
    templates_of,
    texts_of,
    used_names,
)
from workloads.prompts.rendering import NAME, RenderError, names_in
from workloads.prompts.schemas import mismatch, schema_problem

INSTRUCTIONS_MAX = 100_000
SECTION_MAX = 20_000

_SECRETS = re.compile(
    r"sk-[A-Za-z0-9_-]{16,}|AKIA[0-9A-Z]{16}|ghp_[A-Za-z0-9]{30,}|xox[abp]-[A-Za-z0-9-]{10,}"
    r"|-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----"
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


def problems(content: Mapping[str, Any]) -> list[Problem]:
    """Return everything that is wrong or odd about ``content`` (see `content.checked`).

    What blocks comes first.
    """
    found = [
        *_section_problems(content),
        *_secret_problems(content),
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
            words = f"Use at most {limit:,} characters; it has {len(text):,}."
            found.append(Problem(field, "max_length", words))
    if content["output_format"] not in FORMATS:
        found.append(Problem("output_format", "choice", f"Choose one of {', '.join(FORMATS)}."))
    found.extend(
        Problem(f"guardrails[{index}]", "choice", f"Choose one of {', '.join(GUARDRAIL_KINDS)}.")
        for index, rule in enumerate(content["guardrails"])
        if rule["kind"] not in GUARDRAIL_KINDS
    )
    return found


def _secret_problems(content: Mapping[str, Any]) -> list[Problem]:
    return [
        Problem(field, "secret_detected", "This looks like a key or password; remove it.")
        for field, text in texts_of(content).items()
        if _SECRETS.search(text)
    ]


def _variable_problems(content: Mapping[str, Any]) -> list[Problem]:
    names = declared_names(content)
    found = [
        Problem("variables", "duplicate", f"The variable {name} is declared twice.")
        for name in sorted({n for n in names if names.count(n) > 1})
    ]
    for index, variable in enumerate(content["variables"]):
        if not NAME.fullmatch(variable["name"]):
            words = f"{variable['name']!r:.70} is no name: use letters, digits and _, 64 at most."
            found.append(Problem(f"variables[{index}]", "name", words))
        if variable.get("source", "user") not in SOURCES:
            words = f"Choose one of {', '.join(SOURCES)}."
            found.append(Problem(f"variables[{index}]", "choice", words))
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
        if not v.get("sample") and v["name"] not in unused
    )
    return found


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
    problem = schema_problem(schema)
    return [Problem("output_schema", *problem)] if problem else []


def _few_shot_problems(content: Mapping[str, Any]) -> list[Problem]:
    found: list[Problem] = []
    shots = content["few_shot"]
    most = int(policy().number("evaluation", "few_shot_max"))
    if len(shots) > most:
        found.append(Problem("few_shot", "max_length", f"Use at most {most} few-shot examples."))
        shots = shots[:most]
    schema = content["output_schema"]
    if not isinstance(schema, Mapping) or schema_problem(schema):
        return found
    for index, shot in enumerate(shots):
        try:
            wrong = mismatch(schema, loads(str(shot["output"])))
        except DomainError as problem:
            found.append(Problem(f"few_shot[{index}]", "not_json", problem.message))
            continue
        if wrong:
            words = f"The output does not follow the schema: {wrong}"
            found.append(Problem(f"few_shot[{index}]", "schema", words))
    return found


def _param_problems(params: Mapping[str, Any]) -> list[Problem]:
    limits: tuple[tuple[str, float, float, str], ...] = (
        ("temperature", 0, 2, "between 0 and 2"),
        ("top_p", 0, 1, "between 0 and 1"),
        ("max_tokens", 1, 100_000, "between 1 and 100,000"),
        ("seed", 0, 2**31 - 1, "between 0 and 2,147,483,647"),
    )
    found = [
        Problem(f"params.{name}", "out_of_range", f"Enter a number {words}.")
        for name, low, high, words in limits
        if params.get(name) is not None and not low <= params[name] <= high
    ]
    stop = params.get("stop") or []
    if len(stop) > 4 or not all(isinstance(text, str) and 0 < len(text) <= 100 for text in stop):
        words = "Give at most four stop texts of at most 100 characters."
        found.append(Problem("params.stop", "out_of_range", words))
    if params.get("max_tokens") is None:
        words = "Say how long an answer may be; the worst case of a call is counted from it."
        found.append(Problem("params.max_tokens", "blank", words))
    return found
