"""The prompt editor's form: sections, and rows of guardrails, variables and few-shot examples."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.http import QueryDict

from portal.common.errors import DomainError
from portal.common.strictjson import loads
from portal.common.text import text_problem
from workloads.prompts.content import EMPTY, FORMATS, GUARDRAIL_KINDS, SOURCES, used_names
from workloads.prompts.rendering import RenderError

GUARDRAIL_LABELS = {
    "scope": "Scope",
    "refusal": "Refusal",
    "citation": "Citation",
    "pii": "Personal data",
    "injection": "Injection",
    "disclaimer": "Disclaimer",
}
SOURCE_LABELS = {
    "user": "From a user",
    "retrieved": "Retrieved documents",
    "system": "Set by us",
}


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "spellcheck": "true"})


class StoredTextField(forms.CharField):
    """Text that can be stored: no null characters, no lone surrogates."""

    def clean(self, value: Any) -> str:
        """Return the text. Raises ValidationError with what is wrong."""
        if isinstance(value, str):
            problem = text_problem(value)
            if problem:
                raise forms.ValidationError(problem[1], code=problem[0])
        return str(super().clean(value) or "")


class PromptForm(forms.Form):
    """The single fields of a prompt. Drafts save loosely: only what is not text is refused."""

    persona = StoredTextField(
        label="Who is the model?",
        help_text="Its role, in one or two sentences.",
        required=False,
        max_length=20_000,
        widget=_area(2),
    )
    instructions = StoredTextField(
        label="What is it to do?",
        help_text="The task, step by step; name the labels or fields you expect.",
        required=False,
        max_length=100_000,
        widget=_area(9),
    )
    user_template = StoredTextField(
        label="The message that carries the input",
        help_text="Put variables in double braces, for example {{ subject }}.",
        required=False,
        max_length=20_000,
        widget=_area(4),
    )
    output_format = forms.ChoiceField(
        label="Form of the answer",
        choices=[(f, {"json": "JSON", "xml": "XML"}.get(f, f.capitalize())) for f in FORMATS],
        required=False,
    )
    output_schema = StoredTextField(
        label="JSON Schema of the answer",
        help_text="Only for JSON: the fields, their types and allowed values.",
        required=False,
        max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "mono"}),
    )
    tone = StoredTextField(label="Tone", required=False, max_length=400)
    refusal_text = StoredTextField(
        label="Words of a refusal",
        help_text="What it says when it must not or cannot answer.",
        required=False,
        max_length=2_000,
    )
    temperature = forms.FloatField(label="Temperature", required=False, min_value=0, max_value=2)
    max_tokens = forms.IntegerField(
        label="Longest answer", required=False, min_value=1, max_value=100_000
    )
    seed = forms.IntegerField(label="Seed", required=False, min_value=0, max_value=2**31 - 1)

    def clean_output_schema(self) -> Any:
        """Return the schema as data, or None. Raises ValidationError when it is not JSON."""
        text = self.cleaned_data["output_schema"].strip()
        if not text:
            return None
        try:
            return loads(text)
        except DomainError as problem:
            raise forms.ValidationError(problem.message, code=problem.code) from problem


class EditorForm:
    """The whole editor: the single fields and the rows, read from and written to content."""

    spare_rows = 1

    def __init__(self, content: Mapping[str, Any], data: QueryDict | None = None) -> None:
        self.errors: dict[str, str] = {}
        self.data = data
        if data is None:
            self.fields = PromptForm(initial=_initial(content))
            self.rows = _rows(content)
        else:
            self.fields = PromptForm(data)
            self.rows = {name: list(_posted(data, name, keys)) for name, keys in ROW_KEYS.items()}

    def is_valid(self) -> bool:
        """Whether everything can be kept as a draft; fills ``errors`` for rows."""
        valid = self.fields.is_valid()
        for name, rows in self.rows.items():
            for index, row in enumerate(rows):
                for value in row.values():
                    problem = text_problem(str(value))
                    if problem:
                        self.errors[f"{name}-{index}"] = problem[1]
        return valid and not self.errors

    @property
    def content(self) -> dict[str, Any]:
        """The content as typed; variables that the texts use and nobody declared are added."""
        cleaned = self.fields.cleaned_data
        params = dict(EMPTY["params"])
        params["temperature"] = cleaned["temperature"]
        params["max_tokens"] = cleaned["max_tokens"] or EMPTY["params"]["max_tokens"]
        params["seed"] = cleaned["seed"]
        content: dict[str, Any] = {
            name: cleaned[name]
            for name in ("persona", "instructions", "user_template", "tone", "refusal_text")
        }
        content |= {
            "output_format": cleaned["output_format"] or "text",
            "output_schema": cleaned["output_schema"],
            "params": params,
            "guardrails": [
                {
                    "kind": row["kind"] if row["kind"] in GUARDRAIL_KINDS else "scope",
                    "text": row["text"],
                }
                for row in self.rows["guardrails"]
                if row["text"].strip()
            ],
            "few_shot": [
                {"input": _shot_input(row["input"]), "output": row["output"]}
                for row in self.rows["few_shot"]
                if row["input"].strip() or row["output"].strip()
            ],
            "variables": [_variable(row) for row in self.rows["variables"] if row["name"].strip()],
        }
        declared = {variable["name"] for variable in content["variables"]}
        try:
            missing = sorted(used_names(content) - declared)
        except RenderError:
            missing = []
        content["variables"] += [_variable({"name": name}) for name in missing]
        return content


ROW_KEYS: dict[str, tuple[str, ...]] = {
    "guardrails": ("kind", "text"),
    "variables": ("name", "source", "sample"),
    "few_shot": ("input", "output"),
}


def _variable(row: Mapping[str, str]) -> dict[str, Any]:
    source = row.get("source", "user")
    return {
        "name": row["name"].strip(),
        "type": "text",
        "required": True,
        "max_length": 60_000,
        "default": "",
        "sample": row.get("sample", ""),
        "source": source if source in SOURCES else "user",
        "trusted": source == "system",
    }


def _shot_input(text: str) -> Any:
    """An object of values when it is one, else the whole message as it stands."""
    if text.lstrip().startswith("{"):
        try:
            value = loads(text)
        except DomainError:
            return text
        if isinstance(value, dict):
            return value
    return text


def _initial(content: Mapping[str, Any]) -> dict[str, Any]:
    schema = content["output_schema"]
    return {
        **{
            k: content[k]
            for k in ("persona", "instructions", "user_template", "tone", "refusal_text")
        },
        "output_format": content["output_format"],
        "output_schema": json.dumps(schema, indent=2, ensure_ascii=False) if schema else "",
        **{k: content["params"].get(k) for k in ("temperature", "max_tokens", "seed")},
    }


def _rows(content: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
    shots = [
        {
            "input": shot["input"]
            if isinstance(shot["input"], str)
            else json.dumps(shot["input"], ensure_ascii=False),
            "output": str(shot["output"]),
        }
        for shot in content["few_shot"]
    ]
    return {
        "guardrails": [dict(rule) for rule in content["guardrails"]]
        + [{"kind": "scope", "text": ""}],
        "variables": [
            {k: str(v.get(k, "")) for k in ROW_KEYS["variables"]} for v in content["variables"]
        ]
        + [{"name": "", "source": "user", "sample": ""}],
        "few_shot": [*shots, {"input": "", "output": ""}],
    }


def _posted(data: QueryDict, name: str, keys: tuple[str, ...]) -> Iterator[dict[str, str]]:
    columns = [data.getlist(f"{name}-{key}") for key in keys]
    for values in zip(*columns, strict=False):
        yield dict(zip(keys, values, strict=True))
