"""Trials are kept for some days and then deleted, with every answer in them."""

from django.db import transaction

from evaluations.playground.enums import ACTIVE
from evaluations.playground.limits import limits
from evaluations.playground.models import Trial
from portal.audit import services as audit
from portal.common.clock import now
from workloads.lifecycle.models import Workload


def forget_trials() -> int:
    """Delete the trials that ended longer ago than the policy keeps them. Returns how many.

    Each workload is its own transaction with its own audit event; harmless to run twice.
    """
    kept = limits().kept
    old = Trial.objects.filter(finished_at__lt=now() - kept).exclude(state__in=ACTIVE)
    gone = 0
    for workload in Workload.objects.filter(pk__in=old.values("workload")).order_by("pk"):
        with transaction.atomic():
            mine = old.filter(workload=workload)
            count = mine.count()
            if not count:
                continue
            mine.delete()
            audit.record(
                actor=None,
                action="trials.forgotten",
                kind="workload",
                ref=workload.ref,
                workload=workload.ref,
                detail={"count": count, "older_than_days": kept.days},
            )
        gone += count
    return gone
