"""The prompt editor's form: the single fields, read from content and turned into it again."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict

from portal.common.errors import DomainError
from portal.common.strictjson import loads
from portal.common.text import text_problem
from workloads.prompts import rows
from workloads.prompts.content import EMPTY, FORMATS, used_names
from workloads.prompts.rendering import RenderError

SECTIONS = ("persona", "instructions", "user_template", "tone", "refusal_text")
PARAMS = ("temperature", "max_tokens", "seed", "top_p")


def _area(lines: int, **attrs: str) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": lines, "spellcheck": "true", **attrs})


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
        widget=_area(4, spellcheck="false"),
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
        strip=False,
        widget=_area(6, spellcheck="false", **{"class": "code"}),
    )
    tone = StoredTextField(label="Tone", required=False, max_length=400)
    refusal_text = StoredTextField(
        label="Words of a refusal",
        help_text="What it says when it must not or cannot answer.",
        required=False,
        max_length=2_000,
    )
    temperature = forms.FloatField(
        label="Temperature", help_text="0 to 2", required=False, min_value=0, max_value=2
    )
    top_p = forms.FloatField(
        label="Top p", help_text="0 to 1", required=False, min_value=0, max_value=1
    )
    max_tokens = forms.IntegerField(
        label="Longest answer", help_text="Tokens", required=False, min_value=1, max_value=100_000
    )
    seed = forms.IntegerField(
        label="Seed", help_text="For repeats", required=False, min_value=0, max_value=2**31 - 1
    )
    stop = StoredTextField(
        label="Stop texts",
        help_text="One a line, at most four; the model stops before it writes one.",
        required=False,
        max_length=500,
        widget=_area(1, spellcheck="false", **{"class": "code"}),
    )

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
    """The whole editor: the single fields and the rows, read from and written to content.

    ``content`` is the draft as it is kept; what the page does not show of a variable (its type,
    its length) is taken over from there.
    """

    def __init__(self, content: Mapping[str, Any], data: QueryDict | None = None) -> None:
        self.known = content
        self.row_errors: list[str] = []
        self.fields = PromptForm(initial=_initial(content)) if data is None else PromptForm(data)
        self.rows = rows.shown(content) if data is None else rows.posted(data)

    def is_valid(self) -> bool:
        """Whether everything can be kept as a draft; fills ``row_errors`` for rows."""
        self.row_errors = list(rows.problems(self.rows))
        return self.fields.is_valid() and not self.row_errors

    @property
    def content(self) -> dict[str, Any]:
        """The content as typed; variables that the texts use and nobody declared are added."""
        cleaned = self.fields.cleaned_data
        params = {name: cleaned[name] for name in PARAMS}
        params["max_tokens"] = params["max_tokens"] or EMPTY["params"]["max_tokens"]
        params["stop"] = [line for line in cleaned["stop"].splitlines() if line.strip()]
        content: dict[str, Any] = {name: cleaned[name] for name in SECTIONS}
        content |= {
            "output_format": cleaned["output_format"] or "text",
            "output_schema": cleaned["output_schema"],
            "params": params,
            **rows.read(self.rows, self.known["variables"]),
        }
        declared = {variable["name"] for variable in content["variables"]}
        try:
            missing = sorted(used_names(content) - declared)
        except RenderError:
            missing = []
        content["variables"] += [rows.variable({"name": name}, {}) for name in missing]
        return content


def _initial(content: Mapping[str, Any]) -> dict[str, Any]:
    schema, params = content["output_schema"], content["params"]
    return {
        **{name: content[name] for name in SECTIONS},
        "output_format": content["output_format"],
        "output_schema": "" if schema is None else json.dumps(schema, indent=2, ensure_ascii=False),
        **{name: params.get(name) for name in PARAMS},
        "stop": "\n".join(params.get("stop") or []),
    }
