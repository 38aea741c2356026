"""Forms of the dataset pages; the rules themselves stand in the services."""

from django import forms

from evaluations.datasets.enums import DataClass, ImportMode, Purpose


class DatasetForm(forms.Form):
    """What a new dataset is."""

    name = forms.CharField(
        label="Name", max_length=200, help_text="Such as: Support tickets, spring 2026"
    )
    purpose = forms.ChoiceField(
        label="What it is for", choices=Purpose.choices, initial=Purpose.GOLDEN
    )
    description = forms.CharField(
        label="Description",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Where the examples come from and what they shall show",
    )
    sources = forms.CharField(
        label="Sources and licences",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="One a line",
    )
    data_class = forms.ChoiceField(
        label="Most confidential data in it", choices=DataClass.choices, initial=DataClass.INTERNAL
    )
    contains_pii = forms.BooleanField(label="It contains personal data", required=False)


class UploadForm(forms.Form):
    """A file to import, and what happens to the draft."""

    file = forms.FileField(
        label="File",
        help_text="JSONL or CSV in UTF-8, at most 5,000 examples and 20 MB",
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
