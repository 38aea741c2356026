"""A file becomes the draft, whole or not at all, and descends from what it was exported from."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from portal.common.errors import Conflict, Forbidden, Invalid
from tests.factories import lives, people
from tests.factories import prompts as factory
from workloads.prompts import services
from workloads.prompts.files import write_file
from workloads.prompts.models import PromptVersion
from workloads.prompts.selectors import base_version, candidate_version, draft_content, prompt_of

pytestmark = pytest.mark.django_db


def exported(version: PromptVersion) -> bytes:
    return write_file(
        version.content,
        workload=version.prompt.workload.ref,
        version=version.number,
        digest=version.digest,
        note=version.note,
    ).encode()


def test_an_exported_version_comes_back_with_the_same_digest_in_another_workload() -> None:
    version = factory.commit(lives.draft(), tone="Calm.")
    other = lives.draft()

    services.import_file(actor=other.owner, workload=other, data=exported(version))
    again = services.commit_version(actor=other.owner, workload=other)

    assert again.digest == version.digest
    assert again.parent is None


def test_what_was_edited_outside_becomes_a_branch_of_its_version() -> None:
    # given version 1 in a repository, and a version 2 since
    workload = lives.draft()
    first = factory.commit(workload)
    factory.commit(workload, tone="Calm.")
    edited = exported(first).replace(b"Name the queue", b"Name the one queue")

    # when the edited file is imported and committed
    services.import_file(actor=workload.owner, workload=workload, data=edited)
    third = services.commit_version(actor=workload.owner, workload=workload, note="from git")

    assert (third.number, third.parent) == (3, first)
    assert third.content["instructions"] == "Name the one queue of the ticket."
    assert candidate_version(workload) == third


def test_a_file_that_names_a_version_with_other_bytes_has_no_origin() -> None:
    workload = lives.draft()
    first = factory.commit(workload)
    second = factory.commit(workload, tone="Calm.")
    forged = exported(first).replace(first.digest.encode(), b"sha256:" + b"0" * 64)

    services.import_file(actor=workload.owner, workload=workload, data=forged)

    assert base_version(workload) == second


def test_a_digest_that_cannot_be_stored_is_no_origin() -> None:
    workload = lives.draft()
    first = factory.commit(workload)
    second = factory.commit(workload, tone="Calm.")
    forged = exported(first).replace(first.digest.encode(), b"sha256:\\u0000")

    services.import_file(actor=workload.owner, workload=workload, data=forged)

    assert base_version(workload) == second


def test_a_bad_file_changes_nothing() -> None:
    workload = lives.draft()
    factory.draft(workload)
    before = prompt_of(workload)

    with pytest.raises(Invalid):
        services.import_file(actor=workload.owner, workload=workload, data=b"+++\nx\n")

    after = prompt_of(workload)
    assert before is not None
    assert after is not None
    assert (after.draft, after.row_version) == (before.draft, before.row_version)


def test_a_draft_that_somebody_saved_meanwhile_is_not_replaced() -> None:
    workload = lives.draft()
    data = exported(factory.commit(workload))
    factory.draft(workload, tone="Somebody's.")

    with pytest.raises(Conflict):
        services.import_file(actor=workload.owner, workload=workload, data=data, row_version=1)

    assert draft_content(prompt_of(workload))["tone"] == "Somebody's."


def test_only_the_team_imports() -> None:
    workload = lives.draft()
    data = exported(factory.commit(workload))

    with pytest.raises(Forbidden):
        services.import_file(actor=people.auditor(), workload=workload, data=data)


def test_the_command_imports_and_commits(tmp_path: Path) -> None:
    workload = lives.draft()
    path = tmp_path / "tickets.prompt"
    path.write_bytes(exported(factory.commit(lives.draft(), tone="Calm.")))
    out = StringIO()

    call_command("import_prompt", workload.ref, path, "--commit", "--note", "from git", stdout=out)

    version = candidate_version(workload)
    assert version is not None
    assert version.content["tone"] == "Calm."
    assert version.digest in out.getvalue()


def test_the_command_says_each_line_that_is_wrong_and_changes_nothing(tmp_path: Path) -> None:
    workload = lives.draft()
    path = tmp_path / "bad.prompt"
    path.write_text('+++\nformat = "assay-prompt/1"\n+++\n=== person\nx\n')
    told = StringIO()

    with pytest.raises(CommandError):
        call_command("import_prompt", workload.ref, path, stderr=told)

    assert "line 4" in told.getvalue()
    assert prompt_of(workload) is None


@pytest.mark.parametrize(
    ("ref", "person", "words"),
    [("WL-9999", "", "no workload"), ("", "nobody@x.example", "no active account")],
)
def test_the_command_says_who_or_what_is_missing(ref: str, person: str, words: str) -> None:
    workload = lives.draft()

    with pytest.raises(CommandError, match=words):
        call_command("import_prompt", ref or workload.ref, "missing.prompt", "--as", person)


def test_the_command_exports_what_it_imports(tmp_path: Path) -> None:
    version = factory.commit(lives.draft(), persona="=== persona\n+++")
    out = StringIO()

    call_command("export_prompt", version.prompt.workload.ref, "--version", "1", stdout=out)

    assert out.getvalue().encode() == exported(version)
