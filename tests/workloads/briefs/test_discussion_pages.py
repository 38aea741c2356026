"""The discussion on its pages: who sees what, what is refused keeps what was typed."""

import pytest
from django.test import Client

from portal.accounts.models import User
from tests.factories import briefs, people
from workloads.briefs import services
from workloads.briefs.models import Brief, Remark, Suggestion
from workloads.lifecycle.models import Workload

pytestmark = pytest.mark.django_db
FRAGMENT = {"HX-Request": "true", "HX-Request-Type": "partial"}


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def address(workload: Workload, field: str = "users") -> str:
    return f"/workloads/{workload.ref}/brief/discussion/{field}/"


def suggestion(workload: Workload, author: User, value: str = "12 agents") -> Suggestion:
    return services.suggest(
        actor=author, workload=workload, field="users", value=value, reason="The pilot showed it."
    )


def test_a_comment_shows_beside_its_question_in_the_panel_and_on_the_comparison() -> None:
    owner, workload, brief = briefs.scene()
    services.submit_brief(actor=owner, workload=workload)
    briefs.edit(brief, users="50 service desk agents")
    reviewer = signed_in(people.reviewer("risk"))
    reviewer.post(address(workload), {"act": "comment", "text": "Which <b>desks</b>?"})
    page = signed_in(owner).get(f"/workloads/{workload.ref}/brief/").content.decode()
    assert "talk talk-users" in page
    assert "1 said" in page
    assert 'id="discussions"' in page
    compared = signed_in(owner).get(f"/workloads/{workload.ref}/brief/compare/").content.decode()
    assert "Which &lt;b&gt;desks&lt;/b&gt;?" in compared
    every = signed_in(owner).get(f"/workloads/{workload.ref}/brief/discussion/").content.decode()
    assert "Which &lt;b&gt;desks&lt;/b&gt;?" in every


def test_an_auditor_reads_and_has_no_form_and_no_mark_where_nothing_is_said() -> None:
    owner, workload, _ = briefs.scene()
    services.comment(actor=owner, workload=workload, field="users", text="As counted in May.")
    auditor = signed_in(people.auditor())
    page = auditor.get(address(workload)).content.decode()
    assert "As counted in May." in page
    assert 'name="act"' not in page
    brief = auditor.get(f"/workloads/{workload.ref}/brief/").content.decode()
    assert "talk talk-users" in brief
    assert "talk talk-audience" not in brief
    answer = auditor.post(address(workload), {"act": "comment", "text": "No."})
    assert answer.status_code == 403
    assert Remark.objects.count() == 1


def test_a_refused_suggestion_keeps_what_was_typed_beside_the_reason() -> None:
    owner, workload, _ = briefs.scene()
    answer = signed_in(owner).post(
        address(workload, "latency_p95_ms"),
        {"act": "suggest", "value": "soon", "reason": "Agents wait for it all day."},
        headers=FRAGMENT,
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert answer["HX-Retarget"] == "#discussion-body"
    assert 'value="soon"' in page
    assert "Agents wait for it all day." in page
    assert "for example 2 or 0.8" in page


def test_a_fragment_brings_the_mark_up_to_date() -> None:
    owner, workload, _ = briefs.scene()
    answer = signed_in(owner).post(
        address(workload), {"act": "comment", "text": "Words"}, headers=FRAGMENT
    )
    page = answer.content.decode()
    assert "<html" not in page
    assert 'hx-swap-oob="outerHTML:.talk-users"' in page


def test_accepting_without_a_script_leads_back_to_the_brief() -> None:
    owner, workload, _ = briefs.scene()
    made = suggestion(workload, people.reviewer("risk"))
    answer = signed_in(owner).post(
        f"/workloads/{workload.ref}/brief/suggestions/{made.pk}/", {"act": "accept"}
    )
    assert answer.status_code == 302
    assert Brief.objects.get().users == "12 agents"


def test_an_outdated_suggestion_answers_409_with_both_values_and_a_way_on() -> None:
    owner, workload, brief = briefs.scene()
    made = suggestion(workload, people.reviewer("risk"))
    url = f"/workloads/{workload.ref}/brief/suggestions/{made.pk}/"
    briefs.edit(brief, users="40 agents")
    client = signed_in(owner)
    answer = client.post(url, {"act": "accept"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "It is now: 40 agents. Suggested was: 12 agents." in page
    assert "Replace it nonetheless" in page
    replacing = page.split('name="replacing" value="')[1].split('"')[0]
    client.post(url, {"act": "accept", "replacing": replacing})
    assert Brief.objects.get().users == "12 agents"


def test_declining_without_a_reason_says_so_beside_it() -> None:
    owner, workload, _ = briefs.scene()
    made = suggestion(workload, people.reviewer("risk"))
    answer = signed_in(owner).post(
        f"/workloads/{workload.ref}/brief/suggestions/{made.pk}/",
        {"act": "decline", "reason": "No"},
    )
    assert answer.status_code == 422
    assert "at least 10 characters" in answer.content.decode()


def test_the_owner_sees_at_home_what_waits_until_it_is_answered() -> None:
    owner, workload, _ = briefs.scene()
    reviewer = people.reviewer("risk")
    made = suggestion(workload, reviewer)
    services.comment(actor=reviewer, workload=workload, field="kpis", text="Why 96?")
    home = signed_in(owner)
    assert (
        "1 suggestion to decide, 1 comment to answer"
        in home.get("/workloads/panels/waiting/").content.decode()
    )
    assert "to decide" not in signed_in(reviewer).get("/workloads/panels/waiting/").content.decode()
    services.accept(actor=owner, suggestion=made)
    services.comment(actor=owner, workload=workload, field="kpis", text="It is what we promised.")
    assert "Brief of" not in home.get("/workloads/panels/waiting/").content.decode()


@pytest.mark.parametrize("who", ["stranger", "administrator", "catalog_manager"])
def test_for_a_stranger_there_is_nothing_to_write_to(who: str) -> None:
    owner, workload, _ = briefs.scene()
    made = suggestion(workload, owner)
    client = signed_in(getattr(people, who)())
    assert client.post(address(workload), {"act": "comment", "text": "x"}).status_code == 404
    url = f"/workloads/{workload.ref}/brief/suggestions/{made.pk}/"
    assert client.post(url, {"act": "accept"}).status_code == 404
    assert Client().post(url, {"act": "accept"}).status_code == 302


@pytest.mark.parametrize("field", ["nothing", "kpi", "users%00", "USERS"])
def test_an_answer_that_is_none_is_not_found(field: str) -> None:
    owner, workload, _ = briefs.scene()
    assert signed_in(owner).get(address(workload, field)).status_code == 404


def test_a_suggestion_of_another_workload_is_not_found() -> None:
    owner, workload, _ = briefs.scene()
    _, other, _ = briefs.scene()
    made = suggestion(other, people.reviewer("risk"))
    url = f"/workloads/{workload.ref}/brief/suggestions/{made.pk}/"
    assert signed_in(owner).post(url, {"act": "accept"}).status_code == 404


def test_the_pages_ask_a_fixed_number_of_questions(django_assert_max_num_queries: object) -> None:
    owner, workload, _ = briefs.scene()
    for field in ("users", "audience", "kpis", "autonomy"):
        for _ in range(5):
            services.comment(actor=owner, workload=workload, field=field, text="Words")
    client = signed_in(owner)
    with django_assert_max_num_queries(45):  # type: ignore[operator]
        client.get(f"/workloads/{workload.ref}/brief/discussion/")
