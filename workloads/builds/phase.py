"""Phase 6: is the workload wired, observed and protected?"""

from collections.abc import Iterable, Mapping
from typing import ClassVar
from uuid import UUID

from django.urls import reverse

from portal.common.policy import policy
from workloads.briefs.selectors import brief_of
from workloads.builds.models import Build, Logging, TrialKind
from workloads.builds.selectors import build_of, changed_parts, last_trial, logging_problem
from workloads.builds.steps import INPUT_GUARDS, OUTPUT_GUARDS
from workloads.lifecycle.enums import Impact
from workloads.lifecycle.models import Cycle
from workloads.lifecycle.phases import Check, EvidenceItem, Phase
from workloads.prompts.selectors import candidate_version
from workloads.tuning.selectors import model_lock


class Building(Phase):
    """A build of the locked model and prompt, guarded, logged, and seen to answer."""

    key = "build"
    number = 6
    label = "Build"
    question = "Is the workload wired, observed and protected?"
    evidence_kinds = ("build",)
    url_name = "builds:build"
    impact: ClassVar[Mapping[str, Impact]] = {
        "brief.scope": Impact.RECONFIRM,
        "prompt.changed_after_baseline": Impact.REOPEN,
        "tuning.changed": Impact.REOPEN,
        "catalog.retired": Impact.REOPEN,
        "build.changed_after_campaign": Impact.REOPEN,
    }

    def evidence(self, cycle: Cycle) -> list[EvidenceItem]:
        """The latest build."""
        build = build_of(cycle)
        if build is None:
            return []
        return [EvidenceItem("build", cycle.workload.ref, str(build.number), build.digest)]

    def checks(self, cycle: Cycle) -> list[Check]:
        """Made of the locked parts, guarded, logged, alerted, tried."""
        link = reverse("builds:build", args=[cycle.workload.ref])
        build = build_of(cycle)
        if build is None:
            return [
                Check.of(
                    "build_made",
                    "Build made",
                    False,
                    detail="Put the locked model and the prompt together with their guards.",
                    link=link,
                    link_label="Make the build",
                    who="owner or contributor",
                )
            ]
        checks = [
            self._locked(cycle, build, link),
            self._guarded(build, link),
            self._logged(cycle, build, link),
            self._alerted(build, link),
            self._answers(build, link),
        ]
        if cycle.workload.tier != 1:
            checks.append(self._switched(build, link))
        return checks

    def _alerted(self, build: Build, link: str) -> Check:
        alerts = len(build.content["alerts"])
        wanted = int(policy().number("build", "alerts_min"))
        wrong = "" if alerts >= wanted else f"{alerts} set."
        return _check("alerts", f"At least {wanted} alerts", wrong, f"{alerts} set", link)

    def _answers(self, build: Build, link: str) -> Check:
        call = last_trial(build, TrialKind.CALL)
        words = "Try the build once." if call is None else _call_words(call.detail)
        wrong = "" if call is not None and call.passed else words
        label = "Answers through the gateway"
        return _check("build_answers", label, wrong, words, f"{link}#trials", "Try it")

    def _switched(self, build: Build, link: str) -> Check:
        drill = last_trial(build, TrialKind.KILL_SWITCH)
        wrong = "" if drill is not None and drill.passed else "Try the switch on this build."
        shown = "A call was refused while it was off."
        return _check("kill_switch", "Kill switch tried", wrong, shown, f"{link}#trials", "Try it")

    def _locked(self, cycle: Cycle, build: Build, link: str) -> Check:
        label = "Model and prompt are the locked ones"
        entry, version = model_lock(cycle), candidate_version(cycle.workload)
        wrong = ""
        if entry is None or entry.pk != build.model_lock_id:
            wrong = "The final model has changed; make a new build."
        elif build.model_digest != entry.digest():
            wrong = "The catalog entry of the model has changed; make a new build."
        elif version is None or version.pk != build.prompt_version_id:
            wrong = "The candidate prompt has changed; make a new build."
        shown = f"{build.model_lock.gateway_alias}, prompt version {build.prompt_version.number}"
        return _check("build_locked", label, wrong, shown, link)

    def _guarded(self, build: Build, link: str) -> Check:
        label = "Guards on, each with a passing test"
        on = set(build.content["parts"])
        broken = [name for name, works in build.part_tests.items() if not works]
        wrong = ""
        if not on & {part.name for part in INPUT_GUARDS}:
            wrong = "Switch on at least one input guard."
        elif not on & {part.name for part in OUTPUT_GUARDS}:
            wrong = "Switch on at least one output guard."
        elif broken:
            wrong = f"Its own test failed: {', '.join(broken)}."
        elif changed := changed_parts(build):
            wrong = f"Another version than was built: {', '.join(changed)}; make a new build."
        return _check("guards", label, wrong, f"{len(on)} parts on", link)

    def _logged(self, cycle: Cycle, build: Build, link: str) -> Check:
        kept = Logging(build.content["logging"])
        wrong = logging_problem(kept, brief_of(cycle).data_class)
        label = "Keeps no more than the data class allows"
        return _check("logging", label, wrong, kept.label, link)

    def contributors(self, cycle: Cycle) -> Iterable[UUID]:
        """Whoever made the build."""
        build = build_of(cycle)
        return [build.created_by_id] if build and build.created_by_id else []

    def note(self, cycle: Cycle) -> str:
        """The build's number."""
        build = build_of(cycle)
        return f"build {build.number}" if build else ""


def _check(code: str, label: str, wrong: str, shown: str, link: str, act: str = "") -> Check:
    """Return a check that fails with ``wrong`` and where to mend it, or passes with ``shown``."""
    if not wrong:
        return Check.of(code, label, True, detail=shown)
    return Check.of(
        code, label, False, detail=wrong, link=link, link_label=act, who="owner or contributor"
    )


def _call_words(detail: Mapping[str, object]) -> str:
    if detail.get("problem"):
        return str(detail["problem"])
    if detail.get("blocked"):
        return f"The sample was held back: {detail['blocked']}"
    if not detail.get("model_matches", True):
        return f"Another model answered: {detail.get('model')}."
    return f"{detail.get('model')} in {detail.get('latency_ms')} ms"
