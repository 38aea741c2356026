"""What the catalog's API takes and gives, field by field."""

from collections.abc import Mapping
from typing import Any

from rest_framework.serializers import (
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    DictField,
    FloatField,
    IntegerField,
    JSONField,
    ListField,
    UUIDField,
)

from catalog.enums import (
    Answered,
    Capability,
    Currency,
    DataClass,
    EntryStatus,
    Hosting,
    Modality,
    PreviewState,
    PriceOrigin,
    ProbeState,
    Source,
    SyncState,
    TrainsOnData,
)
from portal.common.api import shape
from portal.common.choices import ToneChoices


def _word(words: type[ToneChoices], *, may_be_unknown: bool = False) -> CharField:
    named = ", ".join(words.values)
    if may_be_unknown:
        return CharField(help_text=f"{named}; empty when not known.", allow_blank=True)
    return CharField(help_text=f"{named}.")


def _text(help_text: str = "") -> CharField:
    return CharField(allow_blank=True, help_text=help_text)


def _words(help_text: str = "") -> ListField:
    return ListField(child=CharField(), help_text=help_text)


def _count() -> IntegerField:
    return IntegerField(allow_null=True)


def _amounts(help_text: str) -> DictField:
    return DictField(child=CharField(), help_text=help_text)


def _moment() -> DateTimeField:
    return DateTimeField(allow_null=True)


_PRICE = {
    "valid_from": DateTimeField(),
    "in": CharField(help_text="Per million tokens that are read: exact, as text."),
    "cached": CharField(allow_null=True, help_text="Per million tokens that were cached."),
    "out": CharField(help_text="Per million tokens that are written."),
    "per": IntegerField(help_text="How many tokens the amounts are for: 1000000."),
    "currency": CharField(),
    "origin": _word(PriceOrigin),
    "source": CharField(),
}
_ENTRY: Mapping[str, Any] = {
    "id": UUIDField(),
    "gateway_alias": CharField(),
    "provider": _text(),
    "model": _text(),
    "snapshot": _text("What is pinned; empty when nothing is."),
    "summary": _text(),
    "capabilities": _words(", ".join(Capability.values)),
    "modalities": _words(", ".join(Modality.values)),
    "context_window": _count(),
    "max_output_tokens": _count(),
    "hosting": _word(Hosting, may_be_unknown=True),
    "regions": _words(),
    "max_data_class": _word(DataClass, may_be_unknown=True),
    "trains_on_data": _word(TrainsOnData, may_be_unknown=True),
    "provider_retention_days": _count(),
    "open_weights": BooleanField(allow_null=True),
    "licence": _text(),
    "card_url": _text(),
    "known_issues": _text(),
    "simulated": BooleanField(),
    "status": CharField(
        help_text=f"{', '.join(one for one in EntryStatus.values if one != 'deprecated')}."
        " A deprecated model is still the approved one; deprecation_date says until when."
    ),
    "status_reason": _text(),
    "restricted_to": shape(
        "CatalogRestriction",
        {"units": _words(), "tiers": ListField(child=IntegerField())},
    ),
    "approval_expires": DateField(allow_null=True),
    "deprecation_date": DateField(allow_null=True),
    "retirement_date": DateField(allow_null=True),
    "latency_p50_ms": _count(),
    "latency_p95_ms": _count(),
    "tokens_per_second": FloatField(allow_null=True),
    "measured_at": _moment(),
    "drift_answered": _text("What the alias answers as, when that is not the pinned snapshot."),
    "drifted_since": _moment(),
    "missing_since": _moment(),
    "digest": CharField(help_text="Over the facts that somebody relies on who pins this model."),
    "price": shape("CatalogPrice", _PRICE, allow_null=True),
}
_MEASUREMENT = {
    "alias": CharField(),
    "at": DateTimeField(),
    "n": IntegerField(help_text="How many calls were answered."),
    "calls": IntegerField(),
    "latency_p50_ms": _count(),
    "latency_p95_ms": _count(),
    "tokens_per_second": FloatField(allow_null=True),
    "pinned": _text(),
    "answered_as": _words(),
    "standing": _word(Answered),
    "cost": CharField(),
    "currency": CharField(),
    "problem": _text(),
}
_DECISION = {
    "at": DateTimeField(),
    "before": _word(EntryStatus),
    "after": _word(EntryStatus),
    "reason": CharField(),
    "decided_by": CharField(allow_null=True, help_text="null is the portal itself."),
    "approval_expires": DateField(allow_null=True),
    "digest": CharField(help_text="Of the card when it was decided."),
}
ENTRIES = shape(
    "CatalogEntries",
    {"results": shape("CatalogEntry", _ENTRY, many=True), "next_cursor": _text()},
)
ENTRY = shape("CatalogEntry", _ENTRY)
CARD = shape(
    "CatalogCard",
    {
        **_ENTRY,
        "prices": shape("CatalogPrice", _PRICE, many=True),
        "decisions": shape("CatalogDecision", _DECISION, many=True),
        "measurements": shape("CatalogMeasurement", _MEASUREMENT, many=True),
        "reports": ListField(child=UUIDField(), help_text="The readings that touched it."),
    },
)


def _may(field: type[Any], **options: Any) -> Any:
    """Return a field that need not be sent."""
    return field(required=False, **options)


_FACTS: Mapping[str, Any] = {
    "provider": _may(CharField),
    "model": _may(CharField),
    "snapshot": _may(CharField, help_text="A dated name that never moves; not latest."),
    "summary": _may(CharField),
    "context_window": _may(IntegerField),
    "max_output_tokens": _may(IntegerField),
    "capabilities": _may(
        ListField, child=CharField(), help_text=f"{', '.join(Capability.values)}."
    ),
    "modalities": _may(ListField, child=CharField(), help_text=f"{', '.join(Modality.values)}."),
    "open_weights": _may(BooleanField),
    "licence": _may(CharField),
    "hosting": _may(CharField, help_text=f"{', '.join(Hosting.values)}."),
    "regions": _may(ListField, child=CharField(), help_text="Such as eu or eu-central-1."),
    "max_data_class": _may(CharField, help_text=f"{', '.join(DataClass.values)}."),
    "trains_on_data": _may(CharField, help_text=f"{', '.join(TrainsOnData.values)}."),
    "provider_retention_days": _may(IntegerField, help_text="0 means: not kept."),
    "card_url": _may(CharField),
    "known_issues": _may(CharField),
    "deprecation_date": _may(DateField, help_text="When it ends at the provider."),
    "fine_tuned_from": _may(CharField, help_text="The alias of the model it was tuned from."),
}
FACTS = shape("CatalogFacts", _FACTS)
PROPOSAL = shape("CatalogProposal", {"gateway_alias": CharField(), **_FACTS})
APPROVAL = shape(
    "CatalogApproval",
    {
        "digest": CharField(help_text="Of the card that was read."),
        "expires": DateField(help_text="Approved until this day, within a year."),
        "reason": CharField(),
        "units": _may(
            ListField, child=CharField(), help_text="Only for these business units; none: all."
        ),
        "tiers": _may(ListField, child=IntegerField(), help_text="Only for these; none: all."),
    },
)
STATUS = shape(
    "CatalogStatus",
    {
        "status": CharField(
            help_text=f"{EntryStatus.DEPRECATED}, {EntryStatus.RETIRED}, {EntryStatus.BLOCKED}."
        ),
        "reason": CharField(),
        "retirement_date": _may(
            DateField, allow_null=True, help_text="Until when a deprecated model may be used."
        ),
        "replacement": _may(CharField, help_text="The alias of the model to use instead."),
    },
)
NEW_PRICE = shape(
    "CatalogNewPrice",
    {
        "price_in": CharField(help_text="Per million tokens that are read: exact, as text."),
        "price_out": CharField(help_text="Per million tokens that are written."),
        "price_cached": _may(CharField, allow_null=True, help_text="Per million cached tokens."),
        "currency": _may(CharField, help_text=f"{', '.join(Currency.values)}; USD unless sent."),
        "source": _may(CharField, help_text="Where the price stands."),
    },
)

_TOLD_PRICE = {
    "in": CharField(),
    "cached": CharField(allow_null=True),
    "out": CharField(),
    "currency": CharField(),
}
_PROBLEM = {"alias": CharField(), "field": _text(), "message": CharField()}
_PROBLEMS = {"help_text": "What was no sound value and is skipped."}
_FACT = {
    "alias": CharField(),
    "field": CharField(),
    "before": JSONField(allow_null=True),
    "after": JSONField(allow_null=True),
}
_DIFFERENCE = {
    "alias": CharField(),
    "field": CharField(),
    "catalog": JSONField(allow_null=True, help_text="What stays."),
    "gateway": JSONField(allow_null=True, help_text="What the source says."),
    "why": CharField(help_text="Why that stays."),
}
_READING = {
    "alias": CharField(),
    "facts": DictField(child=JSONField(allow_null=True)),
    "price": shape("CatalogToldPrice", _TOLD_PRICE, allow_null=True),
    "problems": shape("CatalogProblem", _PROBLEM, many=True),
    "is_chat": BooleanField(),
    "via": _text("Under which name a price map knows it, when that is another one."),
}
_PRICE_CHANGE = {
    "alias": CharField(),
    "before": shape("CatalogToldPrice", _TOLD_PRICE, allow_null=True),
    "after": shape("CatalogToldPrice", _TOLD_PRICE),
    "currency": CharField(),
    "origin": _text("Whose price it takes the place of."),
}
_PLAN = {
    "new": shape("CatalogReading", _READING, many=True),
    "facts": shape("CatalogFactChange", _FACT, many=True),
    "prices": shape("CatalogPriceChange", _PRICE_CHANGE, many=True),
    "differences": shape("CatalogDifference", _DIFFERENCE, many=True),
    "problems": shape("CatalogProblem", _PROBLEM, many=True, **_PROBLEMS),
    "missing": _words("Aliases that the gateway lists no longer."),
    "newly_missing": _words("Those of them that it still listed last time."),
    "snapshots": DictField(
        child=CharField(allow_blank=True),
        help_text="By alias the snapshot that the gateway now lists instead of the pinned one;"
        " empty when it lists the pinned one again.",
    ),
    "via": DictField(child=CharField(), help_text="Under which name the source knows an alias."),
    "others": IntegerField(help_text="How many models of the file may be proposed besides."),
}
PREVIEW = shape(
    "CatalogPreview",
    {
        "id": UUIDField(),
        "state": _word(PreviewState),
        "origin": _word(Source),
        "filename": _text(),
        "file_digest": _text(),
        "digest": CharField(help_text="Send it to apply exactly this."),
        "read": IntegerField(help_text="How many models the source lists."),
        "report": UUIDField(allow_null=True, help_text="What was done, once it is applied."),
        "plan": shape("CatalogPlan", _PLAN),
    },
)
APPLY = shape(
    "CatalogApply",
    {
        "digest": CharField(),
        "leave_out": shape(
            "CatalogLeftOut",
            {"alias": CharField(), "field": CharField()},
            many=True,
            required=False,
            help_text="Changes of a price map that are not wanted.",
        ),
        "propose": ListField(
            child=CharField(),
            required=False,
            help_text='Names of the file to add as proposed models; "*" for all.',
        ),
    },
)
# The file itself: thousands of models with some of these keys, and others that nobody reads here.
PRICE_MAP = {
    "application/json": {
        "type": "object",
        "description": "LiteLLM's model_prices_and_context_window.json, or a part of it.",
        "additionalProperties": {
            "type": "object",
            "properties": {
                "litellm_provider": {"type": "string"},
                "mode": {"type": "string"},
                "input_cost_per_token": {"type": "number"},
                "output_cost_per_token": {"type": "number"},
                "max_input_tokens": {"type": "integer"},
                "max_output_tokens": {"type": "integer"},
            },
        },
    }
}
_REPORT_LINE = {
    "id": UUIDField(),
    "at": DateTimeField(),
    "state": _word(SyncState),
    "origin": _word(Source),
    "read": IntegerField(help_text="How many models the source listed."),
    "message": _text("Why it failed."),
}
REPORTS = shape(
    "CatalogReports",
    {"results": shape("CatalogReportLine", _REPORT_LINE, many=True), "next_cursor": _text()},
)
REPORT = shape(
    "CatalogReport",
    {
        **_REPORT_LINE,
        "filename": _text(),
        "file_digest": _text(),
        "preview_digest": _text("Of the preview that was applied; empty for the daily round."),
        "added": _words("Aliases."),
        "missing": _words("Aliases."),
        "prices": shape("CatalogPriceChange", _PRICE_CHANGE, many=True),
        "updated": shape("CatalogFactChange", _FACT, many=True),
        "differences": shape("CatalogDifference", _DIFFERENCE, many=True),
        "problems": shape("CatalogProblem", _PROBLEM, many=True, **_PROBLEMS),
    },
)

_PLANNED = {
    "entry": UUIDField(),
    "alias": CharField(),
    "worst_case": CharField(),
    "currency": CharField(),
}
_SKIPPED = {"alias": CharField(), "why": CharField()}
PROBE_PLAN = shape(
    "CatalogProbePlan",
    {
        "stated": CharField(help_text="The digest of all this: send it to start it."),
        "calls_each": IntegerField(),
        "worst_case": _amounts("The most that it can cost, by currency."),
        "planned": shape("CatalogPlannedProbe", _PLANNED, many=True),
        "skipped": shape("CatalogSkippedProbe", _SKIPPED, many=True),
    },
)
PROBE_START = shape("CatalogProbeStart", {"stated": CharField()})
PROBE = shape(
    "CatalogProbe",
    {
        "id": UUIDField(),
        "state": _word(ProbeState),
        "message": _text(),
        "calls_each": IntegerField(),
        "cap": _amounts("The most that it may spend, by currency."),
        "spent": _amounts("By currency."),
        "planned": shape("CatalogPlannedProbe", _PLANNED, many=True),
        "skipped": shape("CatalogSkippedProbe", _SKIPPED, many=True),
        "measured": shape("CatalogMeasurement", _MEASUREMENT, many=True),
    },
)
