"""What a prompt version holds, as plain data: defaults, shape, and its texts.

Content is a JSON object with the keys of `EMPTY`. It never holds code: `{{ name }}` is the
only thing that is ever replaced (see `rendering`). What is wrong with it is said by `lint`.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from portal.common.errors import FieldError, Invalid
from portal.common.text import text_problem
from workloads.prompts.rendering import names_in

FORMATS = ("text", "markdown", "json", "xml")
GUARDRAIL_KINDS = ("scope", "refusal", "citation", "pii", "injection", "disclaimer")
SOURCES = ("user", "retrieved", "system")
VALUE_MAX = 60_000
DRAFT_MAX = 600_000
# A draft may hold more examples than can be committed (few_shot_max of the policy).
ROWS_MAX: Mapping[str, int] = {"variables": 200, "guardrails": 200, "few_shot": 100}
ROW_WORDS: Mapping[str, str] = {
    "variables": "variables",
    "guardrails": "guardrails",
    "few_shot": "few-shot examples",
}
# Larger integers lose digits in JSON as others read it, and are digested as texts.
INTEGER_MAX = 2**53 - 1

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

_NUMBER = (int, float, type(None))
_SHAPES: Mapping[str, Mapping[str, tuple[type, ...]]] = {
    "guardrails": {"kind": (str,), "text": (str,)},
    "few_shot": {"input": (str, dict), "output": (str,)},
    "variables": {"name": (str,)},
}
# What a variable may have besides, and of which type.
_MORE: Mapping[str, tuple[type, ...]] = {
    "type": (str,),
    "required": (bool,),
    "max_length": (int, type(None)),
    "default": (str, type(None)),
    "sample": (str, type(None)),
    "source": (str,),
    "trusted": (bool,),
}
_PARAMS: Mapping[str, tuple[type, ...]] = {
    "temperature": _NUMBER,
    "top_p": _NUMBER,
    "max_tokens": (int, type(None)),
    "seed": (int, type(None)),
    "stop": (list, type(None)),
}


def checked(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``content`` when a draft can hold it: known keys, right types, text that is text.

    Only JSON data passes: texts, truth values, null, finite numbers, and integers within
    ±(2**53 - 1). Raises Invalid naming each field (unknown_field, invalid, max_length,
    out_of_range, null_character, surrogate). Whether it makes a good prompt is another
    question (`lint.problems`).
    """
    errors = [
        FieldError(str(name)[:60], "unknown_field", f"A prompt has no part called {name!r:.60}.")
        for name in content
        if name not in EMPTY
    ]
    for name in EMPTY:
        if name in content:
            errors.extend(_wrong_type(name, content[name]))
    if not errors:
        errors.extend(_wrong_values(content))
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    return _plain(content)


def _plain(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``content`` in one form: what a variable leaves open is left out, never null."""
    found = dict(content)
    if "variables" in found:
        found["variables"] = [
            {key: item for key, item in row.items() if item is not None}
            for row in found["variables"]
        ]
    if "params" in found and found["params"].get("stop", []) is None:
        found["params"] = {**found["params"], "stop": []}
    return found


def rows_problem(name: str, count: int) -> str:
    """Return a sentence when ``count`` are more rows of ``name`` than a draft holds, else ""."""
    if count <= ROWS_MAX[name]:
        return ""
    return f"A prompt has at most {ROWS_MAX[name]} {ROW_WORDS[name]}; this has {count:,}."


def _wrong_type(name: str, value: Any) -> Iterator[FieldError]:
    if name in _SHAPES:
        if not isinstance(value, list):
            yield FieldError(name, "invalid", "This is a list.")
            return
        if words := rows_problem(name, len(value)):
            yield FieldError(name, "max_length", words)
            return
        for index, row in enumerate(value):
            where = f"{name}[{index}]"
            if not isinstance(row, Mapping) or not all(
                isinstance(row.get(key), types) for key, types in _SHAPES[name].items()
            ):
                words = f"Each entry has {' and '.join(_SHAPES[name])}."
                yield FieldError(where, "invalid", words)
                continue
            for key, item in row.items():
                if key in _SHAPES[name]:
                    continue
                if name != "variables" or key not in _MORE:
                    words = f"An entry has no part called {key!r:.60}."
                    yield FieldError(where, "unknown_field", words)
                elif not isinstance(item, _MORE[key]) or (
                    key == "max_length" and isinstance(item, bool)
                ):
                    yield FieldError(where, "invalid", f"{key} is not of the right type.")
    elif name == "params":
        if not isinstance(value, Mapping):
            yield FieldError(name, "invalid", "This is an object.")
            return
        for key, item in value.items():
            if key not in _PARAMS:
                yield FieldError(f"params.{key!s:.40}", "unknown_field", "Not a parameter.")
            elif isinstance(item, bool) or not isinstance(item, _PARAMS[key]):
                yield FieldError(f"params.{key}", "invalid", "This is not of the right type.")
            elif isinstance(item, list) and not all(isinstance(text, str) for text in item):
                yield FieldError(f"params.{key}", "invalid", "This is a list of texts.")
    elif name != "output_schema" and not isinstance(value, str):
        yield FieldError(name, "invalid", "This is a text.")


def _wrong_values(content: Mapping[str, Any]) -> Iterator[FieldError]:
    size = 0
    for path, value in _leaves(content, ""):
        if isinstance(value, str):
            size += len(value)
            problem = text_problem(value)
            if problem:
                yield FieldError(path, *problem)
        elif isinstance(value, float):
            if not math.isfinite(value):
                yield FieldError(path, "invalid", "Enter a number.")
        elif isinstance(value, int):
            if abs(value) > INTEGER_MAX:
                words = f"Enter a whole number from -{INTEGER_MAX:,} to {INTEGER_MAX:,}."
                yield FieldError(path, "out_of_range", words)
        elif value is not None:
            words = "Enter a text, a number, true, false or null."
            yield FieldError(path, "invalid", words)
    if size > DRAFT_MAX:
        words = f"A prompt has at most {DRAFT_MAX:,} characters; this has {size:,}."
        yield FieldError("instructions", "max_length", words)


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield every text and number in ``value`` with where it stands; keys count as texts."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield path or str(key), key
            yield from _leaves(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, f"{path}[{index}]")
    else:
        yield path, value


def texts_of(content: Mapping[str, Any]) -> dict[str, str]:
    """Return every text in ``content`` by the row or field where it stands."""
    found: dict[str, list[str]] = {}
    for path, value in _leaves(dict(content), ""):
        if isinstance(value, str):
            row = path.split("]")[0] + "]" if "[" in path else path.split(".")[0]
            found.setdefault(row, []).append(value)
    return {row: "\n".join(texts) for row, texts in found.items()}


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
    """Return the variable names that the texts of the content use. Raises RenderError."""
    return {name for text in templates_of(content).values() for name in names_in(text)}


def sample_values(content: Mapping[str, Any]) -> dict[str, str]:
    """Return the sample (or default) value of each declared variable."""
    return {
        str(variable["name"]): str(variable.get("sample") or variable.get("default") or "")
        for variable in content["variables"]
    }


def _guardrail_lines(rules: list[Mapping[str, Any]]) -> Iterator[str]:
    for rule in rules:
        yield f"{rule['kind']}: {rule['text']}"


def _variable_lines(variables: list[Mapping[str, Any]]) -> Iterator[str]:
    for variable in variables:
        rest = {key: item for key, item in variable.items() if key != "name"}
        yield f"{variable['name']}: {json.dumps(rest, ensure_ascii=False, sort_keys=True)}"


def _few_shot_lines(shots: list[Mapping[str, Any]]) -> Iterator[str]:
    for number, shot in enumerate(shots, start=1):
        given = shot["input"]
        text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False, indent=1)
        yield f"Example {number}, message:\n{text}\nExample {number}, answer:\n{shot['output']}"


def _param_lines(params: Mapping[str, Any]) -> Iterator[str]:
    for name, value in sorted(params.items()):
        if value not in (None, []):
            yield f"{name}: {json.dumps(value, ensure_ascii=False)}"


_LINES: Mapping[str, Callable[[Any], Iterator[str]]] = {
    "guardrails": _guardrail_lines,
    "variables": _variable_lines,
    "few_shot": _few_shot_lines,
    "params": _param_lines,
}


def sections(content: Mapping[str, Any]) -> dict[str, str]:
    """Return every part of the content as readable text, by its name; "" where it is empty."""
    found = {}
    for name in EMPTY:
        value = content[name]
        if isinstance(value, str):
            found[name] = value
        elif value in (None, [], {}):
            found[name] = ""
        elif name in _LINES:
            found[name] = "\n".join(_LINES[name](value))
        else:
            found[name] = json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)
    return found


def as_text(content: Mapping[str, Any]) -> str:
    """Return the content as one readable text, section by section."""
    return "\n\n".join(
        f"## {name.replace('_', ' ')}\n{text}" for name, text in sections(content).items() if text
    )
