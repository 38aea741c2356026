"""The form of a build: a shape, its parts, what is kept, and who is told when."""

from collections.abc import Mapping
from typing import Any

from django import forms

from portal.common.policy import policy
from portal.shell.forms import set_unit
from workloads.builds.models import Architecture, Build, Logging
from workloads.builds.services import Alert
from workloads.builds.steps import INPUT_GUARDS, OUTPUT_GUARDS, POST_STEPS, PRE_STEPS, Part

DEFAULT_PARTS = (
    "normalise", "trim_input", "input_limit", "injection_screen", "secret_filter",
)  # fmt: skip


def _choices(parts: tuple[Part, ...]) -> list[tuple[str, str]]:
    return [(part.name, f"{part.label}: {part.help}") for part in parts]


class PartsField(forms.MultipleChoiceField):
    """Some of the steps or guards of one place in the pipeline."""

    def __init__(self, parts: tuple[Part, ...], label: str) -> None:
        super().__init__(
            choices=_choices(parts),
            label=label,
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )


class BuildForm(forms.Form):
    """What a build is made of, besides the locked model and the prompt."""

    architecture = forms.ChoiceField(label="Shape", choices=Architecture.choices)
    decision_record = forms.CharField(
        label="Why it is built this way",
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    pre_steps = PartsField(PRE_STEPS, "Before the model")
    input_guards = PartsField(INPUT_GUARDS, "Input guards")
    post_steps = PartsField(POST_STEPS, "After the model")
    output_guards = PartsField(OUTPUT_GUARDS, "Output guards")
    logging = forms.ChoiceField(
        label="Kept of each call",
        choices=Logging.choices,
        help_text="No more than the brief's data class allows.",
    )
    retention_days = forms.IntegerField(
        label="Kept for",
        min_value=0,
        max_value=3650,
        help_text="Then the call is deleted, its figures with it.",
    )
    error_rate = forms.FloatField(
        label="Tell when errors pass",
        min_value=0,
        max_value=100,
        help_text="Share of calls in an hour.",
    )
    latency_p95 = forms.FloatField(
        label="Tell when p95 passes", min_value=0, max_value=1e9, help_text="Over an hour."
    )
    cost_per_day = forms.FloatField(
        label="Tell when a day costs more than",
        min_value=0,
        max_value=1e9,
        help_text="All calls together.",
    )

    def __init__(self, *args: Any, currency: str = "USD", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, unit in (
            ("error_rate", "%"),
            ("latency_p95", "ms"),
            ("retention_days", "days"),
            ("cost_per_day", currency),
        ):
            set_unit(self.fields[name], unit)
        least = int(policy().number("build", "decision_record_min"))
        self.fields[
            "decision_record"
        ].help_text = (
            f"At least {least} characters: what was chosen, what was left out, what it costs."
        )

    @property
    def parts(self) -> list[str]:
        """The names of all parts that are on."""
        data = self.cleaned_data
        groups = ("pre_steps", "input_guards", "post_steps", "output_guards")
        return [name for group in groups for name in data[group]]

    def alerts(self, owner: str) -> list[Alert]:
        """The three alerts that the form sets."""
        data = self.cleaned_data
        return [
            Alert("error_rate", ">", data["error_rate"] / 100, 60, owner),
            Alert("latency_p95", ">", data["latency_p95"], 60, owner),
            Alert("cost_per_day", ">", data["cost_per_day"], 1440, owner),
        ]


def initial_for(build: Build | None, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the form's start: the last build, or sound defaults from the brief's limits."""
    parts = build.content["parts"] if build else list(DEFAULT_PARTS) + list(defaults["parts"])
    start: dict[str, Any] = {
        "architecture": Architecture.API,
        "logging": defaults["logging"],
        "retention_days": defaults["retention_days"],
        "error_rate": 2,
        "latency_p95": defaults["latency_p95"],
        "cost_per_day": defaults["cost_per_day"],
        "pre_steps": parts,
        "input_guards": parts,
        "post_steps": parts,
        "output_guards": parts,
    }
    if build:
        start |= {
            name: build.content[name]
            for name in ("architecture", "decision_record", "logging", "retention_days")
        }
        for alert in build.content["alerts"]:
            scale = 100 if alert["metric"] == "error_rate" else 1
            start[alert["metric"]] = alert["threshold"] * scale
    return start


class TokenForm(forms.Form):
    """The name that a new token is known by."""

    name = forms.CharField(
        label="Name of the caller",
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class SwitchForm(forms.Form):
    """Why calls are stopped or allowed again."""

    reason = forms.CharField(
        label="Why?",
        min_length=5,
        max_length=280,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
