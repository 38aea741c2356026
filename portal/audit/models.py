"""The audit chain: rows that are only ever added, each bound to the one before."""

from typing import ClassVar

import pgtrigger
from django.db import models

GENESIS = "sha256:" + "0" * 64


class AuditEvent(models.Model):
    """One thing that somebody did.

    The actor is kept by id and by name as it was, without a foreign key: removing a person
    must never remove or break what they did.
    """

    seq = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor_id = models.UUIDField(null=True, blank=True)
    actor_label = models.CharField(max_length=160)
    action = models.CharField(max_length=80)
    subject_kind = models.CharField(max_length=40)
    subject_ref = models.CharField(max_length=120)
    workload_ref = models.CharField(max_length=20, blank=True)
    detail = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=71)
    hash = models.CharField(max_length=71, unique=True)

    class Meta:
        ordering = ("-seq",)
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=("workload_ref", "-seq"), name="audit_by_workload"),
            models.Index(fields=("subject_kind", "subject_ref", "-seq"), name="audit_by_subject"),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="never_emptied",
                operation=pgtrigger.Truncate,
                when=pgtrigger.Before,
                level=pgtrigger.Statement,
                func="RAISE EXCEPTION 'pgtrigger: Cannot empty the audit chain';",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.action} {self.subject_ref}"


class AuditHead(models.Model):
    """The one row that says where the chain ends; locked while an event is added."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=71, default=GENESIS)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=models.Q(id=1), name="one_audit_head")
        ]

    def __str__(self) -> str:
        return f"head {self.seq}"
