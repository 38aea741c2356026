"""Reading prompts: drafts, versions, and which version a pointer names."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from portal.accounts.models import User
from portal.common.readonce import read_once
from workloads.lifecycle.models import Cycle, Workload
from workloads.prompts.content import EMPTY
from workloads.prompts.files import write_file
from workloads.prompts.lint import Problem, contributed, problems
from workloads.prompts.models import FalseAlarm, Pointer, PointerMove, Prompt, PromptVersion
from workloads.prompts.secrets import findings

SYSTEM = "system"


@read_once
def prompt_of(workload: Workload, key: str = SYSTEM) -> Prompt | None:
    """Return the prompt called ``key`` of ``workload``, or None before its first save."""
    return Prompt.objects.filter(workload=workload, key=key).select_related("workload").first()


def draft_content(prompt: Prompt | None) -> dict[str, Any]:
    """Return the draft's content; keys that it lacks have their defaults."""
    return completed(prompt.draft if prompt else {})


def completed(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``content`` with the defaults for every key and parameter that it lacks."""
    params = {**EMPTY["params"], **content.get("params", {})}
    return {**EMPTY, **content, "params": params}


def versions_of(workload: Workload) -> QuerySet[PromptVersion]:
    """Return the committed versions of the workload's prompt, newest first."""
    return (
        PromptVersion.objects.filter(prompt__workload=workload, prompt__key=SYSTEM)
        .select_related("created_by", "parent", "prompt__workload")
        .defer("parent__content", "prompt__draft")
        .order_by("-number")
    )


def version_list(workload: Workload) -> QuerySet[PromptVersion]:
    """Return the committed versions for lists, newest first: without their texts."""
    return versions_of(workload).defer("content", "parent__content", "prompt__draft")


def version_of(workload: Workload, number: int) -> PromptVersion:
    """Return one version by its number. Raises Http404."""
    return get_object_or_404(versions_of(workload), number=number)


@read_once
def pointed(workload: Workload, pointer: Pointer) -> PromptVersion | None:
    """Return the version that ``pointer`` names now, or None when it was never set."""
    move = (
        PointerMove.objects.filter(prompt__workload=workload, prompt__key=SYSTEM, pointer=pointer)
        .select_related("to__prompt__workload", "to__created_by")
        .first()
    )
    return move.to if move else None


def candidate_version(workload: Workload) -> PromptVersion | None:
    """Return the version that evaluation is to use."""
    return pointed(workload, Pointer.CANDIDATE)


def base_version(workload: Workload) -> PromptVersion | None:
    """Return the version that the draft was begun from, None before the first one."""
    return (
        pointed(workload, Pointer.DRAFT)
        or pointed(workload, Pointer.CANDIDATE)
        or versions_of(workload).first()
    )


def draft_differs(workload: Workload, prompt: Prompt | None) -> bool:
    """Whether the draft holds something that its base version does not."""
    base = base_version(workload)
    return draft_content(prompt) != (completed({}) if base is None else base.content)


def pointers_of(workload: Workload) -> dict[Pointer, PromptVersion | None]:
    """Return where each pointer is, None where it was never set."""
    latest = (
        PointerMove.objects.filter(prompt__workload=workload, prompt__key=SYSTEM)
        .order_by("pointer", "-id")
        .distinct("pointer")
        .select_related("to__prompt__workload", "to__created_by")
        .defer("to__content", "to__prompt__draft")
    )
    found = {move.pointer: move.to for move in latest}
    return {pointer: found.get(pointer.value) for pointer in Pointer}


def moves_of(workload: Workload) -> QuerySet[PointerMove]:
    """Return every move of every pointer of the workload's prompt, newest first."""
    rows = PointerMove.objects.filter(prompt__workload=workload, prompt__key=SYSTEM)
    return _shown(rows)


def moves_to(version: PromptVersion) -> QuerySet[PointerMove]:
    """Return every move of a pointer to ``version``, newest first."""
    return _shown(PointerMove.objects.filter(to=version))


def _shown(moves: QuerySet[PointerMove]) -> QuerySet[PointerMove]:
    """Return the moves with whom and what they name, without the texts of the versions."""
    return moves.select_related("came_from", "to", "by").defer("came_from__content", "to__content")


def cleared_findings(prompt: Prompt | None) -> set[str]:
    """Return the digests of what looked like a secret in the prompt and is none."""
    if prompt is None:
        return set()
    return set(FalseAlarm.objects.filter(prompt=prompt).values_list("finding", flat=True))


def false_alarms_in(prompt: Prompt | None, content: Mapping[str, Any]) -> list[FalseAlarm]:
    """Return the false alarms that ``content`` holds, each with who says so and why."""
    if prompt is None:
        return []
    there = {one.digest for one in findings(content)}
    return list(FalseAlarm.objects.filter(prompt=prompt, finding__in=there).select_related("by"))


def lint_of(workload: Workload, prompt: Prompt | None, content: Mapping[str, Any]) -> list[Problem]:
    """Return the whole lint list of ``content`` as the workload's prompt; what blocks first."""
    found = problems(content, tier=workload.tier, cleared=cleared_findings(prompt))
    found += contributed(workload, content)
    return sorted(found, key=lambda problem: not problem.blocks)


@read_once
def authors_of(version: PromptVersion) -> set[UUID]:
    """Return who wrote ``version`` or a version that it descends from."""
    family = {
        row.pk: row
        for row in PromptVersion.objects.filter(
            prompt_id=version.prompt_id, number__lte=version.number
        ).only("parent_id", "authors", "created_by_id")
    }
    found: set[UUID] = set()
    row = family.get(version.pk)
    while row is not None:
        found.update(row.authors)
        if row.created_by_id is not None:
            found.add(row.created_by_id)
        row = family.get(row.parent_id) if row.parent_id else None
    return found


def candidate_of_cycle(cycle: Cycle) -> PromptVersion | None:
    """Return the candidate version as the cycle's evidence sees it."""
    return candidate_version(cycle.workload)


def file_of(version: PromptVersion) -> str:
    """Return ``version`` as a prompt file; the same version gives the same bytes for ever."""
    return write_file(
        version.content,
        workload=version.prompt.workload.ref,
        version=version.number,
        digest=version.digest,
        note=version.note,
    )


def authors_by_number(versions: Iterable[PromptVersion]) -> dict[int, list[str]]:
    """Return the names of everybody who wrote in each of ``versions``, by its number."""
    listed = list(versions)
    wanted = {pk for version in listed for pk in version.authors}
    names = {user.pk: str(user) for user in User.objects.filter(pk__in=wanted)}
    return {
        version.number: sorted(names.get(pk, "unknown") for pk in version.authors)
        for version in listed
    }
