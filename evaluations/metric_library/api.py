"""Metrics over the API: what there is, and declaring one."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import CharField, DictField, IntegerField, JSONField, ListField

from evaluations.metric_library import selectors, services
from evaluations.metrics import registry
from evaluations.metrics.declared import Declaration
from evaluations.metrics.types import ArgumentError, Metric, UnknownMetric
from portal.accounts.http import signed_in
from portal.common.api import Endpoint, body_of, described, shape
from portal.common.errors import Invalid

_LINE = {
    "name": CharField(),
    "version": IntegerField(),
    "label": CharField(),
    "definition": CharField(),
    "family": CharField(),
    "scale": CharField(),
    "unit": CharField(),
    "direction": CharField(),
    "origin": CharField(),
    "digest": CharField(),
}
_METRIC = shape(
    "Metric",
    {
        **_LINE,
        "versions": ListField(child=IntegerField()),
        "formula": CharField(),
        "source": CharField(),
        "blind_spots": ListField(child=CharField()),
        "agrees_with": CharField(),
        "arguments": DictField(),
    },
)
_BODY = {
    "label": CharField(),
    "description": CharField(required=False, allow_blank=True),
    "definition": JSONField(),
}


def _line(metric: Metric) -> dict[str, Any]:
    return {
        "name": metric.name,
        "version": metric.version,
        "label": metric.label,
        "definition": metric.definition,
        "family": metric.about.family.value,
        "scale": metric.scale.value,
        "unit": metric.unit,
        "direction": metric.direction,
        "origin": metric.origin or "assay",
        "digest": metric.digest,
    }


def _whole(metric: Metric) -> dict[str, Any]:
    return _line(metric) | {
        "versions": registry.versions_of(metric.name),
        "formula": metric.about.formula,
        "source": metric.source,
        "blind_spots": list(metric.about.blind_spots),
        "agrees_with": metric.about.agrees_with,
        "arguments": dict(metric.arguments),
    }


def _declaration(raw: Any) -> Declaration:
    if not isinstance(raw, Mapping):
        raise Invalid.field("definition", "invalid", "A definition is an object.")
    try:
        return Declaration.from_json(raw)
    except ArgumentError as problem:
        words = f"{problem.field}: {problem.message}."
        raise Invalid.field("definition", "invalid", words) from problem


def _text(body: Mapping[str, Any], name: str) -> str:
    """Return a text of the body, "" when it is not there. Raises Invalid (invalid)."""
    value = body.get(name, "")
    if not isinstance(value, str):
        raise Invalid.field(name, "invalid", "Write a text.")
    return value


class Metrics(Endpoint):
    """Every metric that is offered."""

    @described(gives=shape("Metrics", {"results": shape("MetricLine", _LINE, many=True)}))
    def get(self, request: Request) -> Response:
        """List the metrics in their newest version, by name."""
        signed_in(request)
        return Response({"results": [_line(one) for one in registry.all_metrics()]})

    @described(
        gives=_METRIC, takes=shape("MetricDeclaration", {"name": CharField(), **_BODY}), status=201
    )
    def post(self, request: Request) -> Response:
        """Declare a metric without code.

        The definition has kind (json or regex), comparator, value, path, ignore_case and
        allow_fenced, as docs/metrics.md says. Platform admins only.
        """
        body = body_of(request)
        made = services.declare_metric(
            actor=signed_in(request),
            name=_text(body, "name"),
            label=_text(body, "label"),
            description=_text(body, "description"),
            declaration=_declaration(body.get("definition")),
        )
        return Response(_whole(registry.get(made.name, made.version)), status=201)


class MetricDetail(Endpoint):
    """One metric."""

    @described(gives=_METRIC)
    def get(self, request: Request, name: str) -> Response:
        """Show a metric in its newest version, with its arguments as JSON Schema."""
        signed_in(request)
        try:
            return Response(_whole(registry.get(name)))
        except UnknownMetric as problem:
            raise Http404 from problem


class MetricVersions(Endpoint):
    """The versions of a declared metric."""

    @described(gives=_METRIC, takes=shape("MetricVersion", _BODY), status=201)
    def post(self, request: Request, name: str) -> Response:
        """Declare the next version of a declared metric."""
        if not selectors.versions_named(name):
            raise Http404
        body = body_of(request)
        made = services.declare_version(
            actor=signed_in(request),
            name=name,
            label=_text(body, "label"),
            description=_text(body, "description"),
            declaration=_declaration(body.get("definition")),
        )
        return Response(_whole(registry.get(made.name, made.version)), status=201)


api_urlpatterns = [
    path("metrics", Metrics.as_view()),
    path("metrics/<slug:name>", MetricDetail.as_view()),
    path("metrics/<slug:name>/versions", MetricVersions.as_view()),
]
