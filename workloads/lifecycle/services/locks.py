"""The row locks of the lifecycle, in their one order: workload > cycle > review.

FOR NO KEY UPDATE, not FOR UPDATE: we never change a key, and inserting a row with a foreign key
to a workload takes KEY SHARE on it, which only FOR UPDATE would block. A slice that has added its
audit event (and so holds the chain's head) can then still insert, and no two transactions wait
for each other.
"""

from uuid import UUID

from django.db import connection

from workloads.lifecycle.models import Cycle, Review, Workload

_NUMBERING_LOCK = 0x61737379_0001


def locked_workload(workload_id: UUID) -> Workload:
    """Return the workload, locked until the transaction ends. Raises Workload.DoesNotExist."""
    return Workload.objects.select_for_update(no_key=True).get(pk=workload_id)


def locked_cycle(cycle_id: UUID) -> Cycle:
    """Return the cycle with its workload, both locked until the transaction ends.

    Every service that writes governed records calls it first, inside its transaction; calling it
    again in the same transaction costs two reads. Raises Cycle.DoesNotExist, and
    TransactionManagementError outside a transaction.
    """
    workload_id = Cycle.objects.values_list("workload_id", flat=True).get(pk=cycle_id)
    workload = locked_workload(workload_id)
    cycle = Cycle.objects.select_for_update(no_key=True).get(pk=cycle_id)
    cycle.workload = workload
    return cycle


def locked_review(review_id: UUID) -> Review:
    """Return the review with its cycle and workload, all locked. Raises Review.DoesNotExist."""
    cycle_id = Review.objects.values_list("cycle_id", flat=True).get(pk=review_id)
    cycle = locked_cycle(cycle_id)
    review = Review.objects.select_for_update(no_key=True).get(pk=review_id)
    review.cycle = cycle
    return review


def lock_numbering() -> None:
    """Hold back everybody else who names or numbers a workload until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_NUMBERING_LOCK])
