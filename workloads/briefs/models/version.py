"""The brief as it was submitted, once per submission."""

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models

from portal.common.models import Record
from workloads.briefs.models.brief import Brief


class BriefVersion(Record):
    """The brief as it was submitted. Never changes."""

    brief = models.ForeignKey(Brief, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    digest = models.CharField(max_length=71)
    tier = models.PositiveSmallIntegerField()
    assessment = models.JSONField()
    authors = ArrayField(models.UUIDField(), default=list, blank=True)

    class Meta:
        ordering = ("-number",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("brief", "number"), name="brief_version_unique"),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="immutable", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.brief}, version {self.number}"
