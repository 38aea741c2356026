"""Forms of the judge pages; the rules themselves stand in the services."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from catalog.models import CatalogEntry
from evaluations.datasets.models import DatasetVersion
from evaluations.judges.enums import Given, Levels
from evaluations.judges.models import JudgeVersion
from evaluations.judges.services import JudgeDraft
from portal.shell.forms import set_unit


class VersionForm(forms.Form):
    """What a version of a judge asks, of which model, and what it is compared with."""

    criterion = forms.CharField(
        label="The one criterion",
        max_length=400,
        help_text="One sentence that is true or not: The answer says nothing that the documents do"
        " not support.",
    )
    rubric = forms.CharField(
        label="How to decide",
        max_length=8_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="When it passes, when it fails, and what to do at the edges. People read the"
        " same words.",
    )
    given = forms.ChoiceField(
        label="Compared with",
        choices=Given.choices,
        initial=Given.REFERENCE,
        widget=forms.RadioSelect,
    )
    levels = forms.ChoiceField(
        label="Verdicts", choices=Levels.choices, initial=Levels.TWO, widget=forms.RadioSelect
    )
    entry = forms.ChoiceField(
        label="Model",
        help_text="Of another provider than every candidate: models favour their own family.",
    )
    max_tokens = forms.IntegerField(
        label="Longest output", min_value=64, max_value=4_096, initial=400
    )
    calibration_set = forms.ChoiceField(
        label="Calibration set",
        help_text="Answers or pairs for people to label: 100 or more, with 30 of the rarer label.",
    )

    def __init__(
        self,
        entries: Sequence[CatalogEntry],
        sets: Sequence[DatasetVersion],
        data: Mapping[str, Any] | None = None,
        *,
        after: JudgeVersion | None = None,
        **more: Any,
    ) -> None:
        super().__init__(data, **more)
        if after is not None:
            # What a judge is asked for stays of one kind: one answer by itself, or one of two.
            levels = self.fields["levels"]
            assert isinstance(levels, forms.ChoiceField)
            levels.choices = [
                (one.value, one.label) for one in Levels if one.pairwise is after.pairwise
            ]
        self._entries = {str(one.pk): one for one in entries}
        self._sets = {str(one.pk): one for one in sets}
        for name, choices in (
            ("entry", [(key, one.gateway_alias) for key, one in self._entries.items()]),
            ("calibration_set", [(key, _set(one)) for key, one in self._sets.items()]),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices
        set_unit(self.fields["max_tokens"], "tokens")

    def draft(self) -> JudgeDraft:
        """Return what was filled in, of a valid form."""
        data = self.cleaned_data
        return JudgeDraft(
            criterion=data["criterion"],
            rubric=data["rubric"],
            given=Given(data["given"]),
            entry=self._entries[data["entry"]],
            calibration_set=self._sets[data["calibration_set"]],
            levels=Levels(data["levels"]),
            max_tokens=data["max_tokens"],
        )


class JudgeForm(VersionForm):
    """A new judge: its name and its first version."""

    name = forms.CharField(
        label="Name",
        max_length=60,
        help_text="Lower-case letters and hyphens; its measure will be called judge:name.",
    )

    field_order = ("name",)


def _set(version: DatasetVersion) -> str:
    dataset = version.dataset
    return f"{dataset.name}, version {version.number} ({version.n} examples)"
