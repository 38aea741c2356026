"""Forms of phase 8."""

from django import forms


class SuspendForm(forms.Form):
    """Why the live release is taken off."""

    reason = forms.CharField(
        label="Why is it taken off?",
        min_length=10,
        max_length=280,
        help_text="At least 10 characters; it stays in the live history.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
