"""The form of the tuning decision."""

from typing import Any

from django import forms

from portal.common.policy import policy
from portal.shell.forms import set_example
from workloads.tuning.models import Decision
from workloads.tuning.services import EVIDENCE_MIN

QUESTIONS = {
    "prompt_versions": (
        "Prompt versions scored",
        "How many were scored, and what the last one gained; or why one is enough.",
        "Two versions were scored; the second gained four points.",
    ),
    "few_shot": (
        "Few-shot examples",
        "What they changed; or why they were not tried.",
        "Two examples are in the prompt; without them JSON failed twice.",
    ),
    "retrieval": (
        "Retrieval",
        "Whether documents would help; or why this workload needs none.",
        "Not needed: a ticket holds everything that its category depends on.",
    ),
    "larger_model": (
        "A larger model",
        "What the strongest candidate reached; or why it was not considered.",
        "The largest candidate is one point better, within the interval, at nine times the cost.",
    ),
}


def _tried(name: str) -> forms.CharField:
    label, help_text, example = QUESTIONS[name]
    field = forms.CharField(
        label=label,
        help_text=help_text,
        min_length=EVIDENCE_MIN,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    set_example(field, example)
    return field


class DecisionForm(forms.Form):
    """What was tried, what follows from it, and why."""

    decision = forms.ChoiceField(label="Decision", choices=Decision.choices)
    prompt_versions = _tried("prompt_versions")
    few_shot = _tried("few_shot")
    retrieval = _tried("retrieval")
    larger_model = _tried("larger_model")
    rationale = forms.CharField(
        label="Why this decision", max_length=10_000, widget=forms.Textarea(attrs={"rows": 4})
    )

    migration_plan = forms.CharField(
        label="Migration plan",
        max_length=10_000,
        required=False,
        help_text="The winner is deprecated: to which model, by when, and who sees to it.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        least = int(policy().number("tuning", "rationale_min"))
        self.fields[
            "rationale"
        ].help_text = (
            f"At least {least} characters: the gap to the floor, and what tuning would cost."
        )
