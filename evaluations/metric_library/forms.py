"""The form that tries a metric, made of its own arguments, and the one that declares one."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms

from evaluations.metric_library.trying import MOST_CHARACTERS, Trial, inputs_of, sample_of
from evaluations.metrics.declared import COMPARATORS, Declaration
from evaluations.metrics.strict_json import InvalidJson, parse
from evaluations.metrics.types import Metric
from portal.shell.forms import set_unit

ARGUMENT = "argument-"


def _text(label: str, help_text: str = "", rows: int = 3) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        strip=False,
        max_length=MOST_CHARACTERS,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": rows, "spellcheck": "false"}),
    )


_INPUTS: dict[str, Any] = {
    "expected": lambda: _text("Expected", "Text, or JSON as a golden dataset holds it."),
    "question": lambda: _text("What the user said", rows=2),
    "documents": lambda: _text(
        "Documents", "One a line; an id first if it has one: d1: Refunds take five days."
    ),
    "relevant": lambda: _text("Relevant documents", "One id a line.", rows=2),
    "must_include": lambda: _text("Must include", "One text a line.", rows=2),
    "must_not_include": lambda: _text("Must not include", "One text a line.", rows=2),
    "expects": lambda: forms.ChoiceField(
        label="The example expects",
        choices=[("answer", "an answer"), ("refuse", "a refusal")],
        required=False,
    ),
    "latency_ms": lambda: _number("Whole time", "ms"),
    "ttft_ms": lambda: _number("Time to the first token", "ms"),
    "tokens_out": lambda: forms.IntegerField(
        label="Output tokens", required=False, min_value=0, max_value=10_000_000
    ),
    "cost": lambda: forms.DecimalField(
        label="Cost", required=False, min_value=0, max_digits=18, decimal_places=9
    ),
}


def _number(label: str, unit: str) -> forms.FloatField:
    field = forms.FloatField(label=label, required=False, min_value=0, max_value=1e9)
    set_unit(field, unit)
    return field


class JsonField(forms.CharField):
    """Strict JSON; empty is None."""

    def clean(self, value: Any) -> Any:
        """Return the value. Raises ValidationError (json)."""
        text = super().clean(value)
        if not text.strip():
            return None
        try:
            return parse(text)
        except InvalidJson as problem:
            raise forms.ValidationError(f"This is not JSON: {problem}.", code="json") from problem


class LinesField(forms.CharField):
    """Texts, one a line."""

    widget = forms.Textarea(attrs={"rows": 2, "spellcheck": "false"})

    def clean(self, value: Any) -> Any:
        """Return the texts without blank lines."""
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]


def argument_field(name: str, rule: Mapping[str, Any]) -> forms.Field:
    """Return the field for one argument of a metric, by its JSON Schema."""
    label = str(rule.get("title") or name.replace("_", " ").capitalize())
    text = str(rule.get("description", ""))
    text = text[:1].upper() + text[1:]
    help_text = f"{text}." if text else ""
    kinds = rule.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    more: dict[str, Any] = {"label": label, "help_text": help_text, "required": False}
    default = rule.get("default")
    if "enum" in rule:
        return forms.ChoiceField(
            choices=[(one, one) for one in rule["enum"]], initial=default, **more
        )
    if "boolean" in kinds:
        return forms.BooleanField(initial=default, **more)
    if "integer" in kinds or "number" in kinds:
        made = forms.IntegerField if "integer" in kinds else forms.FloatField
        return made(initial=default, **more)
    if "array" in kinds and "enum" in rule.get("items", {}):
        return forms.MultipleChoiceField(
            choices=[(one, one.replace("_", " ")) for one in rule["items"]["enum"]],
            initial=default, widget=forms.CheckboxSelectMultiple, **more,
        )  # fmt: skip
    if "array" in kinds:
        more["help_text"] = f"{help_text} One a line.".strip()
        return LinesField(max_length=MOST_CHARACTERS, **more)
    if "object" in kinds:
        return JsonField(
            max_length=MOST_CHARACTERS, widget=forms.Textarea(attrs={"rows": 4}), **more
        )
    return forms.CharField(initial=default, max_length=2_000, strip=False, **more)


class TryForm(forms.Form):
    """An answer and what the metric compares it with."""

    use_required_attribute = False

    def __init__(self, metric: Metric, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial=dict(sample_of(metric)))
        self.metric = metric
        for name in inputs_of(metric):
            self.fields[name] = _INPUTS[name]()
        self.fields["answer"] = _text("Answer", rows=4)
        self.names = list(metric.arguments.get("properties", {}))
        for name, rule in metric.arguments.get("properties", {}).items():
            self.fields[f"{ARGUMENT}{name}"] = argument_field(name, rule)

    @property
    def inputs(self) -> list[forms.BoundField]:
        """The fields of the example and the answer."""
        return [field for field in self if not field.name.startswith(ARGUMENT)]

    @property
    def argument_fields(self) -> list[forms.BoundField]:
        """The fields of the metric's arguments."""
        return [field for field in self if field.name.startswith(ARGUMENT)]

    def trial(self) -> Trial:
        """Return what a valid form holds; an argument left empty has its default."""
        data = self.cleaned_data
        given = {
            name: data[name] for name in inputs_of(self.metric) if data[name] not in (None, "")
        }
        properties = self.metric.arguments.get("properties", {})
        arguments = {
            name: data[f"{ARGUMENT}{name}"]
            for name in self.names
            if data[f"{ARGUMENT}{name}"] not in (None, "", [])
            or properties[name].get("type") == "boolean"
        }
        return Trial(answer=data["answer"], arguments=arguments, **given)


class DeclareForm(forms.Form):
    """What a declared metric is called and looks at."""

    use_required_attribute = False

    name = forms.CharField(
        label="Name", max_length=60, help_text="Small letters, digits and _. It gets own_ in front."
    )
    label = forms.CharField(label="How lists call it", max_length=60)
    description = forms.CharField(
        label="Why it matters", max_length=400, required=False, help_text="One or two sentences."
    )
    kind = forms.ChoiceField(
        label="What it looks at",
        choices=[
            ("json", "A place in a JSON answer"),
            ("regex", "The answer's text, by a pattern"),
        ],
        widget=forms.RadioSelect,
        initial="json",
    )
    path = forms.CharField(
        label="Place", max_length=200, required=False, help_text="Such as $.lines[0].sku"
    )
    comparator = forms.ChoiceField(
        label="It passes when this place", choices=list(COMPARATORS.items()), required=False
    )
    value = forms.CharField(
        label="Value",
        max_length=2_000,
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=(
            'A number, "text" or a list in JSON; a pattern as it is (RE2); for a number close to '
            "the expected one the relative tolerance. Empty where nothing is compared."
        ),
    )
    allow_fenced = forms.BooleanField(label="Read JSON inside a Markdown fence too", required=False)
    pattern = forms.CharField(
        label="Pattern",
        max_length=1_000,
        required=False,
        strip=False,
        help_text="RE2: linear time, no look-around, no back-references.",
    )
    passes = forms.ChoiceField(
        label="It passes when the pattern",
        choices=[("found", "is found"), ("not_found", "is not found")],
        required=False,
    )
    ignore_case = forms.BooleanField(label="Upper and lower case are the same", required=False)

    def declaration(self) -> Declaration:
        """Return what a valid form declares."""
        data = self.cleaned_data
        if data["kind"] == "regex":
            return Declaration(
                "regex", data["passes"] or "found", data["pattern"], ignore_case=data["ignore_case"]
            )
        value: Any = None
        if data["value"].strip():
            value = data["value"]
            if data["comparator"] != "matches":
                try:
                    value = parse(data["value"])
                except InvalidJson:
                    value = data["value"].strip()
        return Declaration(
            "json",
            data["comparator"] or "exists",
            value,
            data["path"],
            ignore_case=data["ignore_case"],
            allow_fenced=data["allow_fenced"],
        )


def initial_of(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return the start values of the form for the next version of a definition."""
    value = definition["value"]
    plain = definition["kind"] == "regex" or definition["comparator"] == "matches"
    shown = "" if value is None else value if plain else json.dumps(value, ensure_ascii=False)
    return {
        "kind": definition["kind"],
        "path": definition["path"],
        "comparator": definition["comparator"],
        "passes": definition["comparator"],
        "value": "" if definition["kind"] == "regex" else shown,
        "pattern": shown if definition["kind"] == "regex" else "",
        "ignore_case": definition["ignore_case"],
        "allow_fenced": definition["allow_fenced"],
    }


class RetireForm(forms.Form):
    """Why a metric is no longer offered."""

    reason = forms.CharField(
        label="Why is it no longer offered?",
        max_length=280,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
