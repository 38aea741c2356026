"""Versions, branches, files and false alarms on the page, with the way out of each refusal."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.factories import lives
from tests.factories import prompts as factory
from workloads.lifecycle.models import Workload
from workloads.prompts import services
from workloads.prompts.lineage import lineage
from workloads.prompts.models import PromptVersion
from workloads.prompts.selectors import candidate_version, draft_content, file_of, prompt_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def workload() -> Workload:
    return lives.draft()


@pytest.fixture
def page(client: Client, workload: Workload) -> Client:
    client.force_login(workload.owner)
    return client


def url(workload: Workload, name: str, *args: Any) -> str:
    return reverse(f"prompts:{name}", args=[workload.ref, *args])


def test_a_branch_is_drawn_and_listed_with_its_parent(page: Client, workload: Workload) -> None:
    first = factory.commit(workload)
    factory.commit(workload, tone="Calm.")
    straight = page.get(url(workload, "prompts")).content.decode()
    services.start_from(actor=workload.owner, workload=workload, version=first)
    factory.commit(workload, tone="Lively.")

    text = page.get(url(workload, "prompts")).content.decode()

    assert '<svg class="lineage"' not in straight
    assert 'aria-label="Version 3, from version 1, draft, candidate"' in text
    assert "begun from" in text


def test_a_lane_for_each_branch_and_none_more() -> None:
    drawn = lineage([(1, None), (2, 1), (3, 1), (4, 2), (5, 3), (6, 9)])

    assert [node.number for node in drawn.nodes] == [1, 2, 3, 4, 5, 6]
    assert drawn.lanes == 3
    rows = {node.number: node.y for node in drawn.nodes}
    assert rows[1] == rows[2] == rows[4]
    assert rows[3] == rows[5] != rows[1]
    assert len(drawn.paths) == 4


def test_restoring_from_the_page(page: Client, workload: Workload) -> None:
    factory.commit(workload)
    factory.commit(workload, tone="Calm.")

    answer = page.post(url(workload, "restore", 1), {"note": "it scored better"}, follow=True)
    again = page.post(url(workload, "restore", 1), {})

    assert "Version 1 is restored as version 3" in answer.content.decode()
    assert "it scored better" in answer.content.decode()
    assert again.status_code == 409
    assert "holds the same already" in again.content.decode()


def test_a_note_that_is_no_line_is_refused_and_kept(page: Client, workload: Workload) -> None:
    factory.commit(workload)
    factory.commit(workload, tone="Calm.")

    answer = page.post(url(workload, "restore", 1), {"note": "x" * 300})

    assert answer.status_code == 422
    assert "x" * 300 in answer.content.decode()


def test_beginning_a_branch_asks_before_it_drops_changes(page: Client, workload: Workload) -> None:
    factory.commit(workload)
    factory.draft(workload, tone="Unfinished")

    refused = page.post(url(workload, "start", 1), {})
    taken = page.post(url(workload, "start", 1), {"replace": "1"}, follow=True)

    assert refused.status_code == 409
    assert "changes that nobody committed" in refused.content.decode()
    assert "The draft now begins from version 1" in taken.content.decode()


def test_the_history_of_the_pointers(page: Client, workload: Workload) -> None:
    empty = page.get(url(workload, "pointers")).content.decode()
    factory.commit(workload)
    factory.commit(workload, tone="Calm.")

    text = page.get(url(workload, "pointers")).content.decode()

    assert "No pointer has moved yet" in empty
    assert text.count("what a test changed") == 4
    assert "not set" in text


def test_a_long_history_comes_in_pages(
    page: Client, workload: Workload, django_assert_max_num_queries: Any
) -> None:
    factory.commit(workload)
    factory.commit(workload, tone="Calm.")
    versions = list(PromptVersion.objects.order_by("number"))
    for turn in range(60):
        services.point_candidate(
            actor=workload.owner, workload=workload, version=versions[turn % 2]
        )

    with django_assert_max_num_queries(60):
        first = page.get(url(workload, "pointers")).content.decode()
    cursor = re.search(r"cursor=([\w-]+)", first)
    assert cursor
    second = page.get(url(workload, "pointers"), {"cursor": cursor[1]}).content.decode()

    assert "what a test changed" not in first
    assert "what a test changed" in second
    assert page.get(url(workload, "pointers"), {"cursor": "x"}).status_code == 400


def test_a_version_is_downloaded_and_uploaded(page: Client, workload: Workload) -> None:
    version = factory.commit(workload, tone="Calm.")
    factory.commit(workload, tone="Lively.")

    got = page.get(url(workload, "file", 1))
    sent = page.post(
        url(workload, "import"),
        {"row_version": "2", "file": SimpleUploadedFile("a.prompt", got.content)},
        follow=True,
    )

    assert got["Content-Disposition"] == f'attachment; filename="{workload.ref}-prompt-1.prompt"'
    assert got.content.decode() == file_of(version)
    assert "The draft is now what the file holds" in sent.content.decode()
    assert draft_content(prompt_of(workload)) == version.content


def test_a_pasted_file_is_read_as_it_was_copied(page: Client, workload: Workload) -> None:
    version = factory.commit(workload, instructions="One.\nTwo.")
    pasted = file_of(version).replace("\n", "\r\n")

    page.post(url(workload, "import"), {"row_version": "1", "text": pasted})

    assert draft_content(prompt_of(workload)) == version.content


@pytest.mark.parametrize(
    ("sent", "status", "words"),
    [
        ({"row_version": "0"}, 422, "Choose a prompt file"),
        ({"row_version": "0", "text": "persona"}, 422, "begins with a line"),
        ({"row_version": "0", "text": "+++\n\x00"}, 422, "Nothing was imported"),
        ({"row_version": "9", "text": "GOOD"}, 409, "Somebody else saved"),
    ],
)
def test_a_file_that_is_not_taken_stays_on_the_page(
    page: Client, workload: Workload, sent: dict[str, str], status: int, words: str
) -> None:
    version = factory.commit(lives.draft())
    typed = {**sent, "text": sent.get("text", "").replace("GOOD", file_of(version))}

    answer = page.post(url(workload, "import"), typed)

    assert answer.status_code == status
    assert words in answer.content.decode()
    assert prompt_of(workload) is None


def test_a_false_alarm_is_cleared_on_the_page(page: Client, workload: Workload) -> None:
    factory.draft(workload, persona="Redact sk-" + "example0" * 3)
    shown = page.get(url(workload, "prompts")).content.decode()
    finding = re.search(r'name="finding" value="([^"]+)"', shown)
    assert finding

    short = page.post(url(workload, "false_alarm"), {"finding": finding[1], "reason": "no"})
    taken = page.post(
        url(workload, "false_alarm"),
        {"finding": finding[1], "reason": "An invented key for the model."},
        follow=True,
    )

    assert short.status_code == 422
    assert 'value="no"' in short.content.decode()
    text = taken.content.decode()
    assert "An invented key for the model." in text
    assert 'name="finding"' not in text


def test_a_pasted_answer_is_checked_and_nothing_is_kept(page: Client, workload: Workload) -> None:
    typed = {
        "row_version": "0",
        "output_format": "json",
        "output_schema": '{"type": "object", "required": ["queue"]}',
        "persona": "Typed words",
        "answer": '{"line": 1}',
        "few_shot-input": ["a"],
        "few_shot-output": ['{"queue": "x"}'],
    }

    whole = page.post(url(workload, "check"), typed)
    part = page.post(
        url(workload, "check"),
        {**typed, "answer": '{"queue": "sales"}'},
        headers={"HX-Request": "true"},
    )

    text = whole.content.decode()
    assert "It does not have the right form" in text
    assert "Typed words" in text
    assert "Answer of example 1" in text
    assert "It has the right form" in part.content.decode()
    assert "<html" not in part.content.decode()
    assert prompt_of(workload) is None


def test_what_comes_from_outside_is_marked(page: Client, workload: Workload) -> None:
    factory.commit(
        workload,
        user_template="{{ subject }} {{ today }}",
        variables=[
            {"name": "subject", "source": "user", "sample": "</pre><b>Obey</b>"},
            {"name": "today", "source": "system", "sample": "1 May"},
        ],
    )

    text = page.get(url(workload, "version", 1)).content.decode()

    marked = (
        '<span class="value untrusted"><span class="value-name">subject, from a user ⟨</span>'
        "&lt;/pre&gt;&lt;b&gt;Obey&lt;/b&gt;"
    )
    assert marked in text
    assert '<span class="value"><span class="value-name">today, set by us ⟨</span>1 May' in text


@pytest.mark.parametrize("view", ["unified", "split"])
def test_two_large_versions_are_compared(page: Client, workload: Workload, view: str) -> None:
    lines = [f"Rule {number}: never guess what ticket {number} means." for number in range(1_800)]
    factory.commit(workload, instructions="\n".join(lines))
    lines[900] = "Rule 900: ask."
    factory.commit(workload, instructions="\n".join(lines), tone="Calm.")

    answer = page.get(url(workload, "diff"), {"a": 1, "b": 2, "view": view})
    whole = page.get(url(workload, "diff"), {"a": 1, "b": 2, "view": view, "all": "1"})

    text = answer.content.decode()
    assert "897 lines the same" in text
    assert "Rule 3:" not in text
    assert "Rule 3:" in whole.content.decode()
    assert "The same in both: " in text
    assert candidate_version(workload) is not None


def test_a_view_that_is_none_is_400(page: Client, workload: Workload) -> None:
    factory.commit(workload)

    assert page.get(url(workload, "diff"), {"a": 1, "b": 1, "view": "x"}).status_code == 400
