"""Forms of the catalog: filters, the card's facts, decisions, a price."""

from datetime import date, timedelta
from typing import Any

from django import forms

from catalog.enums import (
    Capability,
    Currency,
    DataClass,
    EntryStatus,
    Hosting,
    Modality,
    TrainsOnData,
)
from catalog.models import CatalogEntry
from portal.common.clock import now

_UNKNOWN = ("", "Not known")
_UNDER_THE_FOLD = {
    "licence", "open_weights", "deprecation_date", "card_url", "fine_tuned_from", "summary",
    "known_issues",
}  # fmt: skip


class FactsForm(forms.Form):
    """The card's facts as text; `typed` gives them as the service takes them."""

    use_required_attribute = False

    provider = forms.CharField(label="Who offers it?", max_length=80, required=False)
    model = forms.CharField(label="What does the provider call it?", max_length=200, required=False)
    snapshot = forms.CharField(
        label="Which dated snapshot?", max_length=120, required=False,
        help_text="A name that never moves; not “latest”.",
    )  # fmt: skip
    context_window = forms.IntegerField(label="Context window", required=False, min_value=1)
    max_output_tokens = forms.IntegerField(label="Longest answer", required=False, min_value=1)
    capabilities = forms.MultipleChoiceField(
        label="What can it do?", choices=Capability.choices, required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    modalities = forms.MultipleChoiceField(
        label="What goes in and out?", choices=Modality.choices, required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    hosting = forms.ChoiceField(
        label="Whose machines?", choices=[_UNKNOWN, *Hosting.choices], required=False
    )
    regions = forms.CharField(
        label="Where does it run?", max_length=400, required=False,
        help_text="Regions with commas, for example eu-central-1, eu.",
    )  # fmt: skip
    max_data_class = forms.ChoiceField(
        label="Most sensitive data it may see", choices=[_UNKNOWN, *DataClass.choices],
        required=False,
    )  # fmt: skip
    trains_on_data = forms.ChoiceField(
        label="Does the provider train on what it is sent?",
        choices=[_UNKNOWN, *TrainsOnData.choices], required=False,
    )  # fmt: skip
    provider_retention_days = forms.IntegerField(
        label="Days that the provider keeps data", required=False, min_value=0, max_value=36_500,
        help_text="0 means: not kept.",
    )  # fmt: skip
    open_weights = forms.TypedChoiceField(
        label="Weights", required=False, empty_value=None,
        choices=[_UNKNOWN, ("yes", "Open"), ("no", "Closed")], coerce=lambda typed: typed == "yes",
    )  # fmt: skip
    licence = forms.CharField(label="Licence", max_length=120, required=False)
    card_url = forms.CharField(
        label="Where does its model card stand?", max_length=400, required=False,
        help_text="A web address.",
    )  # fmt: skip
    deprecation_date = forms.CharField(
        label="Ends at the provider on", required=False, max_length=10,
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
    )  # fmt: skip
    fine_tuned_from = forms.CharField(
        label="Tuned from which model?", max_length=200, required=False,
        help_text="Its alias in the catalog; only for a tuned model.",
    )  # fmt: skip
    summary = forms.CharField(label="One line about it", max_length=400, required=False)
    known_issues = forms.CharField(
        label="Known issues", widget=forms.Textarea(attrs={"rows": 2}), max_length=4_000,
        required=False,
    )  # fmt: skip

    @classmethod
    def of(cls, entry: CatalogEntry) -> "FactsForm":
        """Return the form filled with an entry."""
        initial = {name: getattr(entry, name) for name in cls.base_fields}
        initial["regions"] = ", ".join(entry.regions)
        known = entry.open_weights
        initial["open_weights"] = "" if known is None else "yes" if known else "no"
        return cls(initial=initial)

    @property
    def more_is_wrong(self) -> bool:
        """Whether a field under the fold was refused, so that the fold opens."""
        return bool(set(self.errors) & _UNDER_THE_FOLD)

    def typed(self) -> dict[str, Any]:
        """Return the facts that were filled in."""
        found = {
            name: value for name, value in self.cleaned_data.items() if value not in ("", None, [])
        }
        if "regions" in found:
            found["regions"] = [one.strip() for one in found["regions"].split(",") if one.strip()]
        if self.data and "capabilities" not in found:
            found["capabilities"] = []
        return found


class ProposeForm(FactsForm):
    """A model that the gateway does not list yet."""

    field_order = ("gateway_alias",)
    gateway_alias = forms.CharField(
        label="What will the gateway call it?", max_length=200, help_text="Its alias there."
    )


def _next_year() -> date:
    return now().date() + timedelta(days=365)


class ApproveForm(forms.Form):
    """Approving a model, for everybody or for some; ``digest`` is that of the card shown."""

    use_required_attribute = False

    digest = forms.CharField(widget=forms.HiddenInput, required=False, max_length=100)
    expires = forms.DateField(
        label="Approved until",
        initial=_next_year,
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
    )
    reason = forms.CharField(
        label="Why is it fit for use?", widget=forms.Textarea(attrs={"rows": 2}), max_length=2_000
    )
    units = forms.CharField(
        label="Only for these business units", required=False, max_length=800,
        help_text="With commas; empty means all.",
    )  # fmt: skip
    tiers = forms.TypedMultipleChoiceField(
        label="Only for these tiers", required=False, coerce=int,
        choices=[(1, "Tier 1"), (2, "Tier 2"), (3, "Tier 3"), (4, "Tier 4")],
        widget=forms.CheckboxSelectMultiple, help_text="None ticked means all.",
    )  # fmt: skip


class StatusForm(forms.Form):
    """Deprecating, retiring or blocking a model."""

    use_required_attribute = False

    status = forms.ChoiceField(
        label="What is decided?",
        choices=[
            (EntryStatus.DEPRECATED, "Deprecate: no new use"),
            (EntryStatus.RETIRED, "Retire: gone"),
            (EntryStatus.BLOCKED, "Block: must not be used"),
        ],
    )
    status_reason = forms.CharField(
        label="Why?", widget=forms.Textarea(attrs={"rows": 2}), max_length=2_000
    )
    replacement = forms.CharField(
        label="Use which model instead?", max_length=200, required=False,
        help_text="Its alias in the catalog.",
    )  # fmt: skip
    retirement_date = forms.DateField(
        label="Retired on", required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
        help_text="When it is deprecated: until when it may still be used.",
    )  # fmt: skip


class PriceForm(forms.Form):
    """A price set by hand, per million tokens."""

    use_required_attribute = False

    price_in = forms.DecimalField(
        label="Tokens in", min_value=0, max_value=100_000, max_digits=12, decimal_places=6
    )
    price_out = forms.DecimalField(
        label="Tokens out", min_value=0, max_value=100_000, max_digits=12, decimal_places=6
    )
    price_cached = forms.DecimalField(
        label="Cached tokens in", required=False, min_value=0, max_value=100_000, max_digits=12,
        decimal_places=6,
    )  # fmt: skip
    currency = forms.ChoiceField(label="Currency", choices=Currency.choices)
    source = forms.CharField(label="Where does it stand?", max_length=120)


class UploadForm(forms.Form):
    """A price map to compare the catalog with."""

    use_required_attribute = False

    file = forms.FileField(
        label="Price map",
        help_text="LiteLLM's model_prices_and_context_window.json, up to 20 MB.",
        widget=forms.FileInput(attrs={"accept": ".json,application/json"}),
    )
