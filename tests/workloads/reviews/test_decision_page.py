"""The decision page shows the bar, the test and the verdict, and keeps what was typed."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import builds as build_factory
from tests.factories import lives, people, phase_four
from tests.factories import reviews as factory
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import current_cycle, open_review
from workloads.reviews import services
from workloads.reviews.models import Campaign, CriteriaSet
from workloads.reviews.selectors import criteria_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gateway")]


@pytest.fixture(scope="module")
def made(for_module: Any) -> Workload:
    found: Workload = for_module(lambda: phase_four.workload("build"))
    return found


@pytest.fixture
def workload(made: Workload) -> Workload:
    return phase_four.again(made)


@pytest.fixture
def page(client: Client, workload: Workload) -> Client:
    client.force_login(workload.owner)
    return client


def _get(page: Client, workload: Workload) -> str:
    return page.get(reverse("reviews:go_no_go", args=[workload.ref])).content.decode()


def _post(page: Client, workload: Workload, name: str, *more: Any, **data: Any) -> Any:
    return page.post(reverse(f"reviews:{name}", args=[workload.ref, *more]), data, follow=True)


def _typed(*rows: dict[str, str], **more: str) -> dict[str, str]:
    """Return what the table of criteria sends."""
    data = {
        "row_version": "0",
        "criteria-TOTAL_FORMS": str(len(rows)),
        "criteria-INITIAL_FORMS": "0",
    }
    for index, row in enumerate(rows):
        data |= {f"criteria-{index}-{name}": value for name, value in row.items()}
    return data | more


ROW = {
    "title": "Right answers",
    "metric": "test_accuracy",
    "scope": "kind:edge",
    "rule": "interval_bound",
    "comparator": ">=",
    "threshold": "0.8",
    "min_n": "40",
    "margin": "",
    "kpi": "",
}
EMPTY_ROW = {**ROW, "title": "", "threshold": "", "min_n": ""}


def test_the_brief_proposes_criteria(page: Client, workload: Workload) -> None:
    text = _get(page, workload)

    assert "proposed from the brief" in text
    for words in ("Routed to the right queue", "p95 latency", "not worse than the baseline"):
        assert words in text
    assert criteria_of(current_cycle(workload)) is None


def test_what_is_typed_is_kept_and_empty_rows_are_left_out(
    page: Client, workload: Workload
) -> None:
    shown = _post(page, workload, "write", **_typed(ROW, EMPTY_ROW)).content.decode()

    found = criteria_of(current_cycle(workload))
    assert found is not None
    row = found.criteria.get()
    assert (row.title, row.scope, row.rule) == ("Right answers", "kind:edge", "interval_bound")
    assert "Criteria kept" in shown
    assert 'value="0.8"' in shown


def test_a_name_that_is_cleared_takes_the_criterion_out(page: Client, workload: Workload) -> None:
    factory.write(workload)
    rows = [ROW, {**ROW, "title": ""}]

    answer = _post(
        page,
        workload,
        "write",
        **_typed(*rows, **{"criteria-INITIAL_FORMS": "2", "row_version": "1"}),
    )

    assert answer.status_code == 200
    found = criteria_of(current_cycle(workload))
    assert found is not None
    assert [row.title for row in found.criteria.all()] == ["Right answers"]


BAD: list[dict[str, str]] = [
    {"threshold": ""},
    {"threshold": "high"},
    {"threshold": "NaN"},
    {"threshold": "1e400"},
    {"threshold": "0.12345678"},
    {"threshold": "90"},
    {"title": "x" * 161},
    {"title": "a\x00bc"},
    {"title": "ab"},
    {"title": ""},
    {"metric": "charm"},
    {"scope": "kind:nowhere"},
    {"comparator": "<>"},
    {"rule": "hope"},
    {"rule": "not_worse"},
    {"rule": "not_worse", "margin": "x"},
    {"rule": "not_worse", "margin": "3"},
    {"min_n": "0"},
    {"min_n": "9" * 30},
    {"kpi": "No such KPI"},
    {"kpi": "x" * 121},
]


@pytest.mark.parametrize("change", BAD, ids=str)
def test_a_refused_table_comes_back_as_it_was_typed(
    page: Client, workload: Workload, change: dict[str, str]
) -> None:
    second = {**ROW, "title": "The second one", "threshold": "0.7"}

    answer = _post(page, workload, "write", **_typed({**ROW, **change}, second))

    text = answer.content.decode()
    assert answer.status_code == 422
    assert "The second one" in text
    assert 'value="40"' in text
    assert criteria_of(current_cycle(workload)) is None


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"criteria-TOTAL_FORMS": "1"},
        {"criteria-TOTAL_FORMS": "9" * 20, "criteria-INITIAL_FORMS": "0"},
        {"criteria-TOTAL_FORMS": "-1", "criteria-INITIAL_FORMS": "0"},
        {"criteria-TOTAL_FORMS": "x", "criteria-INITIAL_FORMS": "y"},
    ],
    ids=str,
)
def test_a_forged_table_never_breaks_the_page(
    page: Client, workload: Workload, data: dict[str, str]
) -> None:
    assert _post(page, workload, "write", row_version="0", **data).status_code == 422


@pytest.mark.parametrize("seen", ["", "7", "x", "9" * 5_000, "²"])
def test_a_table_that_moved_on_is_a_conflict_and_keeps_the_words(
    page: Client, workload: Workload, seen: str
) -> None:
    factory.write(workload)

    answer = _post(page, workload, "write", **_typed(ROW, row_version=seen))

    assert answer.status_code == 409
    assert "Right answers" in answer.content.decode()


def test_writing_locked_criteria_says_since_when(page: Client, workload: Workload) -> None:
    factory.write(workload)
    factory.lock(workload)

    answer = _post(page, workload, "write", **_typed(ROW, row_version="1"))

    assert answer.status_code == 409
    assert "were locked on" in answer.content.decode()


def test_the_lock_button_shows_to_who_can_lock() -> None:
    workload = phase_four.workload("build", tier=2)
    factory.write(workload)
    url = reverse("reviews:lock", args=[workload.ref, 1])

    shown = {}
    for name, person in (("writer", workload.owner), ("reviewer", people.reviewer("risk"))):
        client = Client()
        client.force_login(person)
        shown[name] = url in _get(client, workload)
        if name == "writer":
            assert client.post(url).status_code == 403

    assert shown == {"writer": False, "reviewer": True}


def test_locking_and_testing_on_the_page(page: Client, workload: Workload) -> None:
    factory.write(workload)
    build_factory.make(workload)

    locked = _post(page, workload, "lock", 1).content.decode()
    testing = _post(page, workload, "start").content.decode()

    assert "Criteria 1 are locked" in locked
    assert "nothing tested yet" in locked
    assert "Campaign 1 runs the golden dataset through build 1" in testing


def test_a_version_that_is_not_there_is_404(page: Client, workload: Workload) -> None:
    factory.write(workload)

    assert _post(page, workload, "lock", 2).status_code == 404
    assert _post(page, workload, "lock", 10**15).status_code == 404


def test_progress_asks_again_until_the_test_is_over(page: Client) -> None:
    workload = phase_four.workload("go_no_go")
    factory.lock(workload)
    made = services.start_campaign(actor=workload.owner, workload=workload)
    page.force_login(workload.owner)
    url = reverse("reviews:progress", args=[workload.ref, made.number])

    during = page.get(url)
    factory.measure(made)
    after = page.get(url)

    assert 'hx-trigger="every 2s"' in during.content.decode()
    assert "HX-Refresh" not in during.headers
    assert "hx-trigger" not in after.content.decode()
    assert after.headers["HX-Refresh"] == "true"
    assert page.get(url.replace("/1/", "/2/")).status_code == 404


def test_testing_again_asks_for_a_reason_and_keeps_it(page: Client) -> None:
    workload = phase_four.workload("go_no_go")
    factory.lock(workload)
    factory.campaign(workload, p95_latency=factory.NONE)
    page.force_login(workload.owner)

    short = _post(page, workload, "start", reason="once more")
    null = _post(page, workload, "start", reason="null \x00 in a long enough reason")

    assert short.status_code == null.status_code == 422
    assert "once more" in short.content.decode()
    assert Campaign.objects.count() == 1


def test_starting_at_the_wrong_moment_says_why(page: Client, workload: Workload) -> None:
    answer = _post(page, workload, "start")

    assert answer.status_code == 409
    assert "Lock the criteria first" in answer.content.decode() or answer.status_code == 409


def test_opening_a_new_version_on_the_page(page: Client) -> None:
    workload = phase_four.workload("go_no_go")
    factory.lock(workload)
    factory.campaign(workload, p95_latency=factory.NONE)
    page.force_login(workload.owner)
    why = "The limit was for a batch job that nobody runs."

    refused = _post(page, workload, "reopen", reason="no")
    opened = _post(page, workload, "reopen", reason=why)
    rows = [replace(factory.criteria()[0], threshold=Decimal("0.95")), *factory.criteria()[1:]]
    services.write_criteria(actor=workload.owner, workload=workload, criteria=rows)
    shown = _get(page, workload)

    assert refused.status_code == 422
    assert "Criteria 2 are open" in opened.content.decode()
    assert CriteriaSet.objects.filter(cycle__workload=workload).count() == 2
    assert why in shown
    assert "Changed" in shown
    assert "Void" in shown


def test_the_verdict_and_the_votes_are_on_the_page(page: Client) -> None:
    # given a GO that one reviewer of two has approved
    workload = phase_four.workload("go_no_go", tier=2)
    voters = lives.reviewers_for(workload, "go_no_go")
    factory.lock(workload)
    factory.campaign(workload)
    lifecycle.submit_phase(
        actor=workload.owner, cycle=current_cycle(workload), phase_key="go_no_go"
    )
    review = open_review(current_cycle(workload), "go_no_go")
    assert review is not None
    lives.vote(review, voters[0])
    page.force_login(people.auditor())

    # then the page says so, who voted, what is missing, and where the gate is
    text = _get(page, workload)
    assert "All 3 criteria pass on build 1" in text
    assert str(voters[0]) in text
    assert "1 of 2" in text
    assert reverse("lifecycle:gate", args=[workload.ref, "go_no_go"]) in text
    assert 'name="criteria-TOTAL_FORMS"' not in text


def test_a_go_for_an_older_build_says_so(page: Client) -> None:
    workload = phase_four.workload("go_no_go")
    factory.lock(workload)
    factory.campaign(workload)
    build_factory.make(workload, retention_days=7)
    page.force_login(workload.owner)

    text = _get(page, workload)

    assert "GO, but not for what is here now" in text
    assert "Nobody can approve it" in text


def test_names_of_people_are_text(page: Client, workload: Workload) -> None:
    row = replace(factory.criteria()[0], title="<script>alert(1)</script>")
    factory.write(workload, rows=[row])
    factory.lock(workload)

    text = _get(page, workload)

    assert "<script>alert" not in text
    assert "&lt;script&gt;" in text


def test_the_page_asks_few_questions_of_the_database(
    page: Client, django_assert_max_num_queries: Any
) -> None:
    workload = phase_four.workload("go_no_go")
    factory.lock(workload)
    factory.campaign(workload)
    page.force_login(workload.owner)
    _get(page, workload)

    with django_assert_max_num_queries(130):
        _get(page, workload)
