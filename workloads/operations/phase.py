"""Phase 8: does it still?"""

from django.urls import reverse

from workloads.lifecycle.models import Cycle
from workloads.lifecycle.phases import Check, EvidenceItem, Phase
from workloads.operations.selectors import (
    build_of_release,
    concerns_of,
    latest_release,
    live_spell,
    matches_approval,
)


class Operations(Phase):
    """What is live, and whether it is what was approved. Never ends."""

    key = "operations"
    number = 8
    label = "Operations"
    question = "Does it still?"
    url_name = "operations:operations"
    has_gate = False

    def evidence(self, cycle: Cycle) -> list[EvidenceItem]:
        """Nothing yet that a gate would pin."""
        return []

    def checks(self, cycle: Cycle) -> list[Check]:
        """A release is live, and what runs is what was approved."""
        workload = cycle.workload
        link = reverse("operations:operations", args=[workload.ref])
        spell = live_spell(workload)
        if spell is None:
            release = latest_release(workload)
            if release is None:
                detail = "There is no release before the go/no-go ends with GO."
                return [Check.of("live", "Release live", False, detail=detail, link="")]
            return [
                Check.of(
                    "live",
                    "Release live",
                    False,
                    detail=f"Release {release.number} is approved and waits.",
                    link=link,
                    link_label="Put it live",
                    who="owner",
                )
            ]
        build = build_of_release(spell.release)
        waiting = [
            Check.of(
                one.kind,
                one.get_kind_display(),
                False,
                detail=f"{one.detail}" + (f" Due {one.due}." if one.due else ""),
                link=f"{link}#concerns",
                link_label="Answer it",
                who="owner",
            )
            for one in concerns_of(workload)
            if one.settled_at is None
        ]
        same = matches_approval(spell.release, build)
        return [
            Check.of("live", "Release live", True, detail=f"release {spell.release.number}"),
            Check.of(
                "runs_approved",
                "What runs is what was approved",
                same,
                detail=f"build {build.number}"
                if same
                else "The model's catalog entry or a part of the pipeline has changed.",
                link="" if same else link,
            ),
            *waiting,
        ]

    def note(self, cycle: Cycle) -> str:
        """Whether something is live."""
        spell = live_spell(cycle.workload)
        return f"release {spell.release.number} live" if spell else ""
