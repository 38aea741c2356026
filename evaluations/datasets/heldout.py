"""The held-out slice: whose eyes it is kept from, and what they see instead.

An example that is held out is for the last check of a prompt. Whoever wrote a version or the draft
of one of the workload's prompts sees that it is there (its key, its kind, how many), never what it
holds, nor what was answered to it and how that scored: only figures over many examples. Everybody
else sees its content when they ask for it, and the audit log says that they did.
"""

from dataclasses import dataclass
from typing import Protocol

from django.db.models import Q

from evaluations.datasets.models import Dataset, DatasetVersion, DraftExample
from evaluations.datasets.ordering import input_names
from portal.accounts.selectors import AnyUser
from portal.common.readonce import read_once
from workloads.lifecycle.models import Workload
from workloads.prompts.models import Prompt, PromptVersion


class Example(Protocol):
    """What decides whether an example is hidden."""

    @property
    def key(self) -> str:
        """Its identity over edits."""

    @property
    def held_out(self) -> bool:
        """Whether it is held out."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What one person sees of the held-out examples of a dataset.

    ``allowed``: no prompt of the workload is theirs. ``shown``: they asked to see. ``keys`` are
    held out in the draft now, and therefore hidden in versions from before that too. ``names``
    are the values of an input in the order in which they are read.
    """

    allowed: bool
    shown: bool
    keys: frozenset[str]
    names: tuple[str, ...] = ()

    def holds_out(self, example: Example) -> bool:
        """Whether the example belongs to the held-out slice."""
        return example.held_out or example.key in self.keys

    def hides(self, example: Example) -> bool:
        """Whether the example's content is kept from this person now."""
        return self.holds_out(example) and not (self.allowed and self.shown)

    def withholds(self, example: Example) -> bool:
        """Whether what a model made of the example is kept from this person too, however asked.

        An answer, a score or its reason tells what was asked: a pattern looked for in an answer
        that repeats its input is a question about the input.
        """
        return self.holds_out(example) and not self.allowed


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


def may_see_content(user: AnyUser, dataset: Dataset) -> bool:
    """Whether ``user`` may see what held-out examples of the dataset hold.

    Whether they may see the dataset at all is another question: ask `dataset_for` first.
    """
    return not is_prompt_author(user, dataset.workload)


def held_out_keys(dataset: Dataset) -> frozenset[str]:
    """Return the keys of the examples that the draft holds out."""
    lines = DraftExample.objects.filter(dataset=dataset, revision__held_out=True)
    return frozenset(lines.values_list("key", flat=True))


def may_see_all(user: AnyUser, workload: Workload) -> bool:
    """Whether nothing that any dataset of the workload holds out is kept from ``user``."""
    if not is_prompt_author(user, workload):
        return True
    drafted = DraftExample.objects.filter(dataset__workload=workload, revision__held_out=True)
    committed = DatasetVersion.objects.filter(dataset__workload=workload, held_out__gt=0)
    return not (drafted.exists() or committed.exists())


def sight_of(user: AnyUser, dataset: Dataset, *, shown: bool = False) -> Sight:
    """Return what ``user`` sees of the held-out examples; ``shown`` when they asked to see them.

    Whoever shows content by it records the reading (`services.record_reading`).
    """
    allowed = may_see_content(user, dataset)
    names = tuple(input_names(dataset))
    return Sight(allowed, shown and allowed, held_out_keys(dataset), names)
