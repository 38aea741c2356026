"""Phase 3: what exactly do we ask the model?"""

from collections.abc import Iterable, Mapping
from typing import ClassVar
from uuid import UUID

from django.urls import reverse

from workloads.lifecycle.enums import Impact
from workloads.lifecycle.models import Cycle
from workloads.lifecycle.phases import Check, EvidenceItem, Phase
from workloads.prompts.content import sample_values
from workloads.prompts.lint import problems
from workloads.prompts.models import Pointer
from workloads.prompts.rendering import RenderError, messages
from workloads.prompts.schemas import schema_problem
from workloads.prompts.selectors import (
    authors_of,
    candidate_of_cycle,
    cleared_findings,
    moves_to,
)


class Prompting(Phase):
    """A committed prompt that renders, is safe, and says its guardrails."""

    key = "prompting"
    number = 3
    label = "Prompts"
    question = "What exactly do we ask the model?"
    evidence_kinds = ("prompt",)
    url_name = "prompts:prompts"
    impact: ClassVar[Mapping[str, Impact]] = {
        "catalog.retired": Impact.REOPEN,
        "prompt.changed_after_baseline": Impact.RECONFIRM,
    }

    def evidence(self, cycle: Cycle) -> list[EvidenceItem]:
        """The candidate version."""
        version = candidate_of_cycle(cycle)
        if version is None:
            return []
        return [EvidenceItem("prompt", cycle.workload.ref, str(version.number), version.digest)]

    def checks(self, cycle: Cycle) -> list[Check]:
        """Committed, renders, guardrails from tier 2 up, no secret."""
        workload = cycle.workload
        link = reverse("prompts:prompts", args=[workload.ref])
        version = candidate_of_cycle(cycle)
        if version is None:
            return [
                Check.of(
                    "prompt_committed",
                    "Prompt committed",
                    False,
                    detail="Write the prompt and commit its first version.",
                    link=link,
                    link_label="Open the editor",
                    who="owner or contributor",
                )
            ]
        found = problems(
            version.content, tier=workload.tier, cleared=cleared_findings(version.prompt)
        )
        wrong = [problem for problem in found if problem.blocks]
        secret = next((one for one in wrong if one.code == "secret_detected"), None)
        first = next((one for one in wrong if one.code != "secret_detected"), None)
        rendered = ""
        try:
            messages(version.content, sample_values(version.content))
        except RenderError as problem:
            rendered = str(problem)
        checks = [
            Check.of(
                "prompt_committed",
                "Prompt committed",
                first is None,
                detail=first.message if first else f"version {version.number}",
                link=link if first else "",
            ),
            Check.of(
                "prompt_renders",
                "Renders with its sample values",
                not rendered,
                detail=rendered,
                link=link if rendered else "",
            ),
            Check.of(
                "no_secret",
                "No key or password in it",
                secret is None,
                detail=secret.message if secret else "",
                link=f"{link}#false-alarms" if secret else "",
                link_label="Mend it" if secret else "",
                who="owner or contributor" if secret else "",
            ),
        ]
        if version.content["output_schema"] is not None:
            problem_of = schema_problem(version.content["output_schema"])
            checks.append(
                Check.of(
                    "output_schema",
                    "JSON Schema valid",
                    problem_of is None,
                    detail=problem_of[1] if problem_of else "",
                    link=f"{link}#id_output_schema" if problem_of else "",
                )
            )
        if workload.tier != 1:
            rules = len(version.content["guardrails"])
            checks.append(
                Check.of(
                    "guardrails",
                    "Guardrails stated",
                    rules > 0,
                    detail=f"{rules} rule{'' if rules == 1 else 's'}"
                    if rules
                    else "From tier 2 up, say what it must not do.",
                    link="" if rules else f"{link}#guardrails",
                    link_label="Write one",
                    who="" if rules else "owner or contributor",
                )
            )
        return checks

    def contributors(self, cycle: Cycle) -> Iterable[UUID]:
        """Whoever wrote the candidate or a version that it descends from, or chose it."""
        version = candidate_of_cycle(cycle)
        if version is None:
            return ()
        chosen = moves_to(version).filter(pointer=Pointer.CANDIDATE)
        return authors_of(version) | {move.by_id for move in chosen}

    def note(self, cycle: Cycle) -> str:
        """The candidate's number."""
        version = candidate_of_cycle(cycle)
        return f"version {version.number}" if version else ""
