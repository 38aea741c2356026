"""Editing a draft: one example, many at once, what is declared, and taking a version up again."""

from typing import Any

import pytest

from evaluations.datasets import services
from evaluations.datasets.checks import findings
from evaluations.datasets.enums import DataClass, Purpose
from evaluations.datasets.exporting import as_line
from evaluations.datasets.models import Dataset, DatasetVersion, DraftExample, ExampleRevision
from evaluations.datasets.quality import findings_of
from evaluations.datasets.selectors import draft_example, draft_revisions, version_revisions
from evaluations.datasets.services.drafting import example_of
from portal.audit.models import AuditEvent
from portal.common.errors import Conflict, Forbidden, Invalid, NotReady
from tests.factories import datasets, lives, people
from workloads.briefs.models import Brief
from workloads.lifecycle.selectors import current_cycle

pytestmark = pytest.mark.django_db
REASON = "The attack is out of date and the new one covers it."


@pytest.fixture
def version() -> DatasetVersion:
    workload = lives.draft()
    return datasets.golden(workload.owner, workload, 12)


def draft(made: Dataset) -> dict[str, ExampleRevision]:
    return {one.key: one for one in draft_revisions(made)}


def refused(problem: pytest.ExceptionInfo[Invalid]) -> tuple[str, str]:
    return problem.value.errors[0].field, problem.value.errors[0].code


def test_an_edited_example_keeps_its_key_and_its_place(version: DatasetVersion) -> None:
    made, owner = version.dataset, version.dataset.workload.owner
    before = draft(made)["t-0003"]
    values = {"input": before.input, "expected": {"category": "PRAISE"}, "kind": "edge"}
    # when it is edited, then again by somebody who saw it as it was before
    after = services.edit_example(
        actor=owner, dataset=made, key="t-0003", values=values, seen=before.digest
    )
    with pytest.raises(Conflict) as conflict:
        services.edit_example(
            actor=owner, dataset=made, key="t-0003", values=values, seen=before.digest
        )
    # then the draft has it, the version does not, and the second is told
    assert list(draft(made))[3] == "t-0003"
    assert (after.kind, after.expected) == ("edge", {"category": "PRAISE"})
    assert {one.key: one.digest for one in version_revisions(version)}["t-0003"] == before.digest
    assert conflict.value.code == "changed"
    assert AuditEvent.objects.filter(action="dataset.example_edited").count() == 1


def test_a_new_example_follows_the_rules_of_an_import(version: DatasetVersion) -> None:
    made, owner = version.dataset, version.dataset.workload.owner
    new = {"input": {"subject": "New", "body": "One more."}, "expected": {"category": "BUG_REPORT"}}
    added = services.add_example(actor=owner, dataset=made, values={"key": "n-1", **new})
    assert (added.source, added.created_by) == ("authored", owner)
    for values, problem in (
        ({"key": "n-1", "input": "x", "expected": "y"}, ("key", "not_unique")),
        ({"key": "n-2", **new}, ("input", "duplicate")),
        ({"input": ""}, ("input", "required")),
        ({"input": "q", "expected": "a", "weight": 20}, ("weight", "out_of_range")),
        ({"input": "q", "expected": "a", "held_out": "perhaps"}, ("held_out", "choice")),
    ):
        with pytest.raises(Invalid) as caught:
            services.add_example(actor=owner, dataset=made, values=values)
        assert refused(caught) == problem
    with pytest.raises(Forbidden):
        services.add_example(actor=people.reviewer("risk"), dataset=made, values=new)


def test_many_are_changed_at_once(version: DatasetVersion) -> None:
    made, owner = version.dataset, version.dataset.workload.owner
    keys = ["t-0001", "t-0002", "gone", "a\x00b"]

    def change(act: services.Act, value: str = "") -> int:
        return services.change_examples(actor=owner, dataset=made, keys=keys, act=act, value=value)

    assert change("tag", "billing") == 2
    assert change("tag", "billing") == 0
    assert change("kind", "edge") == 2
    assert change("hold_out") == 2
    one = draft(made)["t-0001"]
    assert (one.tags, one.kind, one.held_out) == (["billing"], "edge", True)
    assert change("untag", "billing") == 2
    assert change("release") == 2
    assert change("remove") == 2
    assert len(draft(made)) == 10
    for act, value in (("kind", "odd"), ("tag", ""), ("tag", "Held-Out"), ("melt", "")):
        with pytest.raises(Invalid):
            change(act, value)  # type: ignore[arg-type]


def test_a_version_is_taken_up_again_as_it_was(version: DatasetVersion) -> None:
    made, owner = version.dataset, version.dataset.workload.owner
    services.remove_examples(actor=owner, dataset=made, keys=["t-0001"])
    datasets.fill(owner, made, datasets.ticket(40))
    services.commit_version(actor=owner, dataset=made, note="another")
    assert services.restore_version(actor=owner, version=version) == 12
    with pytest.raises(Conflict) as kept:
        services.commit_version(actor=owner, dataset=made, note="once more")
        services.commit_version(actor=owner, dataset=made, note="and again")
    assert kept.value.code == "unchanged"
    assert [(o.key, o.digest) for o in version_revisions(version)] == [
        (o.key, o.digest) for o in draft_revisions(made)
    ]


def test_an_adversarial_example_leaves_only_with_a_reviewers_word(version: DatasetVersion) -> None:
    made, owner = version.dataset, version.dataset.workload.owner
    # given a draft in which one adversarial example is gone, and one calls itself typical
    datasets.fill(owner, made, datasets.ticket(19))
    second = services.commit_version(actor=owner, dataset=made, note="two of them")
    services.remove_examples(actor=owner, dataset=made, keys=["t-0009"])
    services.change_examples(
        actor=owner, dataset=made, keys=["t-0019"], act="kind", value="typical"
    )

    def commit() -> DatasetVersion:
        return services.commit_version(actor=owner, dataset=made, note="without")

    with pytest.raises(NotReady) as kept_back:
        commit()
    assert kept_back.value.code == "adversarial_removed"
    # when its owner says yes, nothing; when a reviewer does, for one of them, the other stays
    with pytest.raises(Forbidden):
        services.agree_to_removal(actor=owner, dataset=made, keys=["t-0009"], reason=REASON)
    reviewer = people.reviewer("risk")
    for keys in ([], ["t-0001"]):
        with pytest.raises(Invalid):
            services.agree_to_removal(actor=reviewer, dataset=made, keys=keys, reason=REASON)
    services.agree_to_removal(actor=reviewer, dataset=made, keys=["t-0009"], reason=REASON)
    with pytest.raises(NotReady, match="t-0019"):
        commit()
    services.agree_to_removal(actor=reviewer, dataset=made, keys=["t-0019"], reason=REASON)
    assert commit().number == second.number + 1


@pytest.mark.parametrize(
    ("change", "how"),
    [
        ({"must_not_include": []}, "says something else"),
        ({"input": {"subject": "Hello", "body": "Thank you."}}, "says something else"),
        ({"expects": "clarify"}, "says something else"),
        ({"weight": 0.1}, "counts 0.1 times and not 1"),
        ({"kind": "edge"}, "is edge now"),
    ],
)
def test_an_adversarial_example_is_not_talked_round_either(
    version: DatasetVersion, change: dict[str, Any], how: str
) -> None:
    # given an attack of the last version that its owner edits until it is none
    made, owner = version.dataset, version.dataset.workload.owner
    attack = datasets.ticket(9, expects="refuse", must_not_include=["the price list"])
    datasets.fill(owner, made, datasets.ticket(19))
    datasets.fill(owner, made, {**attack, "key": "attack", "input": {"subject": "Attack"}})
    services.commit_version(actor=owner, dataset=made, note="with an attack")
    before = draft_example(made, "attack")
    values = {**as_line(example_of(before)), **change}
    services.edit_example(
        actor=owner, dataset=made, key="attack", values=values, seen=before.digest
    )
    # then it is not committed before a reviewer agrees
    with pytest.raises(NotReady, match=f"attack {how}"):
        services.commit_version(actor=owner, dataset=made, note="milder")
    reviewer = people.reviewer("risk")
    services.agree_to_removal(actor=reviewer, dataset=made, keys=["attack"], reason=REASON)
    assert services.commit_version(actor=owner, dataset=made, note="milder").number == 3


def test_what_an_attack_tests_may_be_named_tagged_and_held_out_otherwise(
    version: DatasetVersion,
) -> None:
    made, owner = version.dataset, version.dataset.workload.owner
    for act, value in (("tag", "phishing"), ("hold_out", "")):
        services.change_examples(actor=owner, dataset=made, keys=["t-0009"], act=act, value=value)
    assert services.commit_version(actor=owner, dataset=made, note="tagged").number == 2


def test_a_new_golden_dataset_says_what_it_leaves_behind(version: DatasetVersion) -> None:
    workload, owner = version.dataset.workload, version.dataset.workload.owner
    # given another golden dataset without the adversarial ticket 9
    made = datasets.dataset(owner, workload, "Easier tickets")
    datasets.fill(owner, made, *(datasets.ticket(i) for i in range(9)))

    def left_behind() -> list[tuple[str, tuple[str, ...]]]:
        return [
            (one.level, one.keys)
            for one in findings(made, draft_revisions(made))
            if one.code == "adversarial_left_behind"
        ]

    assert left_behind() == [("warn", ("t-0009",))]
    # when it is there under another key, it is there
    datasets.fill(owner, made, {**datasets.ticket(9), "key": "renamed"})
    assert left_behind() == []
    services.remove_examples(actor=owner, dataset=made, keys=["renamed"])
    # and it is said until a reviewer agrees, after the commit as before
    services.commit_version(actor=owner, dataset=made)
    assert left_behind() == [("warn", ("t-0009",))]
    services.agree_to_removal(
        actor=people.reviewer("risk"), dataset=made, keys=["t-0009"], reason=REASON
    )
    assert left_behind() == []


def test_what_is_declared_holds_for_every_way_in(version: DatasetVersion) -> None:
    made, owner = version.dataset, version.dataset.workload.owner
    said = {
        "name": made.name, "description": "", "sources": [], "data_class": DataClass.INTERNAL,
        "contains_pii": False, "variables": ["subject", "body"],
        "expected_schema": {"type": "object", "required": ["category"]},
    }  # fmt: skip
    made.refresh_from_db()
    made = services.edit_dataset(actor=owner, dataset=made, row_version=made.row_version, **said)
    for values, code in (
        ({"input": "text", "expected": {"category": "X"}}, "missing_variable"),
        ({"input": {"subject": "a", "body": "b", "cc": "c"}, "expected": {"category": "X"}},
         "unknown_variable"),
        ({"input": {"subject": "a", "body": "b"}, "expected": {"kind": "X"}}, "schema"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as caught:
            services.add_example(actor=owner, dataset=made, values=values)
        assert caught.value.errors[0].code == code
        with pytest.raises(Invalid):
            datasets.fill(owner, made, {"key": "x", **values})
    # and it is part of the version: the same examples under another declaration are another one
    second = services.commit_version(actor=owner, dataset=made, note="declared")
    assert second.declared["variables"] == ["subject", "body"]
    assert second.digest != version.digest
    with pytest.raises(Conflict):
        services.edit_dataset(actor=owner, dataset=made, row_version=1, **said)


def test_what_was_trained_on_is_no_golden_example(version: DatasetVersion) -> None:
    workload, owner = version.dataset.workload, version.dataset.workload.owner
    training = services.create_dataset(
        actor=owner, workload=workload, name="Training", purpose=Purpose.TRAINING
    )
    datasets.fill(owner, training, datasets.ticket(3), datasets.ticket(70))
    with pytest.raises(NotReady) as kept_back:
        services.commit_version(actor=owner, dataset=training)
    assert kept_back.value.code == "in_training_set"
    assert "t-0003" in kept_back.value.message
    services.remove_examples(actor=owner, dataset=training, keys=["t-0003"])
    services.commit_version(actor=owner, dataset=training)


def test_data_more_confidential_than_the_brief_says_is_refused() -> None:
    workload = lives.draft()
    Brief.objects.create(cycle=current_cycle(workload), data_class="internal")
    with pytest.raises(Invalid) as caught:
        services.create_dataset(
            actor=workload.owner, workload=workload, name="Letters",
            data_class=DataClass.CONFIDENTIAL,
        )  # fmt: skip
    assert refused(caught) == ("data_class", "too_confidential")
    for sources in ([{"type": "odd", "ref": "abc"}], [{"type": "own", "ref": ""}]):
        with pytest.raises(Invalid):
            services.create_dataset(
                actor=workload.owner, workload=workload, name="Letters", sources=sources
            )


def test_a_draft_says_what_speaks_against_it(version: DatasetVersion) -> None:
    made, owner = version.dataset, version.dataset.workload.owner
    said = {one.code: one for one in findings(made, draft_revisions(made))}
    assert {"size"} <= set(said)
    assert all(one.level == "warn" for one in said.values())
    services.add_example(
        actor=owner, dataset=made,
        values={"key": "pii", "input": "Write to ana@bank.example", "expected": "x"},
    )  # fmt: skip
    services.add_example(
        actor=owner, dataset=made,
        values={"key": "twin", "input": {"subject": "Ticket 3", "body": "This is what ticket 3 is"
                                         " about!"}, "expected": {"category": "PRAISE"}},
    )  # fmt: skip
    found = findings_of(made)
    assert found.problems["personal_data"] == ("pii",)
    assert ("t-0003", "twin") in {pair[:2] for pair in found.pairs}
    assert DraftExample.objects.filter(dataset=made).count() == 14
