"""Forms of phase 8."""

from django import forms


class SuspendForm(forms.Form):
    """Why the live release is taken off."""

    reason = forms.CharField(
        label="Why is it taken off?",
        min_length=10,
        max_length=280,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
