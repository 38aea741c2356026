"""Reading briefs and their versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404

from catalog.enums import Capability
from portal.accounts.models import User
from portal.accounts.selectors import AnyUser
from portal.common.readonce import read_once
from workloads.briefs.enums import (
    SENSITIVE,
    EuClass,
    OverrideState,
    WorkloadType,
    YesNo,
)
from workloads.briefs.models import Brief, BriefVersion, TierOverride
from workloads.briefs.questions import Need, Question
from workloads.briefs.tiering import Assessment, assess
from workloads.lifecycle.models import Cycle
from workloads.lifecycle.selectors import current_cycle, members_of, workload_for


@read_once
def brief_of(cycle: Cycle) -> Brief:
    """Return the brief of the cycle; until its first save an unsaved one with the defaults."""
    found = Brief.objects.filter(cycle=cycle).prefetch_related("kpis", "overrides").first()
    brief = found or Brief(cycle=cycle)
    brief.cycle = cycle
    return brief


@read_once
def latest_version(brief: Brief) -> BriefVersion | None:
    """Return the version that was committed last, or None."""
    if brief._state.adding:
        return None
    return brief.versions.order_by("-number").first()


def version_of(cycle: Cycle, number: int) -> BriefVersion | None:
    """Return one committed version of the cycle's brief, or None."""
    return BriefVersion.objects.filter(brief__cycle=cycle, number=number).first()


def committed_version(brief: Brief) -> BriefVersion | None:
    """Return the version that holds exactly the present answers and tier, or None if none does."""
    version = latest_version(brief)
    return version if version is not None and _holds_present(version, brief) else None


def _holds_present(version: BriefVersion, brief: Brief) -> bool:
    """Whether nothing differs: a tier that reviewers decided is another one for the same answers.

    A committed version keeps the tier that it was committed with, hence a new one for a new tier.
    """
    same = version.digest == brief.digest()
    return same and version.assessment == assessment_of(brief).as_dict()


def version_number(brief: Brief) -> int:
    """Return the number that the present answers and tier have, or get when they are committed.

    The same before and after committing, so that committing changes nothing that was approved.
    """
    latest = latest_version(brief)
    if latest is None:
        return 1
    return latest.number if _holds_present(latest, brief) else latest.number + 1


@dataclass(frozen=True, slots=True)
class Edition:
    """One state of a brief that can be read and compared: a committed version, or the draft."""

    number: int
    draft: bool
    content: dict[str, Any]
    digest: str
    assessment: dict[str, Any]
    at: datetime
    by: User | None

    @property
    def label(self) -> str:
        """How pages name it."""
        return f"Version {self.number}, draft" if self.draft else f"Version {self.number}"

    @property
    def tier(self) -> int:
        """The risk tier that its answers demand."""
        return int(self.assessment["tier"])


def editions_of(cycle: Cycle) -> list[Edition]:
    """Return the draft, when it differs from the last version, and every version, newest first."""
    brief = brief_of(cycle)
    if brief._state.adding:
        return []
    versions = list(brief.versions.select_related("created_by"))
    found = [
        Edition(one.number, False, one.content, one.digest, one.assessment, one.created_at,
                one.created_by)
        for one in versions
    ]  # fmt: skip
    if not versions or not _holds_present(versions[0], brief):
        number = versions[0].number + 1 if versions else 1
        assessed = assessment_of(brief).as_dict()
        draft = Edition(
            number, True, content_of(brief), brief.digest(), assessed, brief.updated_at,
            brief.updated_by,
        )  # fmt: skip
        found.insert(0, draft)
    return found


def edition_numbered(editions: Sequence[Edition], number: int) -> Edition:
    """Return the edition with this number. Raises Http404."""
    for one in editions:
        if one.number == number:
            return one
    raise Http404


def two_editions(
    editions: Sequence[Edition], former: str, later: str
) -> tuple[Edition | None, Edition | None]:
    """Return the editions with the numbers that an address names, by default the newest two.

    The first is None while there is nothing to compare with. Raises Http404 for a number that no
    edition has.
    """
    if len(editions) < 2 and not (former and later):
        return None, editions[0] if editions else None
    after = edition_numbered(editions, _number(later)) if later else editions[0]
    usual = editions[min(editions.index(after) + 1, len(editions) - 1)]
    return edition_numbered(editions, _number(former)) if former else usual, after


def _number(raw: str) -> int:
    return int(raw) if raw.isascii() and raw.isdecimal() and len(raw) < 10 else 0


def content_of(brief: Brief) -> dict[str, Any]:
    """Return the present answers as a version stores them: what is material, and KPI names."""
    return brief.material() | {"kpi_names": [kpi.name for kpi in brief.kpi_rows()]}


def needed(question: Question, brief: Brief, assessment: Assessment) -> bool:
    """Whether the gate asks for an answer to ``question``, as the other answers stand."""
    return _holds(question.need, brief, assessment)


def _holds(need: Need, brief: Brief, assessment: Assessment) -> bool:
    match need:
        case Need.ALWAYS:
            return True
        case Need.TIER_2:
            return assessment.tier >= 2
        case Need.PERSONAL:
            return assessment.personal_data
        case Need.ASSESSMENT:
            return assessment.personal_data and (
                assessment.tier >= 3 or bool(SENSITIVE.intersection(brief.data_categories))
            )
        case Need.AGENT:
            return brief.workload_type == WorkloadType.AGENT
        case Need.OTHER_TYPE:
            return brief.workload_type == WorkloadType.OTHER
        case Need.LONG_CONTEXT:
            return Capability.LONG_CONTEXT in brief.needs
        case Need.EU_CLAIM:
            if brief.eu_class == EuClass.OUT_OF_SCOPE:
                return brief.eu_nexus == YesNo.YES
            return brief.eu_class in (EuClass.TRANSPARENCY, EuClass.HIGH_RISK, EuClass.DEROGATED)
        case Need.NEVER:
            return False


def shown(question: Question, brief: Brief, assessment: Assessment) -> bool:
    """Whether the page shows ``question``: when it must or may be answered as the others stand.

    An answer that nobody has to give stays on the page once it is given.
    """
    if question.need is not Need.NEVER:
        return needed(question, brief, assessment)
    given = getattr(brief, question.name) not in (None, "", [])
    return given or question.name in brief.unparsed or _holds(question.offered, brief, assessment)


def assessment_of(brief: Brief) -> Assessment:
    """Return the risk tier that counts: by the answers so far, unless reviewers overrode it."""
    standing = standing_override(brief)
    return assess(brief, standing.as_overridden() if standing else None)


def overrides_of(brief: Brief) -> list[TierOverride]:
    """Return every decision on the tier of this brief, newest first."""
    return [] if brief._state.adding else list(brief.overrides.all())


def standing_override(brief: Brief) -> TierOverride | None:
    """Return the decision on the tier that stands, or None; whether it counts `assess` says."""
    return _in_state(brief, OverrideState.STANDING)


def proposed_override(brief: Brief) -> TierOverride | None:
    """Return the lower tier that waits for a second person, or None."""
    return _in_state(brief, OverrideState.PROPOSED)


def _in_state(brief: Brief, state: OverrideState) -> TierOverride | None:
    return next((one for one in overrides_of(brief) if one.state == state), None)


def override_for(user: AnyUser, ref: str, override_id: UUID) -> TierOverride:
    """Return a decision on the tier of a workload that ``user`` may see. Raises Http404."""
    cycle = current_cycle(workload_for(user, ref))
    found = TierOverride.objects.filter(brief__cycle=cycle, pk=override_id).first()
    if found is None:
        raise Http404
    return found


def possible_owners(cycle: Cycle) -> list[User]:
    """Return the people who can own a KPI: the workload's members, its owner first."""
    owner = cycle.workload.owner
    people = {owner.pk: owner}
    for membership in members_of(cycle.workload):
        people.setdefault(membership.user_id, membership.user)
    return list(people.values())
