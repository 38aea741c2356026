"""What the bodies and answers of the brief's endpoints hold, made from its questions."""

from typing import Any

from rest_framework import serializers
from rest_framework.serializers import (
    BooleanField,
    CharField,
    ChoiceField,
    DateTimeField,
    DictField,
    IntegerField,
    JSONField,
    ListField,
)

from portal.common.api import shape
from workloads.briefs.enums import Direction, KpiSource, ToolAccess
from workloads.briefs.kpis import FIGURES
from workloads.briefs.questions import QUESTIONS, Kind, Question

# An answer as it is sent: it may be left out, and null takes it away.
_SENT = {"required": False, "allow_null": True}


def _texts(**options: Any) -> ListField:
    return ListField(child=CharField(), **options)


def _answer(question: Question, *, sent: bool) -> serializers.Field[Any, Any, Any, Any]:
    options: dict[str, Any] = {"help_text": question.label, **(_SENT if sent else {})}
    choices = question.choices.choices if question.choices is not None else []
    match question.kind:
        case Kind.CHOICE:
            return ChoiceField(choices=choices, allow_blank=True, **options)
        case Kind.CHOICES:
            return ListField(child=ChoiceField(choices=choices), **options)
        case Kind.LANGUAGES:
            return _texts(**options)
        case Kind.TOOLS:
            made: serializers.Field[Any, Any, Any, Any] = shape(
                "BriefTool",
                {
                    "name": CharField(),
                    "access": ChoiceField(choices=ToolAccess.choices),
                    "reversible": BooleanField(),
                },
                many=True,
                **options,
            )
            return made
        case Kind.WHOLE | Kind.SECONDS:
            unit = "milliseconds" if question.kind is Kind.SECONDS else question.unit
            options["help_text"] += f" In {unit}." if unit else ""
            return IntegerField(**{**options, "allow_null": True})
        case Kind.MONEY | Kind.RATE:
            options["help_text"] += " A decimal number as text."
            return CharField(**{**options, "allow_null": True})
    return CharField(**options)


def _kpi(*, sent: bool) -> dict[str, Any]:
    options: dict[str, Any] = {"required": False} if sent else {}
    figure = {**options, "allow_null": True, "help_text": "A decimal number as text."}
    return {
        "name": CharField(**options),
        "definition": CharField(**options),
        "unit": CharField(**options),
        "direction": ChoiceField(choices=Direction.choices, allow_blank=True, **options),
        **{name: CharField(**figure) for name in FIGURES},
        "source": ChoiceField(choices=KpiSource.choices, allow_blank=True, **options),
        "measured_by": CharField(
            help_text="A metric, judge:NAME of a usable judge, or empty.", **options
        ),
        "before_launch": BooleanField(**options),
    }


_FLOORS = ListField(
    child=ListField(child=JSONField()),
    help_text="What demands the tier, highest first: [field, tier, reason].",
)


def _assessment() -> dict[str, Any]:
    return {
        "tier": IntegerField(help_text="What counts."),
        "prohibited": BooleanField(),
        "floors": _FLOORS,
        "computed": IntegerField(
            required=False, help_text="What the answers demand; only when reviewers overrode it."
        ),
        "override": shape(
            "BriefTierOverridden",
            {"reason": CharField(), "people": _texts()},
            required=False,
        ),
    }


BRIEF = shape(
    "Brief",
    {
        "workload": CharField(),
        "cycle": IntegerField(),
        "row_version": IntegerField(help_text="A change sends it back as If-Match."),
        "answers": shape("BriefAnswers", {one.name: _answer(one, sent=False) for one in QUESTIONS}),
        "kpis": shape(
            "BriefKpi",
            {"id": CharField(), "owner": CharField(allow_null=True), **_kpi(sent=False)},
            many=True,
        ),
        "digest": CharField(),
        "version": IntegerField(allow_null=True, help_text="Null while it is a draft."),
        "tier": shape(
            "BriefTierSoFar",
            {**_assessment(), "missing": _texts(help_text="Answers that could still raise it.")},
        ),
    },
)
CHANGE = shape(
    "BriefChange",
    {
        **{one.name: _answer(one, sent=True) for one in QUESTIONS},
        "kpis": shape(
            "BriefKpiChange",
            {
                "id": CharField(required=False, help_text="Of a KPI that is there."),
                "owner": CharField(required=False, allow_null=True),
                **_kpi(sent=True),
                "delete": BooleanField(required=False),
            },
            many=True,
            required=False,
            help_text="When given, the whole list.",
        ),
    },
)
OVERRIDE = {
    "id": CharField(),
    "tier": IntegerField(),
    "computed": IntegerField(help_text="What the answers demanded then."),
    "state": CharField(),
    "reason": CharField(),
    "proposed_by": CharField(),
    "seconded_by": CharField(allow_null=True),
    "end_reason": CharField(),
}
TIER = shape(
    "BriefTier",
    {
        "tier": IntegerField(help_text="What counts."),
        "computed": IntegerField(help_text="What the answers demand."),
        "prohibited": BooleanField(),
        "missing": _texts(help_text="Answers that could still raise it."),
        "floors": shape(
            "BriefTierFloor",
            {"field": CharField(), "tier": IntegerField(), "reason": CharField()},
            many=True,
        ),
        "obligations": shape(
            "BriefObligation",
            {
                "article": CharField(),
                "title": CharField(),
                "asks": CharField(),
                "roles": _texts(),
                "applies_from": CharField(),
                "originally": CharField(allow_null=True),
            },
            many=True,
        ),
        "overrides": shape("BriefTierOverride", OVERRIDE, many=True),
        "note": CharField(),
    },
)

_EDITION = {
    "number": IntegerField(),
    "draft": BooleanField(help_text="Whether it is not committed yet."),
    "digest": CharField(),
    "tier": IntegerField(),
    "at": DateTimeField(),
    "by": CharField(allow_null=True),
}
EDITIONS = shape("BriefVersions", {"results": shape("BriefVersionLine", _EDITION, many=True)})
EDITION = shape(
    "BriefVersion",
    {
        **_EDITION,
        "content": shape(
            "BriefContent",
            {
                "answers": DictField(
                    child=JSONField(), help_text="By the names of the questions asked then."
                ),
                "kpis": shape(
                    "BriefContentKpi",
                    {name: one for name, one in _kpi(sent=False).items() if name != "name"},
                    many=True,
                ),
                "kpi_names": _texts(),
            },
        ),
        "assessment": shape("BriefAssessment", _assessment()),
    },
)
DIFFERENCE = shape(
    "BriefDifference",
    {
        "from": IntegerField(allow_null=True),
        "to": IntegerField(allow_null=True),
        "changes": shape(
            "BriefDifferenceChange",
            {
                "code": CharField(),
                "field": CharField(),
                "kpi": IntegerField(allow_null=True, help_text="Its place in the list, from 0."),
                "detail": CharField(),
            },
            many=True,
        ),
        "consequences": shape(
            "BriefConsequence", {"phase": CharField(), "impact": CharField()}, many=True
        ),
    },
)

REMARK = {
    "kind": CharField(),
    "text": CharField(),
    "version": IntegerField(),
    "by": CharField(),
    "at": DateTimeField(),
}
_VALUE = {
    "value": JSONField(required=False),
    "typed": CharField(required=False, help_text="In its place: text that was no answer."),
}


def _suggestion(**options: Any) -> dict[str, Any]:
    return {
        "id": IntegerField(**options),
        "field": CharField(**options),
        "kpi": CharField(allow_null=True, **options),
        "part": CharField(**options),
        "was": shape("BriefValue", _VALUE, **options),
        "proposed": shape("BriefValue", _VALUE, **options),
        "reason": CharField(**options),
        "outcome": CharField(**options),
        "decided_by": CharField(allow_null=True, **options),
        "answer": CharField(**options),
    }


SUGGESTION = shape(
    "BriefSuggestion",
    {
        **{name: field for name, field in REMARK.items() if name != "text"},
        **_suggestion(),
    },
)
THREADS = shape(
    "BriefDiscussion",
    {
        "results": shape(
            "BriefThread",
            {
                "field": CharField(),
                "open": BooleanField(),
                "lines": shape(
                    "BriefLine",
                    {
                        **REMARK,
                        "text": CharField(required=False, help_text="Not of a suggestion."),
                        **_suggestion(required=False, help_text="Only of a suggestion."),
                    },
                    many=True,
                ),
            },
            many=True,
        )
    },
)
