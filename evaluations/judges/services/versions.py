"""Making judges and their versions."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max

from catalog.models import CatalogEntry
from catalog.selectors import price_row_of
from evaluations.datasets.enums import Purpose
from evaluations.datasets.models import DatasetVersion
from evaluations.judges.enums import Given, Levels
from evaluations.judges.models import Judge, JudgeVersion
from evaluations.judges.prompting import (
    REFERENCE,
    Content,
    answer_names,
    instructions,
    response_format,
)
from evaluations.judges.selectors import NAME
from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.canonical import digest
from portal.common.clock import now
from portal.common.errors import Conflict, FieldError, Invalid
from portal.common.text import clean_text
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Workload
from workloads.lifecycle.policies import require

MAX_TOKENS = (64, 4_096)


@dataclass(frozen=True, slots=True)
class JudgeDraft:
    """What a version of a judge shall be. ``max_tokens`` is the longest output it may give."""

    criterion: str
    rubric: str
    given: Given
    entry: CatalogEntry
    calibration_set: DatasetVersion
    levels: Levels = Levels.TWO
    max_tokens: int = 400


@transaction.atomic
def make_judge(*, actor: User, workload: Workload, name: str, draft: JudgeDraft) -> JudgeVersion:
    """Make a judge with its first version. Raises Forbidden or Invalid (name and those below)."""
    require(actor, workload, "edit")
    lifecycle.locked_workload(workload.pk)
    title = name.strip().lower()
    if not NAME.fullmatch(title) or not 3 <= len(title) <= 40:
        raise Invalid.field(
            "name",
            "format",
            "Use 3 to 40 lower-case letters, digits and hyphens, such as faithful-to-documents.",
        )
    if Judge.objects.filter(workload=workload, name=title).exists():
        raise Invalid.field("name", "not_unique", "A judge of this name already exists here.")
    judge = Judge.objects.create(workload=workload, name=title, created_by=actor, updated_by=actor)
    return _version(actor, judge, draft)


@transaction.atomic
def make_version(*, actor: User, judge: Judge, draft: JudgeDraft) -> JudgeVersion:
    """Make the next version of a judge; it starts without a calibration of its own.

    Labels stay good as long as criterion, rubric, scale and what is given stay the same. Raises
    Forbidden, Invalid (criterion, rubric, entry, calibration_set, max_tokens) or Conflict
    (unchanged).
    """
    require(actor, judge.workload, "edit")
    lifecycle.locked_workload(judge.workload_id)
    return _version(actor, judge, draft)


def _version(actor: User, judge: Judge, draft: JudgeDraft) -> JudgeVersion:
    content, errors = _content(draft)
    errors += _entry_problems(draft.entry) + _set_problems(judge.workload, draft)
    least, most = MAX_TOKENS
    if not least <= draft.max_tokens <= most:
        words = f"A whole number from {least} to {most:,}; a verdict needs about 200."
        errors.append(FieldError("max_tokens", "out_of_range", words))
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    material = {
        **content.as_json(),
        "instructions": digest({"text": instructions(content)}),
        "schema": response_format(content.levels),
        "entry": draft.entry.digest(),
        "alias": draft.entry.gateway_alias,
        "snapshot": draft.entry.snapshot,
        "temperature": 0,
        "max_tokens": draft.max_tokens,
        "calibration_set": draft.calibration_set.digest,
    }
    before = judge.versions.order_by("-number").first()
    if before is not None and before.pairwise is not content.levels.pairwise:
        raise Invalid.field(
            "levels",
            "kind",
            "A judge that grades one answer stays one, and so does one that compares two. Make"
            " another judge.",
        )
    if before is not None and before.digest == digest(material):
        raise Conflict(f"Nothing changed since version {before.number}.", code="unchanged")
    last = judge.versions.aggregate(last=Max("number"))["last"] or 0
    version = JudgeVersion.objects.create(
        judge=judge,
        number=last + 1,
        criterion=content.criterion,
        rubric=content.rubric,
        levels=content.levels,
        given=content.given,
        entry=draft.entry,
        alias=draft.entry.gateway_alias,
        snapshot=draft.entry.snapshot,
        max_tokens=draft.max_tokens,
        calibration_set=draft.calibration_set,
        criterion_digest=content.digest(),
        digest=digest(material),
        created_by=actor,
        updated_by=actor,
    )
    audit.record(
        actor=actor,
        action="judge.version_made",
        kind="judge",
        ref=f"{judge.workload.ref}/{judge.name}",
        workload=judge.workload.ref,
        detail={"version": version.number, "digest": version.digest, "model": version.alias},
    )
    return version


def _content(draft: JudgeDraft) -> tuple[Content, list[FieldError]]:
    errors: list[FieldError] = []
    texts = {}
    for name, given, least, most, line in (
        ("criterion", draft.criterion, 10, 300, True),
        ("rubric", draft.rubric, 30, 6_000, False),
    ):
        try:
            texts[name] = clean_text(
                given, field=name, minimum=least, maximum=most, single_line=line
            )
        except Invalid as problem:
            errors.extend(problem.errors)
    content = Content(
        texts.get("criterion", ""), texts.get("rubric", ""), draft.levels, draft.given
    )
    return content, errors


def _entry_problems(entry: CatalogEntry) -> list[FieldError]:
    if not entry.is_usable(now().date()):
        words = f"{entry.gateway_alias} may not be called: it is not approved, or no longer."
        return [FieldError("entry", "not_usable", words)]
    if price_row_of(entry) is None:
        words = f"{entry.gateway_alias} has no price in the catalog; judging is never free of one."
        return [FieldError("entry", "price_missing", words)]
    return []


def _set_problems(workload: Workload, draft: JudgeDraft) -> list[FieldError]:
    chosen = draft.calibration_set
    dataset = chosen.dataset
    if dataset.workload_id != workload.pk or dataset.purpose != Purpose.CALIBRATION:
        words = "Choose a committed calibration dataset of this workload."
        return [FieldError("calibration_set", "choice", words)]
    held_out = chosen.lines.filter(revision__held_out=True).count()
    if held_out:
        words = (
            f"{held_out} of {chosen.n} examples are held out. People who write prompts label too,"
            " and a judge's checks repeat what they label: choose a set without held-out examples."
        )
        return [FieldError("calibration_set", "held_out", words)]
    lacking, answers = 0, answer_names(draft.levels)
    for given, context in chosen.lines.values_list("revision__input", "revision__context"):
        fields = given if isinstance(given, dict) else {}
        compared = fields.get(REFERENCE) if draft.given is Given.REFERENCE else context
        lacking += not (all(name in fields for name in answers) and compared)
    if lacking:
        needs = "reference in its input" if draft.given is Given.REFERENCE else "document"
        named = " and ".join(answers)
        words = (
            f"{lacking} of {chosen.n} examples lack what the judge needs: each has {named} in its"
            f" input, and a {needs}."
        )
        return [FieldError("calibration_set", "lacking", words)]
    return []
