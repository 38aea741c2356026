"""One example as a form: a field for each value, typed as the example's values are."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from evaluations.datasets.enums import Expects, Kind
from evaluations.datasets.importing.fields import typed
from evaluations.datasets.models import Dataset, ExampleRevision
from portal.common.errors import DomainError
from portal.common.strictjson import loads

_LISTS = ("must_include", "must_not_include")


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _area(label: str, rows: int = 2, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        strip=False,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


class ExampleForm(forms.Form):
    """An example that is written or changed.

    ``like`` is the example whose values it has: the one that is changed, or for a new one any of
    the draft. `values` gives what was typed as a line of a JSONL file holds it.
    """

    kind = forms.ChoiceField(label="Kind", choices=Kind.choices)
    expects = forms.ChoiceField(label="A good answer", choices=Expects.choices)
    tags = forms.CharField(label="Tags", required=False, help_text="Separated by commas")
    weight = forms.CharField(label="Weight", initial="1", help_text="0.1 to 10")
    held_out = forms.BooleanField(label="Held out from those who write prompts", required=False)
    must_include = _area("Must include", help_text="One text a line")
    must_not_include = _area("Must not include", help_text="One text a line")
    context = _area("Context", help_text='A list: [{"id": "1", "title": "…", "text": "…"}]')
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        dataset: Dataset,
        like: ExampleRevision | None,
        new: bool,
    ) -> None:
        super().__init__(data)
        self.example = None if new else like
        self.inputs = self._names(
            "input", dataset.variables or self._keys(like.input if like else None)
        )
        self.answers = self._names("expected", self._keys(like.expected if like else None))
        if new:
            self.fields["key"] = forms.CharField(
                label="Key", required=False, max_length=80, help_text="Empty: made from the input"
            )
        if self.example is not None:
            self.initial = self._initial(self.example)

    @staticmethod
    def _keys(value: Any) -> list[str]:
        return list(value) if isinstance(value, Mapping) else []

    def _names(self, field: str, names: Sequence[str]) -> dict[str, str]:
        """Add the fields of the input or of what is expected: {name of the field: its value}."""
        made = {f"{field}.{name}": name for name in names} or {field: ""}
        for name, value in made.items():
            label = value or field.capitalize()
            self.fields[name] = _area(f"Expected: {value}" if value and field == "expected" else
                                      label, rows=1 if field == "expected" else 3)  # fmt: skip
        return made

    def _initial(self, example: ExampleRevision) -> dict[str, Any]:
        found: dict[str, Any] = {
            "kind": example.kind,
            "expects": example.expects,
            "tags": ", ".join(example.tags),
            "weight": f"{example.weight:g}",
            "held_out": example.held_out,
            "context": json.dumps(example.context, ensure_ascii=False) if example.context else "",
            "seen": example.digest,
        }
        found |= {name: "\n".join(getattr(example, name)) for name in _LISTS}
        for field, names in (("input", self.inputs), ("expected", self.answers)):
            value = getattr(example, field)
            for name, part in names.items():
                found[name] = _shown(value.get(part) if part and value else value if not part else
                                     None)  # fmt: skip
        return found

    def main_fields(self) -> list[forms.BoundField]:
        """Return the fields of the input and of what is expected."""
        return [self[name] for name in (*self.inputs, *self.answers)]

    def place(self, field: str) -> str:
        """Return the form's field that stands for a field of an example."""
        if field in self.fields:
            return field
        names = {"input": self.inputs, "expected": self.answers}.get(field, {})
        return next(iter(names), "")

    def values(self) -> dict[str, Any]:
        """Return what was typed. Raises Invalid or NotJson for a context that is no JSON."""
        data = self.cleaned_data
        old = self.example
        found: dict[str, Any] = {
            "kind": data["kind"],
            "expects": data["expects"],
            "tags": [tag.strip() for tag in data["tags"].split(",") if tag.strip()],
            "weight": data["weight"],
            "held_out": data["held_out"],
            "input": self._value("input", self.inputs, old.input if old else None, plain=True),
            "expected": self._value(
                "expected", self.answers, old.expected if old else None, plain=False
            ),
            "context": self._context(data["context"]),
        }
        for name in _LISTS:
            found[name] = [line.strip() for line in data[name].splitlines() if line.strip()]
        if data.get("key"):
            found["key"] = data["key"]
        if old is not None:
            found["licence"] = old.licence
        return found

    def _value(self, field: str, names: Mapping[str, str], old: Any, *, plain: bool) -> Any:
        if field in names:
            return _read(self.cleaned_data[field], old, plain=plain)
        before = old if isinstance(old, Mapping) else {}
        typed_in = {
            part: _read(self.cleaned_data[name], before.get(part), plain=plain)
            for name, part in names.items()
        }
        # Nothing expected at all is not an object of nothings.
        return None if not plain and all(v is None for v in typed_in.values()) else typed_in

    @staticmethod
    def _context(text: str) -> Any:
        if not text.strip():
            return []
        try:
            return loads(text)
        except DomainError:
            return text


def _read(text: str, old: Any, *, plain: bool) -> Any:
    """Return what was typed, of the type that the value had.

    A browser sends each line end as two characters; an unchanged text stays what it was.
    """
    lines = text.replace("\r\n", "\n")
    if old is not None and lines == _shown(old).replace("\r\n", "\n"):
        return old
    if isinstance(old, str) or (plain and old is None):
        return lines
    if isinstance(old, Mapping | list):
        try:
            return loads(lines)
        except DomainError:
            return lines
    return typed(lines)
