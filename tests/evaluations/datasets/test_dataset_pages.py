"""The pages of datasets: make one, look at its draft, commit it, read a version."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from evaluations.datasets.models import Dataset, DatasetVersion, DraftExample
from portal.accounts.models import User
from tests.factories import datasets, lives
from workloads.lifecycle.models import Workload

pytestmark = pytest.mark.django_db


@pytest.fixture
def workload() -> Workload:
    return lives.draft()


@pytest.fixture
def client(workload: Workload) -> Client:
    return signed_in(workload.owner)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url(workload: Workload, rest: str = "") -> str:
    return f"/workloads/{workload.ref}/datasets/{rest}"


def text(answer: Any) -> str:
    return str(answer.content.decode())


def keys(answer: Any) -> list[str]:
    return re.findall(r'<th scope="row"><span class="mono">([^<]+)</span>', text(answer))


def test_an_empty_list_says_what_a_dataset_is_and_what_to_do(
    client: Client, workload: Workload
) -> None:
    page = text(client.get(url(workload)))

    assert "No dataset yet" in page
    assert "50 to 200 examples" in page
    assert "Make it and import examples" in page


def test_a_new_dataset_leads_to_the_import_of_its_examples(
    client: Client, workload: Workload
) -> None:
    answer = client.post(
        url(workload),
        {"name": "Tickets of May", "purpose": "golden", "data_class": "confidential",
         "contains_pii": "on", "description": "From the queue.", "sources": "own | our queue | CC0"},
    )  # fmt: skip

    made = Dataset.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == url(workload, f"{made.ref}/import/")
    assert (made.name, made.data_class, made.contains_pii) == (
        "Tickets of May", "confidential", True,
    )  # fmt: skip
    assert made.sources == [{"type": "own", "ref": "our queue", "licence": "CC0"}]


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""}, {"name": "ab"}, {"name": "  \u200b "}, {"name": "a\x00bc"},
        {"name": "abc\u202etxt"}, {"name": "x" * 300}, {"purpose": "Golden "}, {"data_class": ""},
        {"description": "x" * 5_000}, {"sources": "line\x00two"}, {"sources": "ours"}, {"sources": "odd | x"},
        {"sources": "own | a\x00bc"},
    ],
)  # fmt: skip
def test_what_was_typed_for_a_dataset_stays_when_it_is_refused(
    client: Client, workload: Workload, change: dict[str, str]
) -> None:
    typed = {"name": "Tickets", "purpose": "training", "data_class": "restricted",
             "description": "From the queue.", "sources": "own | ours"} | change  # fmt: skip

    answer = client.post(url(workload), typed)

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in text(answer)
    if "purpose" not in change:
        assert '<option value="training" selected' in text(answer)
    assert not Dataset.objects.exists()


def test_a_second_dataset_of_the_same_name_is_refused(client: Client, workload: Workload) -> None:
    datasets.dataset(workload.owner, workload, "Tickets")

    answer = client.post(
        url(workload), {"name": " Tickets ", "purpose": "golden", "data_class": "internal"}
    )

    assert answer.status_code == 422
    assert "already exists" in text(answer)


def test_the_draft_shows_its_mix_against_the_policy(client: Client, workload: Workload) -> None:
    made = datasets.dataset(workload.owner, workload)
    datasets.fill(workload.owner, made, *(datasets.ticket(n) for n in range(4)))

    page = text(client.get(url(workload, f"{made.ref}/")))

    rows = re.findall(r'<th scope="row">(Typical|Edge|Adversarial)</th>(.*?)</tr>', page, re.S)
    assert [name for name, _ in rows] == ["Typical", "Edge", "Adversarial"]
    assert ["too few" in row for _, row in rows] == [False, True, True]
    assert ">40\u202f%<" in rows[0][1]
    assert "Class balance" in page
    assert "WANT_REFUND" in page
    assert "Commit version 1" in page


def test_a_committed_draft_is_said_to_be_committed(client: Client, workload: Workload) -> None:
    version = datasets.golden(workload.owner, workload)
    page = text(client.get(url(workload, f"{version.dataset.ref}/")))
    assert "The draft is the same as version 1." in page
    assert "Commit version" not in page

    datasets.fill(workload.owner, version.dataset, datasets.ticket(77))

    page = text(client.get(url(workload, f"{version.dataset.ref}/")))
    assert "Commit version 2" in page


def test_committing_leads_to_the_version(client: Client, workload: Workload) -> None:
    made = datasets.dataset(workload.owner, workload)
    datasets.fill(workload.owner, made, *(datasets.ticket(n) for n in range(3)))

    answer = client.post(url(workload, f"{made.ref}/commit/"), {"note": ""}, follow=True)

    assert answer.redirect_chain == [(url(workload, f"{made.ref}/versions/1/"), 302)]
    version = DatasetVersion.objects.get()
    assert version.digest in text(answer)
    assert "First version" in text(answer)
    assert "<span>Assay DS-" not in text(answer), "the footer names the portal's version"
    assert keys(answer) == ["t-0000", "t-0001", "t-0002"]


@pytest.mark.parametrize("note", ["", "ab", "x" * 401, "line\x00"])
def test_the_second_version_says_what_changed(
    client: Client, workload: Workload, note: str
) -> None:
    version = datasets.golden(workload.owner, workload)
    datasets.fill(workload.owner, version.dataset, datasets.ticket(77))

    answer = client.post(url(workload, f"{version.dataset.ref}/commit/"), {"note": note})

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in text(answer)
    assert DatasetVersion.objects.count() == 1


def test_an_unchanged_draft_is_not_committed_twice(client: Client, workload: Workload) -> None:
    version = datasets.golden(workload.owner, workload)

    answer = client.post(url(workload, f"{version.dataset.ref}/commit/"), {"note": "again"})

    assert answer.status_code == 422
    assert "Nothing changed since version 1." in text(answer)
    assert 'value="again"' in text(answer)


def test_ticked_examples_leave_the_draft_and_stay_in_the_version(
    client: Client, workload: Workload
) -> None:
    version = datasets.golden(workload.owner, workload, n=5)
    ref = version.dataset.ref

    ticked = {"key": ["t-0001", "t-0003", "no-such", "a\x00"], "act": "remove"}
    client.post(url(workload, f"{ref}/examples/change/"), ticked)

    assert keys(client.get(url(workload, f"{ref}/examples/"))) == ["t-0000", "t-0002", "t-0004"]
    assert len(keys(client.get(url(workload, f"{ref}/versions/1/")))) == 5


def test_examples_of_a_version_are_paged_and_narrowed_by_kind(
    client: Client, workload: Workload
) -> None:
    version = datasets.golden(workload.owner, workload, n=70)
    path = url(workload, f"{version.dataset.ref}/versions/1/")

    first = client.get(path)
    link = re.search(r'rel="next" href="(\?[^"]+)"', text(first))
    assert link is not None
    second = client.get(path + link[1])

    assert keys(first) + keys(second) == [f"t-{n:04d}" for n in range(70)]
    adversarial = client.get(f"{path}?kind=adversarial")
    assert keys(adversarial) == [f"t-{n:04d}" for n in range(9, 70, 10)]


@pytest.mark.parametrize(
    "query",
    ["kind=nonsense", "kind=Typical ", "kind=%00", "cursor=forged!",
     "cursor=OTk5OTk5OTk5OTk5OTk5OTk5OTk", "page=-1", "revision__key__startswith=a",
     "_connector=OR", "kind=" + "x" * 10_000],
)  # fmt: skip
def test_a_query_that_is_none_is_refused(client: Client, workload: Workload, query: str) -> None:
    version = datasets.golden(workload.owner, workload, n=3)
    for rest in (f"{version.dataset.ref}/examples/", f"{version.dataset.ref}/versions/1/"):
        answer = client.get(f"{url(workload, rest)}?{query}")
        # A cursor beyond every row is an empty page.
        assert answer.status_code == (200 if query.startswith("cursor=OTk") else 400), query


def test_whatever_an_example_holds_is_shown_and_never_run(
    client: Client, workload: Workload
) -> None:
    hostile = "<script>alert(1)</script><img src=x onerror=alert(1)><div hx-get='/x'>{{7*7}}\u202e"
    made = datasets.dataset(workload.owner, workload)
    row = {
        "key": "h-1", "kind": "adversarial", "input": {hostile: hostile, "items": "plain"},
        "expected": {"keys": hostile, "n": None}, "tags": [hostile[:30]], "expects": "refuse",
        "context": [{"id": "1", "title": hostile, "text": hostile}], "must_include": [hostile],
        "source": hostile.replace("\u202e", ""), "licence": "CC0",
    }  # fmt: skip
    datasets.fill(workload.owner, made, row, datasets.ticket(1))
    client.post(url(workload, f"{made.ref}/commit/"))

    for rest in (f"{made.ref}/examples/", f"{made.ref}/versions/1/"):
        page = text(client.get(url(workload, rest)))
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "<div hx-get" not in page
        assert "{{7*7}}" in page
        assert "\u202e" not in page
        assert "U+202E" in page
        assert "Hand over" not in page
        assert "Refuse" in page


def test_long_texts_are_cut_and_can_be_opened(client: Client, workload: Workload) -> None:
    made = datasets.dataset(workload.owner, workload)
    long = "word " * 10_000
    datasets.fill(workload.owner, made, {"key": "l-1", "input": long, "expected": "short"})

    page = text(client.get(url(workload, f"{made.ref}/examples/")))

    assert "All of it" in page
    assert "46\u202f000 more characters" in page
    assert len(page) < 60_000


def test_what_is_not_there_is_404(client: Client, workload: Workload) -> None:
    version = datasets.golden(workload.owner, workload, n=3)
    other = datasets.golden(*(lambda made: (made.owner, made))(lives.draft()), n=3)
    for rest in (
        "DS-9999/", f"{other.dataset.ref}/", f"{other.dataset.ref}/versions/1/",
        f"{version.dataset.ref}/versions/2/", f"{version.dataset.ref}/versions/0/",
        f"{version.dataset.ref}/versions/99999999999999999999/",
        f"{version.dataset.ref}/imports/00000000-0000-0000-0000-000000000000/", "%00/",
    ):  # fmt: skip
        assert client.get(url(workload, rest)).status_code == 404, rest


def test_the_list_costs_the_same_for_many(client: Client, workload: Workload) -> None:
    def queries() -> int:
        client.get(url(workload))
        with CaptureQueriesContext(connection) as caught:
            assert client.get(url(workload)).status_code == 200
        return len(caught)

    datasets.golden(workload.owner, workload, n=2, name="Set 0")
    few = queries()
    for number in range(1, 8):
        datasets.golden(workload.owner, workload, n=2, name=f"Set {number}")

    assert queries() == few
    assert DraftExample.objects.count() == 16
