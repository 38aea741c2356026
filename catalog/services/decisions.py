"""What people decide about a model: approve, restrict, deprecate, retire, block."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.db import transaction

from catalog.enums import DataClass, EntryStatus, TrainsOnData
from catalog.models import CatalogEntry
from catalog.policies import require_approver, require_manager
from catalog.services.entries import named_entry
from catalog.services.locks import locked_entry
from catalog.services.statuses import note_status
from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.clock import now
from portal.common.errors import Conflict, FieldError, Invalid, NotReady
from portal.common.policy import policy
from portal.common.text import clean_text

REASON_MIN = 10
# What must be known before a model may be approved, and how a person calls it.
NEEDED = {
    "snapshot": "the dated snapshot", "modalities": "what goes in and out",
    "context_window": "the context window", "max_output_tokens": "the longest answer",
    "hosting": "where it is hosted", "regions": "the regions it runs in",
    "max_data_class": "which data it may see", "trains_on_data": "whether it trains on data",
}  # fmt: skip
TIERS = (1, 2, 3, 4)


@transaction.atomic
def approve(
    *,
    actor: User,
    entry: CatalogEntry,
    digest: str,
    expires: date,
    reason: str,
    units: Sequence[str] = (),
    tiers: Sequence[int] = (),
) -> CatalogEntry:
    """Approve the model until ``expires``; with ``units`` or ``tiers`` for those alone.

    ``digest`` is that of the card that was seen (`CatalogEntry.digest`). An end that was set when
    the model was deprecated or retired is taken away, and so is its replacement; the decisions
    keep them.

    Raises Forbidden (role, self_approval), Conflict (card_changed) when the card is not what was
    seen, NotReady naming the facts that are missing or (training) that it trains on more than
    public data, or Invalid (expires beyond the policy's days or not in the future, reason, units,
    tiers).
    """
    require_manager(actor)
    entry = locked_entry(entry.pk)
    require_approver(actor, entry)
    if digest != entry.digest():
        raise Conflict(
            "The card changed since you saw it, and nothing was approved. Read it as it stands"
            " now, then decide.",
            code="card_changed",
        )
    missing = [
        FieldError(name, "required", f"Not known: {words}.")
        for name, words in NEEDED.items()
        if getattr(entry, name) in (None, "", [])
    ]
    if missing:
        words = ", ".join(NEEDED[error.field] for error in missing)
        raise NotReady(f"The card is not complete. Not known: {words}.", errors=missing)
    if entry.trains_on_data == TrainsOnData.YES and entry.max_data_class != DataClass.PUBLIC:
        raise NotReady(
            "The provider trains on what it is sent, so it may see public data only; correct the"
            " card first.",
            code="training",
        )
    _require_expiry(expires)
    if not set(tiers) <= set(TIERS):
        raise Invalid.field("tiers", "choice", "A tier is 1, 2, 3 or 4.")
    names = [clean_text(u, field="units", minimum=1, maximum=80, single_line=True) for u in units]
    before = entry.status
    entry.status_reason = _reason(reason)
    _revive(entry)
    entry.restricted_units, entry.restricted_tiers = sorted(set(names)), sorted(set(tiers))
    restricted = bool(entry.restricted_units or entry.restricted_tiers)
    entry.status = EntryStatus.RESTRICTED if restricted else EntryStatus.APPROVED
    entry.card_reviewed_by, entry.approved_at = actor, now()
    entry.approval_expires = expires
    entry.updated_by = actor
    entry.save()
    audit.record(
        actor=actor,
        action="catalog.entry_approved",
        kind="catalog_entry",
        ref=entry.gateway_alias,
        detail={
            "status": entry.status,
            "before": before,
            "expires": expires,
            "units": entry.restricted_units,
            "tiers": entry.restricted_tiers,
            "digest": entry.digest(),
        },
    )
    note_status(actor=actor, entry=entry, before=before)
    return entry


def _revive(entry: CatalogEntry) -> None:
    """Take away the end that a decision set, else the approved model dies again on its day.

    A provider's own end of a model that nobody deprecated stays; of one that was deprecated or
    retired since its last approval the next reading tells it again.
    """
    ends = entry.decisions.filter(after__in=(EntryStatus.DEPRECATED, EntryStatus.RETIRED))
    if entry.approved_at is not None:
        ends = ends.filter(at__gte=entry.approved_at)
    if entry.status in (EntryStatus.DEPRECATED, EntryStatus.RETIRED) or ends.exists():
        entry.deprecation_date = None
        entry.decided = [name for name in entry.decided if name != "deprecation_date"]
    entry.retirement_date = entry.replacement = None


@transaction.atomic
def change_status(
    *,
    actor: User,
    entry: CatalogEntry,
    status: EntryStatus,
    reason: str,
    retirement_date: date | None = None,
    replacement: str = "",
) -> CatalogEntry:
    """Deprecate, retire or block a model, with a reason; `approve` brings it back.

    ``replacement`` is the alias of the model to use instead.

    Raises Forbidden (role), Invalid (status, reason, retirement_date, replacement) or Conflict
    (unchanged; not_approved when something that was never approved is deprecated).
    """
    require_manager(actor)
    entry = locked_entry(entry.pk)
    allowed = (EntryStatus.DEPRECATED, EntryStatus.RETIRED, EntryStatus.BLOCKED)
    if status not in allowed:
        raise Invalid.field("status", "choice", f"One of: {', '.join(allowed)}.")
    before = entry.status
    if before == status:
        raise Conflict(f"It is {EntryStatus(status).label.lower()} already.", code="unchanged")
    if status == EntryStatus.DEPRECATED and entry.approval_expires is None:
        raise Conflict("It was never approved; block it instead.", code="not_approved")
    instead = named_entry("replacement", replacement) if replacement else entry.replacement
    if instead is not None and instead.pk == entry.pk:
        raise Invalid.field("replacement", "choice", "A model cannot replace itself.")
    today = now().date()
    ends = retirement_date if status == EntryStatus.DEPRECATED else None
    if ends is not None and ends <= today:
        raise Invalid.field("retirement_date", "date", "Give a date after today, or retire it now.")
    entry.status_reason = _reason(reason)
    entry.status = status
    if status == EntryStatus.DEPRECATED:
        entry.deprecation_date = today
        entry.retirement_date = retirement_date
        entry.decided = sorted({*entry.decided, "deprecation_date"})
    elif status == EntryStatus.RETIRED:
        entry.retirement_date = today
    entry.replacement = instead
    entry.updated_by = actor
    entry.save()
    audit.record(
        actor=actor,
        action="catalog.status_changed",
        kind="catalog_entry",
        ref=entry.gateway_alias,
        detail={"status": status, "before": before, "digest": entry.digest()},
    )
    note_status(actor=actor, entry=entry, before=before)
    return entry


@transaction.atomic
def retire_due() -> list[str]:
    """Retire the deprecated models whose day has come, and return their aliases."""
    due = CatalogEntry.objects.select_for_update(no_key=True).filter(
        status=EntryStatus.DEPRECATED, retirement_date__lte=now().date()
    )
    retired = []
    for entry in due:
        before, entry.status = entry.status, EntryStatus.RETIRED
        entry.status_reason = f"Its retirement day came. {entry.status_reason}".strip()
        entry.save(update_fields=("status", "status_reason", "updated_at"))
        audit.record(
            actor=None,
            action="catalog.status_changed",
            kind="catalog_entry",
            ref=entry.gateway_alias,
            detail={"status": entry.status, "before": before, "digest": entry.digest()},
        )
        note_status(actor=None, entry=entry, before=before)
        retired.append(entry.gateway_alias)
    return retired


def _reason(raw: str) -> str:
    return clean_text(raw, field="reason", minimum=REASON_MIN, maximum=2_000)


def _require_expiry(expires: date) -> None:
    days = int(policy().number("catalog", "approval_max_days"))
    today = now().date()
    if not today < expires <= today + timedelta(days=days):
        last = (today + timedelta(days=days)).isoformat()
        raise Invalid.field(
            "expires", "out_of_range", f"Give a date after today and at most {last}."
        )
