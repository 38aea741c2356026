"""Storing a shortlist with all that it rests on."""

from collections.abc import Mapping, Sequence

from catalog.matching import RULES
from catalog.models import CatalogEntry
from portal.accounts.models import User
from workloads.lifecycle.models import Cycle
from workloads.selection.models import CatalogRevision, Shortlist, ShortlistCandidate
from workloads.selection.selectors import Considered


def store(
    *,
    cycle: Cycle,
    chosen_by: User | None,
    found: Considered,
    candidates: Sequence[tuple[CatalogEntry, str, str]],
    not_taken: Mapping[str, str],
    struck: Mapping[str, str],
) -> Shortlist:
    """Return the next shortlist of the locked ``cycle``, with the catalog's content by revision.

    ``candidates`` are (entry, note, reason) in their order.
    """
    revision = found.revision
    # Two workloads may meet the same catalog at once; its content is the same.
    CatalogRevision.objects.bulk_create(
        [CatalogRevision(revision=revision, facts=[one.as_dict() for one in found.facts])],
        ignore_conflicts=True,
    )
    outcomes = {one.alias: one.outcome for one in found.matches}
    shortlist = Shortlist(
        cycle=cycle,
        number=Shortlist.objects.filter(cycle=cycle).count() + 1,
        filter=found.requirements.as_dict(),
        catalog_id=revision,
        rules=RULES,
        considered=[one.as_dict() for one in found.matches],
        not_taken=dict(not_taken),
        struck=dict(struck),
        created_by=chosen_by,
        updated_by=chosen_by,
    )
    rows = [
        ShortlistCandidate(
            shortlist=shortlist,
            entry=entry,
            position=position,
            outcome=outcomes[entry.gateway_alias],
            note=note,
            reason=reason,
            entry_digest=entry.digest(),
        )
        for position, (entry, note, reason) in enumerate(candidates, start=1)
    ]
    shortlist.digest = shortlist.sealed([row.sealed_row() for row in rows])
    shortlist.save(force_insert=True)
    ShortlistCandidate.objects.bulk_create(rows)
    return shortlist
