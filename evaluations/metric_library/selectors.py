"""Declared metrics as rows, and as metrics for the registry."""

from collections.abc import Sequence

import structlog
from django.db.models import OuterRef, Subquery

from evaluations.metric_library.models import DeclaredMetric, RetiredMetric
from evaluations.metrics.declared import Declaration, metric_of
from evaluations.metrics.types import ArgumentError, Metric
from portal.common.readonce import read_once
from workloads.lifecycle.measures import Measure

log = structlog.get_logger(__name__)


def versions_named(name: str) -> list[DeclaredMetric]:
    """Return every version of a declared metric, newest first, with who declared it."""
    return list(
        DeclaredMetric.objects.filter(name=name).select_related("created_by").order_by("-version")
    )


def retirement_of(name: str) -> RetiredMetric | None:
    """Return why a declared metric is no longer offered, or None."""
    return RetiredMetric.objects.filter(name=name).select_related("created_by").first()


def retired_names() -> frozenset[str]:
    """Return the declared metrics that are no longer offered."""
    return frozenset(RetiredMetric.objects.values_list("name", flat=True))


def newest_rows(*, offered: bool = True) -> list[DeclaredMetric]:
    """Return the newest version of each declared metric, by name; only those still ``offered``."""
    same = DeclaredMetric.objects.filter(name=OuterRef("name")).order_by("-version")
    rows = DeclaredMetric.objects.filter(version=Subquery(same.values("version")[:1]))
    if offered:
        rows = rows.exclude(name__in=RetiredMetric.objects.values("name"))
    return list(rows.order_by("name"))


def metric_from(row: DeclaredMetric) -> Metric | None:
    """Return the metric of a row; None, and a line in the log, when it cannot be used any more."""
    try:
        declaration = Declaration.from_json(row.definition)
        return metric_of(row.name, row.version, row.label, row.description, declaration)
    except ArgumentError as problem:
        # A later release may read less; the row stays and says so instead of stopping a page.
        log.warning(
            "declared_metric_unusable", name=row.name, version=row.version, why=str(problem)
        )
        return None


@read_once
def declared_measures() -> list[Measure]:
    """Return what a KPI may name of the declared metrics; read once in a request."""
    return [
        Measure(one.name, one.label, one.unit, one.scale.value, one.direction, one.definition)
        for one in DeclaredMetrics().newest()
    ]


class DeclaredMetrics:
    """What `evaluations.metrics.registry` asks for names that begin with ``own_``.

    Rows are asked each time: a metric declared in one process is there in all of them at once.
    """

    def find(self, name: str, version: int | None) -> Metric | None:
        """Return the metric in that version, the newest when None."""
        rows = DeclaredMetric.objects.filter(name=name).order_by("-version")
        row = (rows if version is None else rows.filter(version=version)).first()
        return metric_from(row) if row is not None else None

    def newest(self) -> Sequence[Metric]:
        """Return the newest version of each that is still offered."""
        return [one for row in newest_rows() if (one := metric_from(row)) is not None]

    def versions(self, name: str) -> Sequence[int]:
        """Return the versions of a name, oldest first."""
        found = DeclaredMetric.objects.filter(name=name).order_by("version")
        return list(found.values_list("version", flat=True))
