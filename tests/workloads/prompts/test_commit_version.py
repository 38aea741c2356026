"""A committed version never changes, names its authors, and opens again what it replaces."""

import pytest
from django.db import ProgrammingError, connection, transaction

from portal.audit.models import AuditEvent
from portal.common.canonical import digest
from portal.common.errors import Conflict, Invalid
from tests.factories import lives, phase_four
from tests.factories import prompts as factory
from workloads.lifecycle.selectors import contributors, current_cycle, phase_record
from workloads.prompts import services
from workloads.prompts.models import PromptVersion
from workloads.prompts.selectors import candidate_version


@pytest.mark.django_db
def test_the_first_version_becomes_the_candidate() -> None:
    workload = lives.draft()
    factory.draft(workload)

    version = services.commit_version(actor=workload.owner, workload=workload)

    assert version.number == 1
    assert version.parent is None
    assert candidate_version(workload) == version


@pytest.mark.django_db
def test_the_digest_recomputes_from_what_is_stored() -> None:
    version = factory.commit(lives.draft(), few_shot=[{"input": "é", "output": "ü"}])

    again = PromptVersion.objects.get(pk=version.pk)
    assert digest(again.content) == again.digest == version.digest


@pytest.mark.django_db
def test_the_database_refuses_to_change_or_delete_it() -> None:
    version = factory.commit(lives.draft())

    for sql in (
        "UPDATE workloads_prompts_promptversion SET note = 'other'",
        "DELETE FROM workloads_prompts_promptversion",
        "UPDATE workloads_prompts_pointermove SET reason = 'other'",
        "DELETE FROM workloads_prompts_pointermove",
    ):
        with (
            pytest.raises(ProgrammingError, match="Cannot update or delete"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)
    version.refresh_from_db()
    assert version.note == "what a test changed"


@pytest.mark.django_db
def test_everybody_who_wrote_in_it_is_an_author() -> None:
    # given a draft by one person that another one commits
    workload = lives.draft()
    writer = phase_four.contributor(workload)
    factory.draft(workload, writer)
    version = services.commit_version(actor=workload.owner, workload=workload)

    # then both contributed, and who writes in the next draft does not yet
    later = phase_four.contributor(workload)
    factory.draft(workload, later, tone="Calm.")
    assert set(version.authors) == {writer.pk, workload.owner_id}
    found = contributors(current_cycle(workload), "prompting")
    assert writer.pk in found
    assert later.pk not in found


@pytest.mark.django_db
def test_authors_of_a_version_that_it_descends_from_count_too() -> None:
    workload = lives.draft()
    first = phase_four.contributor(workload)
    factory.commit(workload, first)
    factory.commit(workload, tone="Calm.")

    assert first.pk in contributors(current_cycle(workload), "prompting")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"persona": ""}, "persona"),
        ({"instructions": "{{ plan }}"}, "instructions"),
        ({"instructions": "key sk-" + "a1" * 12}, "instructions"),
    ],
)
def test_a_draft_with_a_problem_is_not_committed(changes: dict[str, str], field: str) -> None:
    workload = lives.draft()
    factory.draft(workload, **changes)

    with pytest.raises(Invalid) as refused:
        services.commit_version(actor=workload.owner, workload=workload)

    assert field in {error.field for error in refused.value.errors}
    assert not PromptVersion.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("note", ["", "   ", "a\x00b", "x" * 281, "two\nlines"])
def test_a_second_version_asks_for_a_note(note: str) -> None:
    workload = lives.draft()
    factory.commit(workload)
    factory.draft(workload, tone="Calm.")

    with pytest.raises(Invalid) as refused:
        services.commit_version(actor=workload.owner, workload=workload, note=note)

    assert [error.field for error in refused.value.errors] == ["note"]


@pytest.mark.django_db
def test_nothing_new_is_not_a_version() -> None:
    workload = lives.draft()
    factory.commit(workload)

    with pytest.raises(Conflict, match="Nothing differs from version 1"):
        services.commit_version(actor=workload.owner, workload=workload, note="again")


@pytest.mark.django_db
def test_a_draft_that_somebody_else_changed_is_not_committed_unseen() -> None:
    workload = lives.draft()
    factory.draft(workload)
    factory.draft(workload, tone="Calm.")

    with pytest.raises(Conflict) as refused:
        services.commit_version(actor=workload.owner, workload=workload, row_version=1)

    assert refused.value.code == "version_conflict"


@pytest.mark.django_db
def test_a_new_version_opens_what_was_measured_with_the_old_one() -> None:
    # given a workload that was evaluated and tuned
    workload = phase_four.workload("build")
    cycle = current_cycle(workload)

    # when a new version is committed
    factory.commit(workload, tone="Calm.")

    # then phase 3 and 5 are to be reconfirmed and phase 4 is open, each with its event
    states = {key: phase_record(cycle, key).state for key in ("prompting", "evaluation", "tuning")}
    assert states == {"prompting": "stale", "evaluation": "open", "tuning": "stale"}
    assert (
        AuditEvent.objects.filter(action="phase.reopened", workload_ref=workload.ref).count() == 1
    )
