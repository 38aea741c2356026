"""Two versions of a brief side by side: what changed, what it means, what it does to the phases."""

import pytest
from django.test import Client

from tests.factories import briefs, lives
from workloads.briefs import services
from workloads.briefs.comparison import compared
from workloads.briefs.models import Brief
from workloads.briefs.selectors import content_of, editions_of
from workloads.lifecycle.consequences import consequences
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import current_cycle

pytestmark = pytest.mark.django_db


def page(workload: Workload, query: str = "") -> str:
    client = Client()
    client.force_login(workload.owner)
    answer = client.get(f"/workloads/{workload.ref}/brief/compare/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def two_versions() -> tuple[Workload, Brief]:
    owner, workload, brief = briefs.scene()
    services.submit_brief(actor=owner, workload=workload)
    briefs.edit(brief, users="50 service desk agents", max_cost_per_request="0.01")
    services.submit_brief(actor=owner, workload=workload)
    return workload, brief


def test_the_words_of_a_text_and_the_whole_of_a_figure_are_marked() -> None:
    _, _, brief = briefs.scene()
    before = content_of(brief)
    after = content_of(briefs.edit(brief, users="25 patient agents", latency_p95_ms="3").brief)
    rows = {row.field: row for section in compared(before, after) for row in section.changed}
    assert set(rows) == {"users", "latency_p95_ms"}
    assert ("delete", "service desk ") in rows["users"].before
    assert ("insert", "patient ") in rows["users"].after
    assert rows["latency_p95_ms"].before == [("delete", "2 seconds")]
    assert rows["latency_p95_ms"].after == [("insert", "3 seconds")]
    change = rows["latency_p95_ms"].change
    assert change is not None
    assert change.meaning == "looser"


def test_a_kpi_is_compared_line_by_line_and_a_new_name_is_shown_too() -> None:
    owner, workload, brief = briefs.scene()
    before = content_of(brief)
    kpi = brief.kpi_rows()[0]
    services.save_draft(
        actor=owner, workload=workload, row_version=brief.row_version, answers={},
        kpis=[briefs.kpi(id=str(kpi.pk), target="97"), briefs.kpi(name="Second")],
    )  # fmt: skip
    middle = content_of(Brief.objects.get())
    rows = [row for section in compared(before, middle) for row in section.changed]
    assert [row.label for row in rows] == ["KPI 1", "KPI 2"]
    assert "".join(text for op, text in rows[0].after if op == "insert").strip() == "97"
    assert rows[1].before == [("delete", "none")]
    renamed = {**middle, "kpi_names": ["Another name", "Second"]}
    (row,) = [row for section in compared(middle, renamed) for row in section.changed]
    assert row.change is None


def test_without_a_choice_the_draft_is_compared_with_the_last_version() -> None:
    workload, brief = two_versions()
    briefs.edit(brief, budget_per_month="900")
    text = page(workload)
    assert "Version 3, draft" in text
    assert "$\N{NO-BREAK SPACE}1\N{NARROW NO-BREAK SPACE}200.00" in text
    assert "$\N{NO-BREAK SPACE}900.00" in text
    assert "50 service desk agents" in text  # folded, among what is the same
    assert 'id="compare-users"' not in text


def test_any_two_versions_can_be_compared_also_backwards() -> None:
    workload, _ = two_versions()
    assert 'id="compare-users"' in page(workload, "?from=1&to=2")
    assert "<ins>0.02" in page(workload, "?from=2&to=1").replace(
        "<ins>$\N{NO-BREAK SPACE}0.02", "<ins>0.02"
    )
    assert "No difference" in page(workload, "?from=2&to=2")


def test_the_page_says_what_the_changes_do_to_the_phases() -> None:
    owner, workload, brief = briefs.scene()
    services.submit_brief(actor=owner, workload=workload)
    briefs.edit(brief, audience="internal")
    text = page(workload)
    assert "another scope" in text
    assert "1 Scoping" in text
    assert "4 Evaluation" in text
    assert "not passed yet, so nothing is lost" in text
    briefs.edit(brief, audience="team", users="50 service desk agents")
    text = page(workload)
    assert "1 Scoping" in text
    assert "4 Evaluation" not in text
    assert "None is more than wording" in text


def test_what_the_page_says_is_what_happens() -> None:
    _, workload, brief = briefs.scene()
    cycle = current_cycle(workload)
    services.submit_brief(actor=workload.owner, workload=workload)
    said = {one.phase.key: one.impact for one in consequences(["brief.tightened"], "scoping")}
    assert said["scoping"] == "reconfirm"
    briefs.edit(brief, max_cost_per_request="0.01")
    assert cycle.phase_records.get(phase="scoping").state == "stale"
    services.submit_brief(actor=workload.owner, workload=workload)
    said = {one.phase.key: one.impact for one in consequences(["brief.scope"], "scoping")}
    assert said["scoping"] == "reopen"
    briefs.edit(brief, audience="internal")
    assert cycle.phase_records.get(phase="scoping").state == "open"


def test_one_version_alone_has_nothing_to_be_compared_with() -> None:
    owner, workload, _ = briefs.scene()
    assert "Nothing to compare yet" in page(workload)
    services.submit_brief(actor=owner, workload=workload)
    assert "Nothing to compare yet" in page(workload)
    assert "Nothing to compare yet" in page(lives.draft(owner))


@pytest.mark.parametrize("query", ["?from=9&to=1", "?to=0", "?from=draft", "?from=-1", "?to=²"])
def test_a_version_that_is_none_is_not_found(query: str) -> None:
    workload, _ = two_versions()
    client = Client()
    client.force_login(workload.owner)
    assert client.get(f"/workloads/{workload.ref}/brief/compare/{query}").status_code == 404


def test_editions_are_the_draft_and_the_versions_newest_first() -> None:
    workload, brief = two_versions()
    cycle = current_cycle(workload)
    assert [(one.number, one.draft) for one in editions_of(cycle)] == [(2, False), (1, False)]
    briefs.edit(brief, users="others")
    found = editions_of(cycle)
    assert [(one.number, one.draft) for one in found] == [(3, True), (2, False), (1, False)]
    brief.refresh_from_db()
    assert found[0].digest == brief.digest()


def test_the_printed_brief_names_version_digest_tier_and_every_answer() -> None:
    workload, brief = two_versions()
    client = Client()
    client.force_login(workload.owner)
    text = client.get(f"/workloads/{workload.ref}/brief/versions/2/print/").content.decode()
    brief.refresh_from_db()
    for words in (brief.digest(), "1, low", "50 service desk agents", "≥ 96 %", "2 seconds"):
        assert words in text
