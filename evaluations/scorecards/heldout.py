"""The one place that decides what of a held-out example somebody sees beside its scores.

An example that is held out is for the last check of a prompt: whoever wrote a version or the draft
of one of the workload's prompts sees that it is there and how it scored, never what it holds.
Everybody else sees its content when they ask for it, and the audit log says that they did.
"""

from dataclasses import dataclass

from django.db.models import Q

from evaluations.datasets.models import Dataset, ExampleRevision
from portal.accounts.selectors import AnyUser
from portal.common.readonce import read_once
from workloads.lifecycle.models import Workload
from workloads.prompts.models import Prompt, PromptVersion

HELD_OUT = "heldout"


@dataclass(frozen=True, slots=True)
class Sight:
    """What one person sees: ``allowed`` when no prompt is theirs, ``shown`` when they asked."""

    allowed: bool
    shown: bool

    def holds_out(self, example: ExampleRevision) -> bool:
        """Whether the example belongs to the held-out slice, however its tag is spelled."""
        return any("".join(filter(str.isalnum, tag.casefold())) == HELD_OUT for tag in example.tags)

    def hides(self, example: ExampleRevision) -> bool:
        """Whether the example's content is kept from this person now."""
        return self.holds_out(example) and not (self.allowed and self.shown)


@read_once
def is_prompt_author(user: AnyUser, workload: Workload) -> bool:
    """Whether ``user`` wrote in a version or in the draft of a prompt of the workload."""
    if user.pk is None:
        return False
    wrote = Q(authors__contains=[user.pk]) | Q(created_by=user.pk)
    return (
        PromptVersion.objects.filter(wrote, prompt__workload=workload).exists()
        or Prompt.objects.filter(workload=workload, draft_authors__contains=[user.pk]).exists()
    )


def sight_of(user: AnyUser, dataset: Dataset, *, shown: bool = False) -> Sight:
    """Return what ``user`` sees of the held-out examples; ``shown`` when they asked to see them.

    Whoever shows content by it records the reading (`services.record_reading`).
    """
    allowed = not is_prompt_author(user, dataset.workload)
    return Sight(allowed, shown and allowed)
