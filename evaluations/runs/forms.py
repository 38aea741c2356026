"""Forms of the run pages."""

from django import forms


class CapForm(forms.Form):
    """A higher cap for a run."""

    cap = forms.DecimalField(
        label="New cap",
        max_digits=12,
        decimal_places=6,
        help_text="The most that the whole run may spend",
        error_messages={"invalid": "Enter an amount, for example 12.50."},
    )
