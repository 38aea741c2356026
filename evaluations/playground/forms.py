"""The form of a trial: names that people tick, a cap, and values that they type."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms

from evaluations.playground.plan import Selection
from portal.shell.forms import set_unit

_MOST_TICKED = 300
TYPED = "typed-"


class Ticked(forms.MultipleChoiceField):
    """Any names; whether each can be chosen is said by the service, with the reason."""

    def valid_value(self, value: Any) -> bool:
        """Take it: the list on the page may be narrower than what there is."""
        return True

    def validate(self, value: Any) -> None:
        """Refuse only what no page can send."""
        super().validate(value)
        if len(value) > _MOST_TICKED:
            raise forms.ValidationError(f"At most {_MOST_TICKED} can be ticked.", code="too_many")


class TrialForm(forms.Form):
    """What to try, for how much money."""

    models = Ticked(label="Models", required=False)
    prompts = Ticked(label="Prompts", required=False)
    dataset = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    examples = Ticked(label="Examples", required=False)
    cap = forms.DecimalField(
        label="Spend at most",
        max_digits=9,
        decimal_places=4,
        min_value=Decimal("0.0001"),
        help_text="Reserved before each call; the trial stops before it would go over.",
    )

    def __init__(
        self,
        names: Sequence[str],
        currency: str,
        data: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(data, **more)
        self.names = list(names)
        set_unit(self.fields["cap"], currency)
        for name in names:
            self.fields[f"{TYPED}{name}"] = forms.CharField(
                label=name,
                required=False,
                strip=False,
                max_length=60_000,
                widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
            )

    @property
    def typed_fields(self) -> list[forms.BoundField]:
        """The fields for typed values, in the order of the prompt's variables."""
        return [self[f"{TYPED}{name}"] for name in self.names]

    @property
    def has_typed(self) -> bool:
        """Whether any value is typed."""
        return any(str(field.value() or "").strip() or field.errors for field in self.typed_fields)

    def ticked(self) -> dict[str, set[str]]:
        """Return what is ticked in each list, as the page shows it."""
        return {
            name: {str(one) for one in self[name].value() or ()}
            for name in ("models", "prompts", "examples")
        }

    def selection(self) -> Selection:
        """Return what a valid form chose. Typed values count when at least one is not blank."""
        data = self.cleaned_data
        typed = {name: data[f"{TYPED}{name}"] for name in self.names}
        given = {name: value for name, value in typed.items() if value.strip()}
        return Selection(
            models=tuple(data["models"]),
            prompts=tuple(data["prompts"]),
            dataset=data["dataset"] if data["examples"] else "",
            examples=tuple(data["examples"]),
            typed=(given,) if given else (),
        )


def initial_of(selection: Selection, cap: Decimal) -> dict[str, Any]:
    """Return the form's start values for what is proposed or was chosen before."""
    typed = selection.typed[0] if selection.typed else {}
    return {
        "models": list(selection.models),
        "prompts": list(selection.prompts),
        "dataset": selection.dataset,
        "examples": list(selection.examples),
        "cap": cap.normalize() if cap == cap.to_integral() else cap,
        **{f"{TYPED}{name}": value for name, value in typed.items()},
    }
