"""The forms of phase 4: what to run, and who wins."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms

from evaluations.scorecards.options import MetricOption


class RunForm(forms.Form):
    """Which metrics, for how much money, how many calls at once."""

    metrics = forms.MultipleChoiceField(
        label="What shall be measured?",
        widget=forms.CheckboxSelectMultiple,
        help_text="Metrics that at least one example can be scored by. Floors of the brief are"
        " always measured.",
        error_messages={"required": "Choose at least three metrics."},
    )
    reference = forms.ChoiceField(
        label="Compare every candidate with",
        required=False,
        help_text="The one in use today, or the first of the shortlist.",
    )
    cap = forms.DecimalField(
        label="Spend at most",
        max_digits=9,
        decimal_places=4,
        min_value=Decimal("0.0001"),
        help_text="Reserved before each call; the run stops before it would go over.",
    )
    concurrency = forms.IntegerField(
        label="Calls at once", min_value=1, max_value=256, help_text="For all candidates together."
    )
    repeats = forms.IntegerField(
        label="Times each example is asked",
        min_value=1,
        max_value=10,
        initial=1,
        help_text="More than once shows how much answers vary by themselves.",
    )
    reason = forms.CharField(
        label="Why again?",
        required=False,
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Needed only when this very comparison was complete before.",
    )

    def __init__(
        self,
        options: Sequence[MetricOption],
        candidates: Sequence[str],
        currency: str,
        data: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(data, **more)
        metrics, reference = self.fields["metrics"], self.fields["reference"]
        assert isinstance(metrics, forms.MultipleChoiceField)
        assert isinstance(reference, forms.ChoiceField)
        metrics.choices = [(one.token, f"{one.label} ({one.applies} examples)") for one in options]
        reference.choices = [(name, name) for name in candidates]
        self.fields["cap"].unit = currency  # type: ignore[attr-defined]


class WinnerForm(forms.Form):
    """Who wins, and why."""

    entry = forms.ChoiceField(
        label="Winner",
        widget=forms.RadioSelect,
        help_text="Candidates that meet every floor.",
        error_messages={"required": "Choose the winner."},
    )
    rationale = forms.CharField(
        label="Why this one?",
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="At least 50 characters: what decided, and what speaks for the runner-up.",
        error_messages={"required": "Write why, in at least 50 characters."},
    )

    def __init__(
        self, aliases: Sequence[str], data: Mapping[str, Any] | None = None, **more: Any
    ) -> None:
        super().__init__(data, **more)
        entry = self.fields["entry"]
        assert isinstance(entry, forms.ChoiceField)
        entry.choices = [(alias, alias) for alias in aliases]
