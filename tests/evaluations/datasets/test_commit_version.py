"""Committing a draft: numbered, content-addressed, immutable, and told to the lifecycle."""

import pytest
from django.db import ProgrammingError, connection, transaction

from evaluations.datasets import services
from evaluations.datasets.enums import ImportMode, Purpose
from evaluations.datasets.models import DatasetVersion, ExampleRevision, VersionExample
from evaluations.datasets.phase import dataset_card, few_shot_checks
from evaluations.datasets.selectors import golden_version, shares, version_digest
from evaluations.datasets.versioned import views_of
from portal.audit.models import AuditEvent
from portal.common.errors import Conflict, Forbidden, NotReady
from tests.factories import datasets, lives, people, runs
from tests.factories.racing import at_once
from workloads.lifecycle.enums import CheckState
from workloads.lifecycle.selectors import current_cycle
from workloads.prompts.models import PointerMove

pytestmark = pytest.mark.django_db


def test_a_version_holds_its_examples_in_order_and_its_digest_recomputes() -> None:
    workload = lives.draft()
    version = datasets.golden(workload.owner, workload, 12)
    views = views_of(version)
    assert [one.view.key for one in views] == [f"t-{i:04d}" for i in range(12)]
    assert views[3].given == {"subject": "Ticket 3", "body": "This is what ticket 3 is about."}
    lines = VersionExample.objects.filter(version=version).select_related("revision")
    again = version_digest((x.revision.key, x.revision.digest) for x in lines.order_by("position"))
    assert again == version.digest


def test_an_edited_example_keeps_its_key_and_the_old_version_its_words() -> None:
    # given a committed version
    workload = lives.draft()
    owner = workload.owner
    first = datasets.golden(owner, workload, 5)
    # when one example is imported again with another answer, and committed
    changed = datasets.ticket(2, expected={"category": "PRAISE", "urgent": False})
    datasets.fill(owner, first.dataset, changed)
    second = services.commit_version(actor=owner, dataset=first.dataset, note="Ticket 2 corrected")
    # then both versions hold it under one key, each as it was
    old, new = views_of(first)[2], views_of(second)[2]
    assert old.view.key == new.view.key
    assert old.view.expected != new.view.expected
    assert second.number == 2
    assert {x.revision_id for x in views_of(first)} & {x.revision_id for x in views_of(second)}


def test_the_database_refuses_to_change_what_was_committed() -> None:
    workload = lives.draft()
    version = datasets.golden(workload.owner, workload, 3)
    for model in (DatasetVersion, ExampleRevision, VersionExample):
        table = model._meta.db_table
        for act in (f"DELETE FROM {table}", f"UPDATE {table} SET id = id"):
            with (
                pytest.raises(ProgrammingError, match="Cannot"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(act)
    assert DatasetVersion.objects.get(pk=version.pk).digest == version.digest


def test_an_empty_draft_and_an_unchanged_one_are_not_committed() -> None:
    workload = lives.draft()
    owner = workload.owner
    made = datasets.dataset(owner, workload)
    with pytest.raises(NotReady):
        services.commit_version(actor=owner, dataset=made)
    datasets.fill(owner, made, datasets.ticket(1))
    services.commit_version(actor=owner, dataset=made)
    with pytest.raises(Conflict) as refused:
        services.commit_version(actor=owner, dataset=made, note="again")
    assert refused.value.code == "unchanged"


def test_only_the_owner_and_contributors_change_a_dataset() -> None:
    workload = lives.draft()
    made = datasets.dataset(workload.owner, workload)
    for person in (people.stranger(), people.auditor(), people.reviewer("risk")):
        with pytest.raises(Forbidden):
            datasets.fill(person, made, datasets.ticket(1))
        with pytest.raises(Forbidden):
            services.commit_version(actor=person, dataset=made)


def test_each_change_leaves_one_audit_event() -> None:
    workload = lives.draft()
    owner = workload.owner
    version = datasets.golden(owner, workload, 3)
    services.remove_examples(actor=owner, dataset=version.dataset, keys=["t-0001", "none"])
    actions = AuditEvent.objects.filter(subject_ref=version.dataset.ref).order_by("seq")
    assert list(actions.values_list("action", flat=True)) == [
        "dataset.created",
        "dataset.imported",
        "dataset.committed",
        "dataset.examples_removed",
    ]


def test_the_golden_version_is_the_latest_of_the_golden_dataset() -> None:
    workload = lives.draft()
    owner = workload.owner
    assert golden_version(workload) is None
    version = datasets.golden(owner, workload, 3)
    other = services.create_dataset(
        actor=owner, workload=workload, name="Training", purpose=Purpose.TRAINING
    )
    datasets.fill(owner, other, datasets.ticket(50))
    services.commit_version(actor=owner, dataset=other)
    assert golden_version(workload) == version


def test_shares_are_held_against_the_policy() -> None:
    kinds = {one.kind: one for one in shares({"typical": 90, "edge": 9, "adversarial": 1})}
    assert kinds["typical"].enough
    assert not kinds["edge"].enough
    assert kinds["adversarial"].share == pytest.approx(0.01)


def test_a_few_shot_example_from_the_golden_dataset_keeps_the_prompts_gate_shut() -> None:
    # given a candidate prompt one of whose few-shot examples is golden ticket 3
    scene = runs.scene(6, ("alpha",))
    shot = {"input": datasets.ticket(3)["input"], "output": "PRAISE"}
    leaking = runs.prompt(scene.owner, scene.workload, few_shot=[shot])
    move = PointerMove(prompt=leaking.prompt, pointer="candidate", to=leaking, by=scene.owner)
    move.at = leaking.created_at
    move.save()
    # then the check of phase 3 names it
    check = few_shot_checks(current_cycle(scene.workload))[0]
    assert check.state == CheckState.FAIL
    assert "t-0003" in check.detail


def test_a_cited_version_is_found_with_its_present_digest() -> None:
    workload = lives.draft()
    version = datasets.golden(workload.owner, workload, 3)
    card = dataset_card(version.dataset.ref, "1")
    assert card is not None
    assert card.present_digest == version.digest
    assert dataset_card(version.dataset.ref, "2") is None
    assert dataset_card(version.dataset.ref, "x") is None


@pytest.mark.django_db(transaction=True)
def test_two_people_who_commit_at_once_make_one_version() -> None:
    workload = lives.draft()
    made = datasets.dataset(workload.owner, workload)
    datasets.fill(workload.owner, made, *(datasets.ticket(i) for i in range(10)))

    def commit() -> None:
        services.commit_version(actor=workload.owner, dataset=made, note="now")

    raised = at_once([commit] * 4)

    assert [getattr(problem, "code", problem) for problem in raised] == ["unchanged"] * 3
    assert DatasetVersion.objects.filter(dataset=made).count() == 1


def test_a_confirmed_upload_is_imported_once() -> None:
    workload = lives.draft()
    owner = workload.owner
    made = datasets.dataset(owner, workload)
    upload = services.upload_file(
        actor=owner,
        dataset=made,
        filename="rows.jsonl",
        data=datasets.jsonl(datasets.ticket(1)),
        mode=ImportMode.ADD,
    )
    assert services.confirm_import(actor=owner, upload=upload) == 1
    with pytest.raises(Conflict):
        services.confirm_import(actor=owner, upload=upload)
    upload.refresh_from_db()
    assert bytes(upload.data) == b""
