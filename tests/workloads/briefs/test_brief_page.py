"""The brief's page: it shows, saves loosely, keeps what was typed, and merges two people's work."""

import re
from typing import Any

import pytest
from django.test import Client

from tests.factories import briefs, lives, people
from workloads.briefs.forms import stored_text
from workloads.briefs.models import Brief
from workloads.briefs.questions import QUESTIONS
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import current_cycle, phase_record

pytestmark = pytest.mark.django_db


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url(workload: Workload) -> str:
    return f"/workloads/{workload.ref}/brief/"


def posted(brief: Brief, **changes: Any) -> dict[str, Any]:
    """What a browser posts of the page, with what a person changed on it."""
    data: dict[str, Any] = {name: stored_text(brief).getlist(name) for name in stored_text(brief)}
    data["asked"] = ["data_categories", "needs", "residency"]
    data["row_version"] = str(brief.row_version)
    data["page"] = "a" * 32
    for kpi in brief.kpi_rows():
        prefix = f"kpi-{kpi.pk}"
        data["kpi"] = str(kpi.pk)
        row = {
            "name": kpi.name, "definition": kpi.definition, "unit": kpi.unit,
            "direction": kpi.direction, "source": kpi.source, "measured_by": kpi.measured_by,
            "baseline": str(kpi.baseline), "target": str(kpi.target), "floor": str(kpi.floor),
            "owner": str(kpi.owner_id), "before_launch": "on",
        }  # fmt: skip
        data.update({f"{prefix}-{name}": value for name, value in row.items()})
    return data | changes


def test_the_empty_page_asks_the_questions_of_tier_1_and_no_more() -> None:
    workload = lives.draft()
    html = signed_in(workload.owner).get(url(workload)).content.decode()
    assert "What goes wrong today?" in html
    assert "How could it be misused?" not in html
    assert "Not known yet" in html


def test_posting_the_page_as_it_is_changes_nothing() -> None:
    _, workload, brief = briefs.scene()
    answer = signed_in(workload.owner).post(url(workload), posted(brief))
    assert answer.status_code == 302
    brief.refresh_from_db()
    assert brief.row_version == 1


def test_a_saved_answer_raises_the_tier_shows_its_floor_and_asks_what_it_needs() -> None:
    _, workload, brief = briefs.scene()
    client = signed_in(workload.owner)
    client.post(url(workload), posted(brief, data_class="confidential"))
    html = client.get(url(workload)).content.decode()
    assert "2, limited" in html
    assert "Confidential data" in html
    assert "How could it be misused?" in html


def test_autosave_answers_with_the_page_and_its_new_row_version() -> None:
    _, workload, brief = briefs.scene()
    answer = signed_in(workload.owner).post(
        url(workload), posted(brief, data_class="confidential", users="x" * 30),
        headers={"HX-Request": "true", "HX-Request-Type": "full"},
    )  # fmt: skip
    html = answer.content.decode()
    assert answer.status_code == 200
    assert 'name="row_version" value="2"' in html
    assert "How could it be misused?" in html
    assert re.search(r"data-save-state>saved <time", html)


def test_the_answer_to_the_last_missing_question_brings_the_button_to_submit() -> None:
    workload = lives.draft()
    brief = briefs.fill(workload, eu_class="")
    answer = signed_in(workload.owner).post(
        url(workload), posted(brief, eu_class="minimal"), headers={"HX-Request": "true"}
    )
    html = answer.content.decode()
    assert "Pass scoping" in html
    assert "does not say enough" not in html


def test_an_agents_tools_are_rows_that_come_back_as_they_were_typed() -> None:
    workload = lives.draft()
    brief = briefs.fill(workload, workload_type="agent")
    client = signed_in(workload.owner)
    rows = {
        "asked": ["data_categories", "needs", "residency", "tools"],
        "tools-0-name": "Look up an order", "tools-0-access": "read", "tools-0-reversible": "on",
        "tools-1-name": "Send; an e-mail", "tools-1-access": "external",
        "tools-2-name": "", "tools-2-access": "read",
    }  # fmt: skip
    assert client.post(url(workload), posted(brief, **rows)).status_code == 302
    brief.refresh_from_db()
    assert brief.tools == [
        {"name": "Look up an order", "access": "read", "reversible": True},
        {"name": "Send; an e-mail", "access": "external", "reversible": False},
    ]
    workload.refresh_from_db()
    assert workload.tier == 4
    bad = posted(brief, **(rows | {"tools-0-access": "fly"}))
    answer = client.post(url(workload), bad)
    assert answer.status_code == 422
    assert "Look up an order" in answer.content.decode()
    html = client.get(url(workload)).content.decode()
    assert 'value="Send; an e-mail"' in html


def test_what_no_answer_makes_relevant_is_not_asked_and_comes_up_when_it_is() -> None:
    workload = lives.draft()
    brief = briefs.fill(workload)
    client = signed_in(workload.owner)
    html = client.get(url(workload)).content.decode()
    for words in ("data protection impact", "What kind is it then?", "Which other rules apply?",
                  "How much must it read at once?", "Which tools may the agent use?"):  # fmt: skip
        assert words not in html
    briefs.edit(brief, workload_type="other", needs=["long_context"], data_categories=["health"])
    html = client.get(url(workload)).content.decode()
    for words in ("data protection impact", "What kind is it then?", "Which other rules apply?",
                  "How much must it read at once?", "What makes processing"):  # fmt: skip
        assert words in html


def test_every_question_has_one_line_of_help_and_a_filled_example() -> None:
    for question in QUESTIONS:
        assert question.help, question.name
        assert "\n" not in question.help
        assert question.example, question.name


def test_a_link_to_the_assessment_is_no_part_of_what_was_approved() -> None:
    _, _, brief = briefs.scene()
    before = brief.digest()
    briefs.edit(brief, dpia_url="https://documents.example/dpia", availability_pct="99.5")
    brief.refresh_from_db()
    assert brief.digest() == before
    briefs.edit(brief, compliance_notes="See the works council agreement.")
    brief.refresh_from_db()
    assert brief.digest() != before


def test_a_bad_number_stays_as_typed_with_what_would_be_right_and_the_rest_is_saved() -> None:
    _, workload, brief = briefs.scene()
    client = signed_in(workload.owner)
    answer = client.post(url(workload), posted(brief, latency_p95_ms="abc", users="50 agents"))
    html = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="abc"' in html
    assert "Enter a number of seconds, for example 2 or 0.8." in html
    brief.refresh_from_db()
    assert (brief.users, brief.latency_p95_ms) == ("50 agents", None)
    assert 'value="abc"' in client.get(url(workload)).content.decode()


def test_what_cannot_be_stored_is_still_on_the_page_that_answers() -> None:
    _, workload, brief = briefs.scene()
    script = "<script>alert(1)</script>" * 3
    answer = signed_in(workload.owner).post(
        url(workload), posted(brief, users="a\x00b", intended_outcome=script)
    )
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "Remove the null character" in html
    assert "<script>alert" not in html


def test_a_bad_kpi_figure_stays_beside_its_field() -> None:
    _, workload, brief = briefs.scene()
    field = f"kpi-{brief.kpi_rows()[0].pk}-target"
    answer = signed_in(workload.owner).post(url(workload), posted(brief, **{field: "１２"}))
    html = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="１２"' in html
    assert "Enter a number, for example 0.8 or 1,200." in html


def test_the_arithmetic_of_the_cost_is_shown() -> None:
    _, workload, brief = briefs.scene()
    html = signed_in(workload.owner).get(url(workload)).content.decode()
    assert "0.02 a request × 900 a day × 30 days = 540 USD a month" in html
    briefs.edit(brief, budget_per_month="500")
    html = signed_in(workload.owner).get(url(workload)).content.decode()
    assert "40 more than the budget of 500" in html


def test_another_persons_change_shows_both_and_the_choice_is_kept() -> None:
    owner, workload, brief = briefs.scene()
    other = people.person("Other")
    lifecycle.add_member(actor=owner, workload=workload, user=other, role="contributor")
    mine = posted(brief, users="my words", fallback="my fallback")
    signed_in(other).post(url(workload), posted(brief, users="their words", page="b" * 32))
    client = signed_in(owner)
    answer = client.post(url(workload), mine)
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "my words" in html
    assert "their words" in html
    assert str(other) in html
    assert answer.headers["HX-Retarget"] == "#brief-form"
    undecided = {"settled_version": "2", "disputed": "users"}
    assert client.post(url(workload), mine | undecided).status_code == 409
    for choice, words in (("theirs", "their words"), ("mine", "my words")):
        brief.refresh_from_db()
        settled = undecided | {"settled_version": str(brief.row_version), "keep-users": choice}
        assert client.post(url(workload), mine | settled).status_code == 302
        brief.refresh_from_db()
        assert (brief.users, brief.fallback) == (words, "my fallback")


def test_submitting_saves_first_and_passes_the_gate() -> None:
    owner, workload, brief = briefs.scene()
    answer = signed_in(owner).post(
        url(workload), posted(brief, users="60 agents", submit="1"), follow=True
    )
    assert "Scoping is passed." in answer.content.decode()
    brief.refresh_from_db()
    assert brief.users == "60 agents"
    assert phase_record(current_cycle(workload), "scoping").state == "passed"
    page = signed_in(owner).get(f"{url(workload)}versions/1/")
    assert "60 agents" in page.content.decode()
    assert signed_in(owner).get(f"{url(workload)}versions/2/").status_code == 404


def test_adding_a_kpi_gives_an_empty_row() -> None:
    owner, workload, brief = briefs.scene()
    answer = signed_in(owner).post(url(workload), posted(brief, add_kpi="1"), follow=True)
    assert answer.content.decode().count('class="kpi"') == 2


def test_a_reader_sees_the_brief_and_cannot_change_it() -> None:
    _, workload, brief = briefs.scene()
    client = signed_in(people.reviewer("risk"))
    page = client.get(url(workload))
    assert page.status_code == 200
    assert '<fieldset class="plain" disabled>' in page.content.decode()
    assert client.post(url(workload), posted(brief, users="x")).status_code == 403


def test_the_page_is_no_place_for_inline_code() -> None:
    _, workload, _ = briefs.scene(tier=2)
    html = signed_in(workload.owner).get(url(workload)).content.decode()
    assert not re.search(r"\son[a-z]+=|\sstyle=|<script(?![^>]*\ssrc=)", html)


@pytest.mark.parametrize(
    "token", ["a\x00b", "A" * 32, "a" * 31, "a" * 33, "a" * 32 + "\n", "\u202e"]
)
def test_what_is_no_token_of_a_page_is_not_stored(token: str) -> None:
    owner, workload, brief = briefs.scene()
    answer = signed_in(owner).post(url(workload), posted(brief, users="others", page=token))
    brief.refresh_from_db()
    assert answer.status_code == 302
    assert (brief.users, brief.touched["users"][2]) == ("others", "")
