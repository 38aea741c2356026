"""The brief of a cycle as a draft that saves loosely, and its KPIs."""

import uuid
from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from catalog.enums import Currency, DataClass
from catalog.matching import Requirements
from portal.common import clock
from portal.common.canonical import digest, jsonable
from portal.common.models import Record
from workloads.briefs import enums
from workloads.briefs.questions import MATERIAL, QUESTIONS
from workloads.lifecycle.measures import measure
from workloads.lifecycle.models import Cycle


def _english() -> list[str]:
    return ["en"]


def _eu() -> list[str]:
    return ["eu"]


def _text() -> "models.TextField[str, str]":
    return models.TextField(blank=True, default="")


def _choice(choices: type[models.TextChoices], default: str = "") -> "models.CharField[str, str]":
    return models.CharField(max_length=24, choices=choices.choices, blank=True, default=default)


def _words(default: Any = list) -> "ArrayField[list[str], list[str]]":
    return ArrayField(models.CharField(max_length=24), default=default, blank=True)


def _money() -> "models.DecimalField[Decimal | None, Decimal | None]":
    return models.DecimalField(max_digits=13, decimal_places=6, null=True, blank=True)


def _count() -> "models.PositiveIntegerField[int | None, int | None]":
    return models.PositiveIntegerField(null=True, blank=True)


class Brief(Record):
    """What the workload is for and within which limits, as a draft that saves loosely.

    Every answer may be empty. What was typed but is no answer is kept in ``unparsed`` by field,
    so that nothing is lost and nothing wrong is stored as if it were right.
    """

    cycle = models.OneToOneField(Cycle, on_delete=models.PROTECT, related_name="brief")
    business_problem = _text()
    intended_outcome = _text()
    users = _text()
    non_ai_alternative = _text()
    out_of_scope_uses = _text()
    foreseeable_misuse = _text()
    workload_type = _choice(enums.WorkloadType)
    workload_type_other = _text()
    output_use = _choice(enums.OutputUse, enums.OutputUse.PERSON)
    languages = _words(_english)
    min_context_tokens = _count()
    needs = _words()
    tools = models.JSONField(default=list, blank=True)
    latency_p95_ms = _count()
    latency_p50_ms = _count()
    requests_per_day = _count()
    peak_rps = models.DecimalField(max_digits=9, decimal_places=3, null=True, blank=True)
    budget_per_month = _money()
    max_cost_per_request = _money()
    availability_pct = models.DecimalField(max_digits=6, decimal_places=3, null=True, blank=True)
    currency = _choice(Currency, Currency.USD)
    data_class = _choice(DataClass)
    data_categories = _words()
    residency = _words(_eu)
    retention_days = models.PositiveIntegerField(null=True, blank=True, default=30)
    lawful_basis = _choice(enums.LawfulBasis)
    dpia_url = models.CharField(max_length=500, blank=True, default="")
    audience = _choice(enums.Audience)
    autonomy = _choice(enums.Autonomy)
    decision_impact = _choice(enums.DecisionImpact)
    human_oversight = _text()
    fallback = _text()
    eu_nexus = _choice(enums.YesNo, enums.YesNo.YES)
    eu_class = _choice(enums.EuClass)
    eu_rationale = _text()
    regimes = _words()
    compliance_notes = _text()

    # What it was begun from: "template:rag", "workload:WL-0007", or nothing.
    started_from = models.CharField(max_length=80, blank=True, default="")
    unparsed = models.JSONField(default=dict, blank=True)
    row_version = models.PositiveIntegerField(default=0)
    # {field: [row version, user id, page token, time]} of its last change: who to ask when two
    # people changed the same answer.
    touched = models.JSONField(default=dict, blank=True)
    # Everybody who changed a material answer in this cycle; they cannot vote on it.
    editors = ArrayField(models.UUIDField(), default=list, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(budget_per_month=None) | models.Q(budget_per_month__gte=0),
                name="brief_budget_not_negative",
            ),
            models.CheckConstraint(
                condition=models.Q(max_cost_per_request=None)
                | models.Q(max_cost_per_request__gte=0),
                name="brief_request_cost_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"Brief of {self.cycle}"

    def answers(self) -> dict[str, Any]:
        """Return every answer by the name of its question, typed as stored."""
        return {question.name: getattr(self, question.name) for question in QUESTIONS}

    def kpi_rows(self) -> list["Kpi"]:
        """Return the KPIs in their order; a brief that was never saved has none."""
        return list(self.kpis.all()) if not self._state.adding else []

    def material(self) -> dict[str, Any]:
        """Return the material fields as JSON data: what a digest of this brief covers."""
        return {
            "answers": jsonable({one.name: getattr(self, one.name) for one in MATERIAL}),
            "kpis": [kpi.material() for kpi in self.kpi_rows()],
        }

    def digest(self) -> str:
        """Return the SHA-256 of the material fields as they are now."""
        return digest(self.material())

    def requirements(self) -> Requirements:
        """Return what this brief asks of a model, with token sizes estimated by kind of work."""
        tokens_in, tokens_out = enums.TOKENS_PER_REQUEST.get(
            self.workload_type, enums.TOKENS_PER_REQUEST[enums.WorkloadType.OTHER]
        )
        workload = self.cycle.workload
        return Requirements(
            on=clock.now().date(),
            data_class=self.data_class,
            residency=tuple(self.residency),
            capabilities=tuple(self.needs),
            min_context_tokens=self.min_context_tokens,
            latency_p95_ms=self.latency_p95_ms,
            max_cost_per_request=self.max_cost_per_request,
            budget_per_month=self.budget_per_month,
            requests_per_day=self.requests_per_day,
            currency=self.currency,
            tokens_in=tokens_in,
            tokens_out=tokens_out,
            tier=workload.tier,
            business_unit=workload.business_unit,
            retention_days=self.retention_days,
        )


class Kpi(models.Model):
    """One figure that says whether the workload does what it is for."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    brief = models.ForeignKey(Brief, on_delete=models.CASCADE, related_name="kpis")
    position = models.PositiveIntegerField(default=0)
    name = models.CharField(max_length=120, blank=True, default="")
    definition = models.TextField(blank=True, default="")
    unit = models.CharField(max_length=24, blank=True, default="")
    direction = _choice(enums.Direction, enums.Direction.UP)
    baseline = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    target = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    floor = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    source = _choice(enums.KpiSource, enums.KpiSource.EVALUATION)
    # The name of a measure in workloads.lifecycle.measures.
    measured_by = models.CharField(max_length=80, blank=True, default="")
    before_launch = models.BooleanField(default=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    unparsed = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ("position", "id")

    def __str__(self) -> str:
        return self.name or "unnamed KPI"

    def material(self) -> dict[str, Any]:
        """Return the material fields as JSON data; the name may change without a new approval."""
        names = (
            "definition", "unit", "direction", "baseline", "target", "floor", "source",
            "measured_by", "before_launch",
        )  # fmt: skip
        return {name: jsonable(getattr(self, name)) for name in names}

    def as_measured(self, figure: Decimal) -> Decimal:
        """Return ``figure`` in the unit of the measure: 96 of "%" is 0.96 of a rate."""
        found = measure(self.measured_by)
        if self.unit == "%" and found is not None and found.scale in ("binary", "graded"):
            return figure / 100
        return figure
