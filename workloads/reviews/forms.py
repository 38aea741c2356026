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
    (Rule.NOT_WORSE, "not worse, margin"),
]
SCOPES = {
    "overall": "all examples",
    "kind:typical": "typical",
    "kind:edge": "edge",
    "kind:adversarial": "adversarial",
}


class CriterionForm(forms.Form):
    """One row of the table. An empty title leaves the row out."""

    title = forms.CharField(label="Criterion", max_length=160, required=False)
    metric = forms.ChoiceField(label="Measure", required=False)
    scope = forms.ChoiceField(label="On", required=False)
    comparator = forms.ChoiceField(label="Bar", choices=Comparator.choices, required=False)
    threshold = forms.DecimalField(
        label="Threshold", max_digits=18, decimal_places=6, required=False
    )
    rule = forms.ChoiceField(label="Judged by", choices=RULES, required=False)
    margin = forms.DecimalField(label="Margin", max_digits=8, decimal_places=6, required=False)
    min_n = forms.IntegerField(label="n at least", min_value=1, required=False)
    kpi = forms.CharField(required=False, max_length=120, widget=forms.HiddenInput)

    def __init__(self, *args: Any, baseline: Baseline, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        metric, scope = self.fields["metric"], self.fields["scope"]
        assert isinstance(metric, forms.ChoiceField)
        assert isinstance(scope, forms.ChoiceField)
        metric.choices = [(m.key, m.label) for m in baseline.measures]
        scopes = dict.fromkeys(s for m in baseline.measures for s in m.scopes)
        scope.choices = [(s, SCOPES.get(s, s)) for s in scopes]

    def clean(self) -> dict[str, Any]:
        """A row with a title needs its numbers."""
        data = super().clean() or {}
        if data.get("title"):
            rule = data.get("rule")
            if rule == Rule.NOT_WORSE:
                if data.get("margin") is None and "margin" not in self.errors:
                    self.add_error("margin", "Enter the margin, for example 0.05 for 5 points.")
            elif data.get("threshold") is None and "threshold" not in self.errors:
                self.add_error("threshold", "Enter a number, for example 0.9 or 2000.")
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
) -> BaseFormSet[CriterionForm]:
    """Return the table of criteria, bound to ``data`` or filled from ``start``."""
    made = formset_factory(CriterionForm, extra=1, max_num=40, absolute_max=60)
    initial = [{name: getattr(one, name) for name in CriterionForm.base_fields} for one in start]
    return made(data, initial=initial, prefix="criteria", form_kwargs={"baseline": baseline})


class ReasonForm(forms.Form):
    """Why something is done again."""

    reason = forms.CharField(
        label="Why?",
        min_length=20,
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="At least 20 characters; it stays with the decision.",
    )
