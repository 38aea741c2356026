"""Abstract bases of stored records, answers that the API keeps, ticks of the scheduler."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models


class Record(models.Model):
    """A row with a UUID, and when and by whom it was made and last changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        abstract = True


class KeptAnswer(models.Model):
    """What a call with an `Idempotency-Key` was answered, by person and key.

    ``asked`` is SHA-256 over the call; ``user_id`` is no foreign key, since accounts stand above.
    """

    id = models.BigAutoField(primary_key=True)
    user_id = models.UUIDField()
    key = models.CharField(max_length=80)
    asked = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.TextField()
    headers = models.JSONField(default=dict)
    kept_until = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("user_id", "key"), name="one_answer_per_key"),
        ]


class Tick(models.Model):
    """A job that a scheduler sent. ``slot`` counts the job's intervals since 1970."""

    id = models.BigAutoField(primary_key=True)
    job = models.CharField(max_length=120)
    slot = models.BigIntegerField()
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("job", "slot"), name="one_tick_per_job_and_slot"),
        ]

    def __str__(self) -> str:
        return f"{self.job} at {self.at}"
