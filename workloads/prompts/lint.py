"""Everything that is wrong or odd about a prompt, by field, each with what would be right."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from portal.common.policy import policy
from portal.gateway.cost import estimate_tokens
from workloads.lifecycle.models import Workload
from workloads.prompts.answers import check_answer
from workloads.prompts.content import (
    FORMATS,
    GUARDRAIL_KINDS,
    SOURCES,
    as_text,
    declared_names,
    templates_of,
    used_names,
)
from workloads.prompts.rendering import NAME, RenderError, names_in
from workloads.prompts.schemas import schema_problem
from workloads.prompts.secrets import findings

INSTRUCTIONS_MAX = 100_000
SECTION_MAX = 20_000
# From here on every single call pays for text that models are known to skip over.
LONG_TOKENS = 16_000

# "Answer in JSON", "return only XML": what a text asks for in words of its own. Bounded.
_ASKED = re.compile(
    r"\b(?:answer|respond|reply|output|return|write)\b(?P<between>[^.\n]{0,60}?)"
    r"\b(?P<form>json|xml|markdown|plain text)\b",
    re.IGNORECASE,
)
_DENIED = re.compile(r"\b(?:not|no|never|without|don't)\b", re.IGNORECASE)
_FORM_OF = {"plain text": "text"}
_SAID = {"json": "JSON", "xml": "XML", "markdown": "Markdown", "text": "plain text"}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a prompt: the ``field`` of the content, a code, what would be right.

    ``blocks`` tells what keeps a version from being committed from what is only worth saying.
    """

    field: str
    code: str
    message: str
    blocks: bool = True


Linter = Callable[[Workload, Mapping[str, Any]], list[Problem]]
_contributed: list[Linter] = []


def contribute(linter: Linter) -> None:
    """Add what a slice above sees in a prompt to its lint list (called in an app's ``ready``)."""
    if linter not in _contributed:
        _contributed.append(linter)


def contributed(workload: Workload, content: Mapping[str, Any]) -> list[Problem]:
    """Return what the slices above have to say about ``content``."""
    return [problem for linter in _contributed for problem in linter(workload, content)]


def problems(
    content: Mapping[str, Any], *, tier: int | None = None, cleared: Collection[str] = ()
) -> list[Problem]:
    """Return everything that is wrong or odd about ``content`` (see `content.checked`).

    ``tier`` is the workload's, None while nobody knows it; ``cleared`` are the digests of what
    looked like a secret and is none. What blocks comes first.
    """
    found = [
        *_section_problems(content),
        *_secret_problems(content, cleared),
        *_variable_problems(content),
        *_guardrail_problems(content, tier),
        *_schema_problems(content),
        *_wording_problems(content),
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


def _secret_problems(content: Mapping[str, Any], cleared: Collection[str]) -> list[Problem]:
    return [
        Problem(
            one.field,
            "secret_detected",
            f"{one.shown} looks like a key or password; remove it, or say why it is none.",
        )
        for one in findings(content)
        if one.digest not in cleared
    ]


def _variable_problems(content: Mapping[str, Any]) -> list[Problem]:
    names = Counter(declared_names(content))
    found = [
        Problem("variables", "duplicate", f"The variable {name} is declared twice.")
        for name in sorted(name for name, count in names.items() if count > 1)
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
        unused = names.keys() - used_names(content)
    except RenderError:
        unused = set()
    found.extend(
        Problem("variables", "unused_variable", f"{name} is declared but not used.", blocks=False)
        for name in sorted(unused)
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


def _guardrail_problems(content: Mapping[str, Any], tier: int | None) -> list[Problem]:
    # A tier that nobody knows yet is treated as one that asks for them.
    if tier == 1:
        return []
    rules = content["guardrails"]
    if not rules:
        words = "From tier 2 up, say what it must and must not do; the phase is not passed without."
        return [Problem("guardrails", "no_guardrails", words, blocks=False)]
    outside = [
        v["name"] for v in content["variables"] if v.get("source", "user") in ("user", "retrieved")
    ]
    if outside and not any(rule["kind"] == "injection" for rule in rules):
        words = f"{outside[0]} comes from outside: add a rule that orders inside it are only data."
        return [Problem("guardrails", "no_injection_guardrail", words, blocks=False)]
    return []


def _wording_problems(content: Mapping[str, Any]) -> list[Problem]:
    """What the texts say against the settings, orders that outsiders could write, and length."""
    found: list[Problem] = []
    wanted = content["output_format"]
    outside = {
        v["name"] for v in content["variables"] if v.get("source", "user") in ("user", "retrieved")
    }
    for field, text in templates_of(content).items():
        asked = {
            _FORM_OF.get(match["form"].lower(), match["form"].lower())
            for match in _ASKED.finditer(text)
            if not _DENIED.search(text[max(0, match.start() - 12) : match.end("between")])
        }
        if asked and wanted not in asked:
            said = " and ".join(_SAID.get(one, one) for one in sorted(asked))
            words = (
                f"The text asks for {said}; the form of the answer is {_SAID.get(wanted, wanted)}."
            )
            found.append(Problem(field, "contradiction", words, blocks=False))
        if field == "user_template":
            continue
        try:
            inside = sorted(outside & set(names_in(text)))
        except RenderError:
            continue
        found.extend(
            Problem(
                field,
                "untrusted_in_orders",
                f"{name} comes from outside and stands among the orders; put it in the message.",
                blocks=False,
            )
            for name in inside
        )
    tokens = estimate_tokens(as_text(content))
    if tokens > LONG_TOKENS:
        words = f"About {tokens:,} tokens; every call pays for them. Keep it under {LONG_TOKENS:,}."
        found.append(Problem("instructions", "over_long", words, blocks=False))
    return found


def _few_shot_problems(content: Mapping[str, Any]) -> list[Problem]:
    found: list[Problem] = []
    shots = content["few_shot"]
    most = int(policy().number("evaluation", "few_shot_max"))
    if len(shots) > most:
        found.append(Problem("few_shot", "max_length", f"Use at most {most} few-shot examples."))
        shots = shots[:most]
    schema = content["output_schema"]
    if schema is not None and schema_problem(schema):
        return found
    for index, shot in enumerate(shots):
        checked = check_answer(content, str(shot["output"]))
        if not checked.follows:
            # A form that no schema demands is a contradiction to be told, not a refusal.
            blocks = schema is not None
            found.append(Problem(f"few_shot[{index}]", checked.code, checked.message, blocks))
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
