"""Forms of phase 7: the table of criteria, and the reasons people give."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory

from workloads.reviews.enums import Comparator, Rule
from workloads.reviews.evidence import Baseline
from workloads.reviews.models import Criterion
from workloads.reviews.services import CriterionInput

RULES = [
    (Rule.POINT, "value"),
    (Rule.INTERVAL_BOUND, "whole interval"),
    (Rule.NOT_WORSE, "not worse than baseline"),
]
SIGNS = [(Comparator.AT_LEAST, "≥"), (Comparator.AT_MOST, "≤")]
SCOPES = {
    "overall": "all examples",
    "kind:typical": "typical",
    "kind:edge": "edge",
    "kind:adversarial": "adversarial",
}
NUMBERS = ("threshold", "margin", "min_n")


def _number(**attrs: str) -> forms.TextInput:
    return forms.TextInput(attrs={"inputmode": "decimal", "class": "n", **attrs})


class CriterionForm(forms.Form):
    """One row of the table. A row without a name is left out."""

    title = forms.CharField(label="Criterion", max_length=160, required=False)
    metric = forms.ChoiceField(label="Measure", required=False)
    scope = forms.ChoiceField(label="On", required=False)
    rule = forms.ChoiceField(label="Judged by", choices=RULES, required=False)
    comparator = forms.ChoiceField(label="Bar", choices=SIGNS, required=False)
    threshold = forms.DecimalField(
        label="Threshold", max_digits=18, decimal_places=6, required=False, widget=_number()
    )
    margin = forms.DecimalField(
        label="Margin", max_digits=8, decimal_places=6, required=False, widget=_number()
    )
    min_n = forms.IntegerField(
        label="n at least", min_value=1, max_value=1_000_000, required=False, widget=_number()
    )
    kpi = forms.CharField(required=False, max_length=120, widget=forms.HiddenInput)

    def __init__(self, *args: Any, baseline: Baseline, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        metric, scope = self.fields["metric"], self.fields["scope"]
        assert isinstance(metric, forms.ChoiceField)
        assert isinstance(scope, forms.ChoiceField)
        measures = [
            (m.key, f"{m.label} ({m.unit})" if m.unit else m.label) for m in baseline.measures
        ]
        gone = self.initial.get("metric")
        if gone and baseline.measure(gone) is None:
            # Kept in sight, so that no other measure slips into its place unnoticed.
            measures.insert(0, (gone, f"{gone}, not measured any more"))
        metric.choices = measures
        scopes = dict.fromkeys(s for m in baseline.measures for s in m.scopes)
        scope.choices = [(s, SCOPES.get(s, s)) for s in scopes]

    def clean(self) -> dict[str, Any]:
        """A row with a name needs its numbers, and a new row with numbers a name."""
        data = super().clean() or {}
        if data.get("title"):
            if data.get("rule") == Rule.NOT_WORSE:
                if data.get("margin") is None and "margin" not in self.errors:
                    self.add_error("margin", "Enter the margin, for example 0.05 for 5 points.")
            elif data.get("threshold") is None and "threshold" not in self.errors:
                self.add_error("threshold", "Enter a number, for example 0.9 or 2000.")
        elif self.empty_permitted and any(data.get(name) is not None for name in NUMBERS):
            self.add_error("title", "Give the criterion a name, or clear the row.")
        return data

    def as_input(self) -> CriterionInput | None:
        """Return the criterion of a valid row, or None for a row that was left empty."""
        data = self.cleaned_data
        if not data.get("title"):
            return None
        return CriterionInput(
            title=data["title"],
            metric=data["metric"],
            comparator=data["comparator"],
            threshold=data["threshold"] or Decimal(0),
            rule=data["rule"],
            min_n=data["min_n"] or 1,
            margin=data["margin"],
            scope=data["scope"] or "overall",
            kpi=data["kpi"],
        )


def criteria_formset(
    baseline: Baseline, data: Any = None, start: Sequence[CriterionInput | Criterion] = ()
) -> "BaseFormSet[CriterionForm]":
    """Return the table of criteria, bound to ``data`` or filled from ``start``."""
    made = formset_factory(CriterionForm, extra=1, max_num=41, absolute_max=60)
    initial = [_initial(one) for one in start]
    return made(data, initial=initial, prefix="criteria", form_kwargs={"baseline": baseline})


def _initial(one: CriterionInput | Criterion) -> dict[str, Any]:
    """Return the fields of one criterion, its numbers without the zeros that storing added."""
    found = {name: getattr(one, name) for name in CriterionForm.base_fields}
    for name in ("threshold", "margin"):
        if isinstance(found[name], Decimal):
            found[name] = format(found[name].normalize(), "f")
    if one.rule == Rule.NOT_WORSE:
        found["threshold"] = None
    return found


class ReasonForm(forms.Form):
    """Why locked criteria are opened again."""

    reason = forms.CharField(
        label="Why?",
        min_length=20,
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="At least 20 characters; it stays with the decision.",
    )


class StartForm(forms.Form):
    """Why a build that did not change is tested again; empty for a first test."""

    reason = forms.CharField(
        label="Why test this build again?",
        required=False,
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="At least 20 characters; every attempt stays in the list.",
    )

    def __init__(self, *args: Any, again: bool = False, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["reason"].required = again
