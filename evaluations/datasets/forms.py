"""Forms of the dataset pages; the rules themselves stand in the services."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from evaluations.datasets.enums import DataClass, ImportMode, Purpose, SourceKind
from portal.common.errors import DomainError
from portal.common.strictjson import loads

SOURCE_HELP = f"One a line: type | where | licence. Types: {', '.join(SourceKind.values)}"


class LinesField(forms.CharField):
    """A text area that is a list of lines."""

    def __init__(self, **more: Any) -> None:
        super().__init__(required=False, widget=forms.Textarea(attrs={"rows": 2}), **more)

    def clean(self, value: Any) -> Any:
        """Return the lines that hold something."""
        return [line.strip() for line in str(super().clean(value)).splitlines() if line.strip()]


class SourcesField(LinesField):
    """Sources, one a line: ``public | https://… | CC BY 4.0``."""

    def clean(self, value: Any) -> Any:
        """Return [{type, ref, licence}]; the service says what is wrong with one."""
        found = []
        for number, line in enumerate(super().clean(value), start=1):
            parts = [part.strip() for part in line.split("|")]
            if not 2 <= len(parts) <= 3:
                raise forms.ValidationError(
                    f"Line {number}: write type | where | licence, such as"
                    " public | https://data.example/tickets | CC BY 4.0.",
                    code="invalid",
                )
            found.append(dict(zip(("type", "ref", "licence"), [*parts, ""], strict=False)))
        return found

    @staticmethod
    def as_lines(sources: Sequence[Mapping[str, str]]) -> str:
        """Return sources as they are typed."""
        return "\n".join(
            " | ".join(filter(None, (one["type"], one["ref"], one["licence"]))) for one in sources
        )


class SchemaField(forms.CharField):
    """A JSON Schema, or nothing."""

    def __init__(self, **more: Any) -> None:
        area = forms.Textarea(attrs={"rows": 4, "class": "code"})
        super().__init__(required=False, widget=area, **more)

    def clean(self, value: Any) -> Any:
        """Return the schema, None when nothing was typed."""
        text = str(super().clean(value))
        if not text.strip():
            return None
        try:
            return loads(text)
        except DomainError as problem:
            words = problem.message.replace("The body is", "This is")
            raise forms.ValidationError(words, code=problem.code) from None


class DatasetForm(forms.Form):
    """What a new dataset is."""

    name = forms.CharField(
        label="Name", max_length=200, help_text="Such as: Support tickets, spring 2026"
    )
    purpose = forms.ChoiceField(
        label="What it is for", choices=Purpose.choices, initial=Purpose.GOLDEN
    )
    data_class = forms.ChoiceField(
        label="Most confidential data in it", choices=DataClass.choices, initial=DataClass.INTERNAL
    )
    description = forms.CharField(
        label="Description",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Where the examples come from and what they shall show",
    )
    sources = SourcesField(label="Sources and licences", help_text=SOURCE_HELP)
    contains_pii = forms.BooleanField(label="It contains personal data", required=False)


class SettingsForm(DatasetForm):
    """What is said about a dataset, and what its examples have to look like."""

    purpose = None  # type: ignore[assignment]
    variables = LinesField(
        label="Variables of the input",
        help_text="One a line; every example then has exactly these. Empty: anything goes.",
    )
    expected_schema = SchemaField(
        label="JSON Schema of what is expected",
        help_text='Such as {"type": "object", "required": ["category"]}',
    )
    row_version = forms.IntegerField(widget=forms.HiddenInput)

    @staticmethod
    def said(dataset: Any) -> dict[str, Any]:
        """Return what the form shows first."""
        schema = dataset.expected_schema
        return {
            "name": dataset.name,
            "description": dataset.description,
            "sources": SourcesField.as_lines(dataset.sources),
            "data_class": dataset.data_class,
            "contains_pii": dataset.contains_pii,
            "variables": "\n".join(dataset.variables),
            "expected_schema": json.dumps(schema, indent=2) if schema is not None else "",
            "row_version": dataset.row_version,
        }


class UploadForm(forms.Form):
    """A file to import, and what happens to the draft."""

    file = forms.FileField(
        label="File",
        help_text="JSONL, JSON or CSV in UTF-8, at most 5,000 examples and 20 MB",
        error_messages={
            "empty": "There are no examples: the file is empty.",
            "required": "Choose a file to import.",
        },
    )
    mode = forms.ChoiceField(
        label="What happens to the draft",
        choices=ImportMode.choices,
        initial=ImportMode.ADD,
        widget=forms.RadioSelect,
    )


class CommitForm(forms.Form):
    """The note of a version."""

    note = forms.CharField(
        label="What changed",
        required=False,
        max_length=400,
        help_text="From the second version on: one line that says what is different",
    )


class ReasonForm(forms.Form):
    """Why something is proposed, turned down or let go."""

    reason = forms.CharField(
        label="Why", max_length=2_000, widget=forms.Textarea(attrs={"rows": 2})
    )
