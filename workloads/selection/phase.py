"""Phase 2: which approved models could do it?"""

from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar
from uuid import UUID

from django.urls import reverse

from catalog.matching import BLOCKS, NOTE, SHORT, Match
from portal.common.policy import policy
from workloads.lifecycle.enums import Impact
from workloads.lifecycle.models import Cycle
from workloads.lifecycle.phases import Check, EvidenceItem, Phase
from workloads.selection.models import Shortlist
from workloads.selection.selectors import present_matches, shortlist_of

EDITORS = "The owner or a contributor"
_DATA = ("data_class", "training", "region", "retention")


class Selection(Phase):
    """Two to four approved models, with everything that was looked at and why it fell out."""

    key = "selection"
    number = 2
    label = "Model selection"
    question = "Which approved models could do it?"
    evidence_kinds = ("shortlist", "catalog_entry")
    url_name = "selection:selection"
    impact: ClassVar[Mapping[str, Impact]] = {
        "brief.scope": Impact.RECONFIRM,
        "tier.raised": Impact.RECONFIRM,
        "shortlist.changed": Impact.RECONFIRM,
        "catalog.candidate_struck": Impact.RECONFIRM,
        "catalog.deprecated": Impact.NOTE,
        "catalog.retired": Impact.REOPEN,
    }

    def evidence(self, cycle: Cycle) -> list[EvidenceItem]:
        """The shortlist, and each candidate's entry as it is now."""
        found = shortlist_of(cycle)
        if found is None:
            return []
        own = EvidenceItem("shortlist", cycle.workload.ref, str(found.number), found.digest)
        return [own] + [
            EvidenceItem("catalog_entry", one.entry.gateway_alias, "", one.entry.digest())
            for one in found.candidates.all()
        ]

    def checks(self, cycle: Cycle) -> list[Check]:
        """The stored query, the number of candidates, each against today's brief and catalog."""
        link = reverse("selection:selection", args=[cycle.workload.ref])
        found = shortlist_of(cycle)
        if found is None:
            return [
                Check.of(
                    "shortlist", "Shortlist chosen", False,
                    detail="Choose the models that are worth testing.",
                    link=link, link_label="Choose", who=EDITORS,
                )
            ]  # fmt: skip
        return [
            _stored(found),
            _number(found, link),
            *_candidates(found, present_matches(cycle, found), link),
        ]

    def contributors(self, cycle: Cycle) -> Iterable[UUID]:
        """Whoever chose a shortlist in this cycle."""
        chosen = Shortlist.objects.filter(cycle=cycle, created_by__isnull=False)
        return set(chosen.values_list("created_by_id", flat=True))

    def note(self, cycle: Cycle) -> str:
        """How many models fit, of how many."""
        found = shortlist_of(cycle)
        if found is None:
            return ""
        return f"{found.counts()['fits']} of {len(found.considered)} fit"


def _stored(found: Shortlist) -> Check:
    counts = found.counts()
    return Check.of(
        "query_stored", "Query and reasons stored", True,
        detail=f"{len(found.considered)} models looked at, {counts['ruled_out']} ruled out",
    )  # fmt: skip


def _number(found: Shortlist, link: str) -> Check:
    least, most = (
        int(policy().number("evaluation", name)) for name in ("candidates_min", "candidates_max")
    )
    count = len(found.candidates.all())
    passed = least <= count <= most
    return Check.of(
        "candidate_count", f"{least} to {most} candidates", passed, detail=f"{count} chosen",
        link="" if passed else link, link_label="Choose again", who="" if passed else EDITORS,
    )  # fmt: skip


def _candidates(found: Shortlist, now: Mapping[str, Match], link: str) -> list[Check]:
    """Approval, data and region must hold today; what is short is flagged, with its reason."""
    matches = [now[one.entry.gateway_alias] for one in found.candidates.all()]
    approval = _blocking(matches, lambda code: code not in _DATA)
    data = _blocking(matches, lambda code: code in _DATA)
    flagged = [
        f"{one.alias}: {reason.text}"
        for one in matches
        for reason in one.reasons
        if reason.severity in (SHORT, NOTE)
    ]
    return [
        _hard("candidates_approved", "Each candidate is approved", approval, link),
        _hard("candidates_data", "Allowed for the data and region", data, link),
        Check.of(
            "candidates_limits", "Context, cost and latency fit or are flagged", True,
            detail="; ".join(flagged) or "all fit",
        ),
    ]  # fmt: skip


def _blocking(matches: list[Match], wanted: Callable[[str], bool]) -> list[str]:
    return [
        f"{one.alias}: {reason.text}"
        for one in matches
        for reason in one.reasons
        if reason.severity == BLOCKS and wanted(reason.code)
    ]


def _hard(code: str, label: str, problems: list[str], link: str) -> Check:
    return Check.of(
        code, label, not problems, detail="; ".join(problems),
        link=link if problems else "", link_label="Choose again", who=EDITORS if problems else "",
    )  # fmt: skip
