"""Comments by answer: who may speak, what stays for ever, when a discussion is over."""

import pytest
from django.db import Error as DatabaseError
from django.db import transaction

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.common.errors import Conflict, Forbidden, Invalid
from tests.factories import briefs, lives, people
from workloads.briefs import services
from workloads.briefs.models import Brief, Remark
from workloads.briefs.threads import Thread, thread_of, threads_of
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import contributors, current_cycle

pytestmark = pytest.mark.django_db


def thread(workload: Workload, field: str = "users") -> Thread:
    return thread_of(Brief.objects.get(cycle__workload=workload), field)


def member(workload: Workload, role: str) -> User:
    user = people.person(role.title())
    lifecycle.add_member(actor=workload.owner, workload=workload, user=user, role=role)
    return user


@pytest.mark.parametrize("role", ["owner", "contributor", "rater", "observer", "reviewer"])
def test_whoever_sees_the_workload_may_speak(role: str) -> None:
    owner, workload, _ = briefs.scene()
    speakers = {"owner": lambda: owner, "reviewer": lambda: people.reviewer("risk")}
    actor = speakers[role]() if role in speakers else member(workload, role)
    services.comment(actor=actor, workload=workload, field="users", text="Who else?")
    found = thread(workload)
    assert (found.count, found.is_open) == (1, True)
    assert found.last is not None
    assert (found.last.author, found.last.version) == (actor, 1)


@pytest.mark.parametrize("who", ["auditor", "stranger", "administrator"])
def test_an_auditor_writes_nothing_and_a_stranger_sees_nothing(who: str) -> None:
    _, workload, _ = briefs.scene()
    actor = getattr(people, who)()
    with pytest.raises(Forbidden) as refused:
        services.comment(actor=actor, workload=workload, field="users", text="Who else?")
    assert refused.value.code == "role"
    assert not Remark.objects.exists()


def test_a_discussion_is_resolved_reopened_and_begun_again_by_a_comment() -> None:
    owner, workload, _ = briefs.scene()
    reviewer = people.reviewer("risk")
    services.comment(actor=reviewer, workload=workload, field="users", text="Which desks?")
    services.resolve(actor=owner, workload=workload, field="users", text="Porto and Leeds.")
    assert thread(workload).resolved
    services.reopen(actor=reviewer, workload=workload, field="users")
    assert thread(workload).is_open
    services.resolve(actor=reviewer, workload=workload, field="users")
    services.comment(actor=owner, workload=workload, field="users", text="One more thing.")
    found = thread(workload)
    assert (found.is_open, found.count, len(found.lines)) == (True, 2, 5)
    actions = (
        AuditEvent.objects.filter(action__startswith="brief.")
        .order_by("seq")
        .values_list("action", flat=True)
    )
    assert list(actions)[-5:] == [
        "brief.commented", "brief.discussion_resolved", "brief.discussion_reopened",
        "brief.discussion_resolved", "brief.commented",
    ]  # fmt: skip


def test_only_what_is_open_is_resolved_and_only_what_is_resolved_reopened() -> None:
    owner, workload, _ = briefs.scene()
    with pytest.raises(Conflict, match="no open discussion"):
        services.resolve(actor=owner, workload=workload, field="users")
    with pytest.raises(Conflict, match="not resolved"):
        services.reopen(actor=owner, workload=workload, field="users")


def test_what_was_said_stays_in_the_database() -> None:
    owner, workload, _ = briefs.scene()
    services.comment(actor=owner, workload=workload, field="users", text="As it is.")
    with pytest.raises(DatabaseError), transaction.atomic():
        Remark.objects.update(text="Something else.")
    with pytest.raises(DatabaseError), transaction.atomic():
        Remark.objects.all().delete()


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("users", "", "blank"), ("users", " \u200b ", "blank"), ("users", "x" * 2_001, "max_length"),
        ("users", "a\x00b", "null_character"), ("users", "a\ud800", "surrogate"),
        ("nothing", "Words", "unknown_field"), ("", "Words", "unknown_field"),
    ],
)  # fmt: skip
def test_what_cannot_be_said(field: str, text: str, code: str) -> None:
    owner, workload, _ = briefs.scene()
    with pytest.raises(Invalid) as refused:
        services.comment(actor=owner, workload=workload, field=field, text=text)
    assert refused.value.errors[0].code == code


def test_a_brief_that_nobody_began_has_nothing_to_speak_about() -> None:
    workload = lives.draft()
    with pytest.raises(Conflict, match="Nothing is written"):
        services.comment(actor=workload.owner, workload=workload, field="users", text="Who?")
    assert not Brief.objects.exists()


def test_speaking_changes_no_answer_no_gate_and_makes_nobody_an_author() -> None:
    owner, workload, brief = briefs.scene()
    reviewer = people.reviewer("risk")
    services.submit_brief(actor=owner, workload=workload)
    services.comment(actor=reviewer, workload=workload, field="users", text="Who else?")
    cycle = current_cycle(workload)
    assert cycle.phase_records.get(phase="scoping").state == "passed"
    assert reviewer.pk not in contributors(cycle, "scoping")
    before = brief.row_version
    brief.refresh_from_db()
    assert brief.row_version == before


def test_threads_come_with_the_newest_word_first() -> None:
    owner, workload, brief = briefs.scene()
    for field in ("users", "kpis", "audience", "users"):
        services.comment(actor=owner, workload=workload, field=field, text="Words")
    assert list(threads_of(brief)) == ["users", "audience", "kpis"]
