"""The forms of the lifecycle. Services check again; a form only reads what was typed."""

from collections.abc import Sequence
from typing import Any

from django import forms

from portal.common.text import text_problem
from portal.shell.forms import set_example
from workloads.lifecycle.enums import MemberRole, RiskTier, VoteChoice, WorkloadStatus
from workloads.lifecycle.phases import phases
from workloads.lifecycle.starts import Start


class WorkloadForm(forms.Form):
    """Name and summary of a workload."""

    name = forms.CharField(
        max_length=120,
        help_text="What people call it. You can change it later.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    summary = forms.CharField(
        max_length=280,
        required=False,
        help_text="One or two sentences for the list.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    business_unit = forms.CharField(
        max_length=80, required=False, help_text="Some models are approved for one unit only."
    )
    tags = forms.CharField(
        max_length=600, required=False, help_text="Words to find it by, with commas."
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        set_example(self.fields["business_unit"], "Retail banking")
        set_example(self.fields["tags"], "service desk, e-mail")
        set_example(self.fields["name"], "Support ticket triage")
        set_example(
            self.fields["summary"],
            "Sorts incoming support tickets into four categories and reads plan and amount.",
        )

    def clean_tags(self) -> list[str]:
        """Return the tags one by one."""
        return [word for word in self.cleaned_data["tags"].split(",") if word.strip()]


class NewWorkloadForm(WorkloadForm):
    """A new workload, and what it is started from: nothing, a template, or another workload."""

    COPY = "copy"
    start = forms.ChoiceField(required=False, label="Start from", widget=forms.RadioSelect)
    copy_of = forms.ChoiceField(required=False, label="Which workload?")

    def __init__(self, *args: Any, starts: Sequence[Start], copies: Sequence[Start], **more: Any):
        super().__init__(*args, **more)
        offered = [("", "A blank brief"), *((one.key, one.label) for one in starts)]
        if copies:
            offered.append((self.COPY, "A copy"))
        self.fields["start"].choices = offered  # type: ignore[attr-defined]
        self.fields["copy_of"].choices = [  # type: ignore[attr-defined]
            ("", "Choose …"),
            *((one.key, one.label) for one in copies),
        ]

    def clean(self) -> dict[str, Any]:
        """Bring the two questions together: ``start`` is the key to start from, or empty."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        start, copied = data.get("start", ""), data.pop("copy_of", "")
        if start == self.COPY and not copied:
            self.add_error("copy_of", "Choose the workload to copy.")
        elif start == self.COPY:
            data["start"] = copied
        return data


class MemberForm(forms.Form):
    """Whom to add, and as what."""

    email = forms.EmailField(label="E-mail", help_text="The address this person signs in with.")
    role = forms.ChoiceField(choices=MemberRole.choices, initial=MemberRole.CONTRIBUTOR)


class VoteForm(forms.Form):
    """One vote. Which remits are offered depends on the voter."""

    remit = forms.ChoiceField(label="I vote for", widget=forms.RadioSelect)
    choice = forms.ChoiceField(
        label="My vote", choices=VoteChoice.choices, widget=forms.RadioSelect
    )
    reason = forms.CharField(
        required=False,
        max_length=4_000,
        label="Reason",
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    manifest_digest = forms.CharField(widget=forms.HiddenInput)
    nonce = forms.CharField(widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, remits: list[str], change_min: int, reject_min: int, **more: Any
    ) -> None:
        super().__init__(*args, **more)
        remit = self.fields["remit"]
        remit.choices = [(one, one.capitalize()) for one in remits]  # type: ignore[attr-defined]
        if len(remits) == 1:
            remit.initial = remits[0]
        self.fields["reason"].help_text = (
            f"At least {change_min} characters to request changes, {reject_min} to object or"
            " reject; the team reads it."
        )


class FilterForm(forms.Form):
    """What narrows the list of workloads; anything else in the address is refused."""

    q = forms.CharField(required=False, max_length=120, label="Name or reference")
    phase = forms.ChoiceField(required=False, label="Phase")
    status = forms.ChoiceField(
        required=False, choices=[("", "Any status"), *WorkloadStatus.choices], label="Status"
    )
    tier = forms.TypedChoiceField(
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "Any tier"), *RiskTier.choices],
        label="Risk tier",
    )
    mine = forms.BooleanField(required=False, label="Only mine")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        choices = [("", "Any phase"), *((one.key, one.label) for one in phases())]
        self.fields["phase"].choices = choices  # type: ignore[attr-defined]

    def clean_q(self) -> str:
        """Refuse what cannot be looked for."""
        text: str = self.cleaned_data["q"]
        problem = text_problem(text)
        if problem:
            raise forms.ValidationError(problem[1], code=problem[0])
        return text
