"""Saying that what looks like a secret is none."""

from django.db import transaction

from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.clock import now
from portal.common.errors import Conflict, Invalid
from portal.common.text import clean_text
from workloads.lifecycle import policies
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Workload
from workloads.prompts.models import FalseAlarm
from workloads.prompts.secrets import findings
from workloads.prompts.selectors import cleared_findings, draft_content, prompt_of

REASON_MIN = 15
REASON_MAX = 280


@transaction.atomic
def clear_false_alarm(*, actor: User, workload: Workload, finding: str, reason: str) -> FalseAlarm:
    """Note that the text with the digest ``finding`` in the saved draft is no secret, and why.

    It counts for that text alone, and stays readable beside every version that holds it. Raises
    Forbidden, Invalid (no such finding; a reason of 15 to 280 characters) or Conflict (cleared
    already).
    """
    lifecycle.locked_workload(workload.pk)
    policies.require(actor, workload, "edit")
    prompt = prompt_of(workload)
    found = {one.digest: one for one in findings(draft_content(prompt))}.get(finding)
    if prompt is None or found is None:
        raise Invalid.field(
            "finding", "choice", "The saved draft holds no such text; save it first."
        )
    words = clean_text(reason, field="reason", minimum=REASON_MIN, maximum=REASON_MAX)
    if finding in cleared_findings(prompt):
        raise Conflict("Somebody said so already.", code="unchanged")
    alarm = FalseAlarm.objects.create(
        prompt=prompt, finding=finding, shown=found.shown, reason=words, at=now(), by=actor
    )
    audit.record(
        actor=actor,
        action="prompt.false_alarm",
        kind="prompt",
        ref=f"{workload.ref}/draft",
        workload=workload.ref,
        detail={"finding": finding, "shown": found.shown, "reason": words},
    )
    return alarm
