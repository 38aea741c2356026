"""The values of an input are read in the order that was declared, not as the database keeps them."""

import pytest

from evaluations.datasets import services
from evaluations.datasets.enums import Purpose
from evaluations.datasets.heldout import sight_of
from evaluations.datasets.models import ExampleRevision
from evaluations.datasets.ordering import in_order
from evaluations.datasets.presentation import example_line
from evaluations.datasets.versioned import views_of
from evaluations.judges.prompting import case_of
from tests.factories import datasets, lives, people


def test_declared_values_come_first_and_none_is_lost() -> None:
    given = {"body": "b", "extra": "x", "subject": "s"}

    assert list(in_order(given, ["subject", "body", "absent"])) == ["subject", "body", "extra"]
    assert in_order("one text", ["subject"]) == "one text"


@pytest.mark.django_db
def test_a_subject_is_read_before_its_body() -> None:
    # given a dataset that declares its values, in another order than the database keeps
    owner = people.person("Owner")
    made = services.create_dataset(
        actor=owner,
        workload=lives.draft(owner),
        name="Letters",
        purpose=Purpose.GOLDEN,
        variables=["subject", "body"],
    )
    line = {"key": "one", "kind": "typical", "input": {"body": "Why so late?", "subject": "Bill"}}
    datasets.fill(owner, made, {**line, "expected": "late"})
    version = services.commit_version(actor=owner, dataset=made)

    # then people and judges read the subject first
    [example] = views_of(version)
    assert case_of(example, "").question == "subject: Bill\nbody: Why so late?"
    stored = ExampleRevision.objects.get()
    assert list(stored.input) == ["body", "subject"]
    line_shown = example_line(stored, sight_of(owner, made))
    assert [part.name for part in line_shown.given] == ["subject", "body"]
