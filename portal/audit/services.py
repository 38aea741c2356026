"""The one way into the audit chain, and its verification.

What is claimed: tamper-evident against everyone who cannot also rewrite the anchors.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.db import transaction

from portal.audit.models import GENESIS, AuditEvent, AuditHead
from portal.common.canonical import digest, jsonable
from portal.common.clock import now


class Actor(Protocol):
    """Whoever acts: a user, or None for the portal itself."""

    @property
    def pk(self) -> UUID | None:
        """The actor's id."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One place where the chain does not hold."""

    seq: int
    problem: str


def _hash(event: AuditEvent) -> str:
    return digest(
        {
            "seq": event.seq,
            "at": event.at.isoformat(),
            "actor": event.actor_id,
            "actor_label": event.actor_label,
            "action": event.action,
            "subject": [event.subject_kind, event.subject_ref],
            "workload": event.workload_ref,
            "detail": event.detail,
            "previous": event.previous_hash,
        }
    )


@transaction.atomic
def record(
    *,
    actor: Actor | None,
    action: str,
    kind: str,
    ref: str,
    workload: str = "",
    detail: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Add one event to the chain, in the transaction of the change that it tells of.

    ``action`` is "noun.verb" ("review.vote_cast"), ``kind`` and ``ref`` name the record that
    changed, ``workload`` its workload's reference. ``detail`` holds ids, digests and short
    values, never payloads. If the change rolls back, so does its event, and the other way round.
    """
    AuditHead.objects.get_or_create(pk=1)
    head = AuditHead.objects.select_for_update().get(pk=1)
    event = AuditEvent(
        seq=head.seq + 1,
        at=now(),
        actor_id=actor.pk if actor is not None else None,
        actor_label=str(actor)[:160] if actor is not None else "Assay",
        action=action,
        subject_kind=kind,
        subject_ref=ref,
        workload_ref=workload,
        detail=jsonable(detail or {}),
        previous_hash=head.hash,
    )
    event.hash = _hash(event)
    event.save(force_insert=True)
    head.seq, head.hash = event.seq, event.hash
    head.save(update_fields=("seq", "hash"))
    return event


def anchor_file() -> Path:
    """Return the file that heads are written to; keep a copy where the portal cannot write."""
    return Path(settings.VAR_DIR) / "audit-anchors.jsonl"


def anchor() -> Mapping[str, Any]:
    """Append the present head (seq, hash, time) to the anchor file and return it."""
    head, _ = AuditHead.objects.get_or_create(pk=1)
    line = {"seq": head.seq, "hash": head.hash, "at": now().isoformat()}
    path = anchor_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as out:
        out.write(json.dumps(line) + "\n")
    return line


def read_anchors(path: Path) -> dict[int, str]:
    """Return the anchored hashes by sequence number; an absent file has none."""
    if not path.exists():
        return {}
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    return {int(line["seq"]): str(line["hash"]) for line in lines}


def verify(anchors: Mapping[int, str] | None = None) -> tuple[int, list[Fault]]:
    """Walk the chain and return (events read, faults).

    Finds an edited event, a removed row, a cut tail (by the head, and by ``anchors`` where the
    head was rewritten too) and a chain that was hashed again from some row on (by ``anchors``).
    """
    faults: list[Fault] = []
    expected_seq, previous, count = 1, GENESIS, 0
    seen = dict(anchors or {})
    seen.pop(0, None)
    for event in _events():
        count += 1
        if event.seq != expected_seq:
            faults.append(Fault(expected_seq, f"events {expected_seq} to {event.seq - 1} are gone"))
        elif event.previous_hash != previous:
            faults.append(Fault(event.seq, "does not follow from the event before"))
        if _hash(event) != event.hash:
            faults.append(Fault(event.seq, "was changed after it was written"))
        anchored = seen.pop(event.seq, event.hash)
        if anchored != event.hash:
            faults.append(Fault(event.seq, "differs from its anchor: the chain was written again"))
        expected_seq, previous = event.seq + 1, event.hash
    head = AuditHead.objects.filter(pk=1).first()
    last = expected_seq - 1
    if head is not None and (head.seq, head.hash) != (last, previous):
        faults.append(Fault(last, f"the chain ends here, its head says {head.seq}: tail was cut"))
    faults.extend(
        Fault(seq, "is anchored but not in the chain: tail was cut") for seq in sorted(seen)
    )
    return count, faults


def _events() -> Iterator[AuditEvent]:
    return AuditEvent.objects.order_by("seq").iterator(chunk_size=2_000)
