"""The tier: trying it out, and deciding on another one than the answers demand."""

from typing import Any

from django import forms

from workloads.briefs.enums import Tier, WritesOutside
from workloads.briefs.forms.answers import BLANK, AnswerField
from workloads.briefs.questions import BY_NAME
from workloads.briefs.trying import ASKED as TRIED
from workloads.briefs.trying import OUTSIDE


class OverrideForm(forms.Form):
    """Another tier than the answers demand, and why."""

    tier = forms.ChoiceField(label="Which tier should count?", choices=Tier.choices)
    reason = forms.CharField(
        label="Why?",
        help_text="At least 50 characters; it stands on the brief and in every approval.",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2_000,
    )


class EndOverrideForm(forms.Form):
    """Why a decision on the tier ends."""

    reason = forms.CharField(
        label="Why does it end?", widget=forms.Textarea(attrs={"rows": 2}), max_length=2_000
    )


class OpenChoiceField(forms.ChoiceField):
    """One choice that may still be open, without counting as optional."""

    def validate(self, value: Any) -> None:
        """Refuse what is not offered; nothing is no error yet."""
        if value:
            super().validate(value)


class TryTierForm(forms.Form):
    """The eight questions that set the tier; each may be left open."""

    use_required_attribute = False

    def __init__(self, data: Any = None) -> None:
        super().__init__(data=data)
        for name in TRIED:
            if name == OUTSIDE:
                self.fields[name] = OpenChoiceField(
                    label="Can it change something in outside systems?",
                    help_text="Only an agent with tools can.",
                    choices=[BLANK, *WritesOutside.choices],
                )
            else:
                self.fields[name] = AnswerField(BY_NAME[name], required=True)
