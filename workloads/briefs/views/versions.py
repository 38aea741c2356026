"""The pages of a brief's versions: one as it was committed, two side by side, one for paper."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.accounts.http import signed_in
from workloads.briefs import selectors
from workloads.briefs.changes import classify
from workloads.briefs.comparison import Row, compared
from workloads.briefs.enums import Tier
from workloads.briefs.export import file_name, markdown
from workloads.briefs.selectors import Edition
from workloads.briefs.threads import Thread
from workloads.briefs.versions import written_out
from workloads.briefs.views.talk import talk_context
from workloads.lifecycle.consequences import Consequence, consequences
from workloads.lifecycle.enums import PhaseState
from workloads.lifecycle.models import Cycle, PhaseRecord
from workloads.lifecycle.pages import frame
from workloads.lifecycle.selectors import current_cycle, phase_records, workload_for

SCOPING = "scoping"


@require_safe
def version(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Show one version as it was committed, and what changed since the one before."""
    workload = workload_for(signed_in(request), ref)
    editions = selectors.editions_of(current_cycle(workload))
    found = selectors.edition_numbered(editions, number)
    before = next((one for one in editions if one.number == number - 1), None)
    context = frame(request, workload, phase_key=SCOPING) | {
        "edition": found,
        "sections": written_out(found.content),
        "tier": Tier(str(found.tier)),
        "changes": classify(before.content, found.content) if before else [],
        "before": before,
    }
    return render(request, "workloads/briefs/version.html", context)


@dataclass(frozen=True, slots=True)
class Effect:
    """What the changes together do to one phase.

    ``standing`` is "never" when it was not passed in this cycle, "undone" when it was and is open
    again, else empty: there is something to undo.
    """

    consequence: Consequence
    standing: str


@require_safe
def compare(request: HttpRequest, ref: str) -> HttpResponse:
    """Show two versions side by side; without ``from`` and ``to`` the newest and the one before."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    cycle = current_cycle(workload)
    editions = selectors.editions_of(cycle)
    talk = talk_context(user, selectors.brief_of(cycle))
    before, after = selectors.two_editions(
        editions, request.GET.get("from", ""), request.GET.get("to", "")
    )
    context = frame(request, workload, phase_key=SCOPING) | {
        "editions": editions,
        "before": before,
        "after": after,
        **talk,
        **(
            _differences(cycle, before, after, talk["threads"])
            if before and after
            else {"sections": []}
        ),
    }
    return render(request, "workloads/briefs/compare.html", context)


def _differences(
    cycle: Cycle, before: Edition, after: Edition, threads: Mapping[str, Thread]
) -> dict[str, Any]:
    sections = compared(before.content, after.content)
    changed = [
        (section.title, [(row, _elsewhere(row), threads.get(row.field)) for row in section.changed])
        for section in sections
        if section.changed
    ]
    codes = [row.change.code for section in sections for row in section.changed if row.change]
    if after.tier > before.tier:
        codes.append("tier.raised")
    records = phase_records(cycle)
    effects = [
        Effect(one, _standing(records[one.phase.key])) for one in consequences(codes, SCOPING)
    ]
    return {
        "sections": changed,
        "same": [(section.title, section.same) for section in sections if section.same],
        "same_count": sum(len(section.same) for section in sections),
        "changed_count": sum(len(section.changed) for section in sections),
        "material_count": sum(code != "brief.cosmetic" for code in codes),
        "effects": effects,
        "ends": (after, before),
        "tiers": (Tier(str(before.tier)), Tier(str(after.tier))),
    }


def _standing(record: PhaseRecord) -> str:
    if record.state != PhaseState.OPEN:
        return ""
    return "undone" if record.manifest_digest else "never"


def _elsewhere(row: Row) -> list[Consequence]:
    """What this one change does to other phases; scoping is reconfirmed by every change."""
    codes = [row.change.code] if row.change else []
    return [one for one in consequences(codes, SCOPING) if one.phase.key != SCOPING]


@require_safe
def printed(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Show one version as a sheet for paper: one or two pages of A4."""
    workload = workload_for(signed_in(request), ref)
    cycle = current_cycle(workload)
    found = selectors.edition_numbered(selectors.editions_of(cycle), number)
    context = {
        "workload": workload,
        "cycle": cycle,
        "edition": found,
        "tier": Tier(str(found.tier)),
        "sections": written_out(found.content),
    }
    return render(request, "workloads/briefs/print.html", context)


@require_safe
def exported(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Send one version as a Markdown file."""
    workload = workload_for(signed_in(request), ref)
    found = selectors.edition_numbered(selectors.editions_of(current_cycle(workload)), number)
    return HttpResponse(
        markdown(workload, found),
        content_type="text/markdown; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{file_name(workload, found)}"',
            "X-Content-Type-Options": "nosniff",
        },
    )
