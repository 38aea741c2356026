"""The form of the tuning decision."""

from django import forms

from workloads.tuning.models import Decision


def _area() -> forms.Textarea:
    return forms.Textarea(attrs={"rows": 2})


class DecisionForm(forms.Form):
    """What was tried, what follows from it, and why."""

    decision = forms.ChoiceField(label="Decision", choices=Decision.choices)
    prompt_versions = forms.CharField(
        label="Prompt versions scored",
        help_text="How many were scored, and what the last one gained; or why one is enough.",
        widget=_area(),
    )
    few_shot = forms.CharField(
        label="Few-shot examples",
        help_text="What they changed; or why they were not tried.",
        widget=_area(),
    )
    retrieval = forms.CharField(
        label="Retrieval",
        help_text="Whether documents would help; or why this workload needs none.",
        widget=_area(),
    )
    larger_model = forms.CharField(
        label="A larger model",
        help_text="What the strongest candidate reached; or why it was not considered.",
        widget=_area(),
    )
    rationale = forms.CharField(
        label="Why this decision",
        help_text="At least 100 characters: the gap to the floor, and what tuning would cost.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )
