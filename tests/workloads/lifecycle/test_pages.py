import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from tests.factories import lives, people
from tests.workloads.lifecycle import fake_phases
from tests.workloads.lifecycle.reviewing import LONG, in_review, outcome
from workloads.lifecycle import services
from workloads.lifecycle.models import Review, Vote, Workload
from workloads.lifecycle.selectors import current_cycle, phase_record

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def gate_url(review: Review, act: str = "gate") -> str:
    ref = review.cycle.workload.ref
    return reverse(f"lifecycle:{act}", kwargs={"ref": ref, "phase_key": review.phase})


def vote_fields(client: Client, review: Review, **more: str) -> dict[str, str]:
    """Return what the vote form of the page would send."""
    page = client.get(gate_url(review)).content.decode()
    found = re.findall(r'<input type="hidden" name="(nonce|manifest_digest)" value="([^"]+)"', page)
    hidden = dict(found)
    assert set(hidden) == {"nonce", "manifest_digest"}, page
    return {"choice": "approve", "remit": "risk", "reason": "", **hidden, **more}


def test_a_new_workload_takes_one_screen_and_leads_to_its_first_phase() -> None:
    owner = people.person()
    client = signed_in(owner)

    answer = client.post("/workloads/new/", {"name": "Ticket triage", "summary": "Sorts."})

    made = Workload.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == f"/workloads/{made.ref}/"
    assert made.owner == owner


@pytest.mark.parametrize("name", ["", "ab", "  ", "abc\u202etxt", "x" * 200, "a\x00b"])
def test_a_name_that_is_refused_stays_in_the_form(name: str) -> None:
    client = signed_in(people.person())

    answer = client.post("/workloads/new/", {"name": name, "summary": "What I typed before."})

    assert answer.status_code == 422
    assert "What I typed before." in answer.content.decode()
    assert 'aria-invalid="true"' in answer.content.decode()
    assert not Workload.objects.exists()


def test_the_list_shows_what_one_may_see_and_where_it_stands() -> None:
    mine = lives.workload("selection", ready=fake_phases.ready)
    other = lives.draft(name="Somebody else's")
    client = signed_in(mine.owner)

    page = client.get("/workloads/").content.decode()

    assert mine.name in page
    assert "2 Selection" in page
    assert other.name not in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=alpha", {"Alpha"}),
        ("q=WL-", set()),
        ("phase=scoping", {"Alpha", "Beta"}),
        ("phase=selection", set()),
        ("status=draft", {"Alpha", "Beta"}),
        ("tier=4", set()),
        ("mine=on", {"Alpha"}),
        ("q=al&mine=on&status=draft", {"Alpha"}),
    ],
)
def test_the_list_is_narrowed(query: str, found: set[str]) -> None:
    reviewer = people.reviewer("risk")
    lives.draft(reviewer, name="Alpha")
    lives.draft(name="Beta")

    page = signed_in(reviewer).get(f"/workloads/?{query}").content.decode()

    assert {name for name in ("Alpha", "Beta") if f">{name}</a>" in page} == found


@pytest.mark.parametrize(
    "query",
    [
        "owner__password__startswith=a", "_connector=OR", "name__regex=(", "order_by=x",
        "cursor=abc", "cursor=-1", "tier=9", "tier=x", "phase=nowhere", "q=" + "x" * 10_000,
        "q=%00", "status=Live ",
    ],
)  # fmt: skip
def test_a_filter_that_is_none_is_refused(query: str) -> None:
    assert signed_in(people.person()).get(f"/workloads/?{query}").status_code == 400


def test_pages_of_the_list_follow_each_other_without_gap() -> None:
    reviewer = people.reviewer("risk")
    owner = people.person()
    names = [lives.draft(owner).name for _ in range(53)]
    client = signed_in(reviewer)

    first = client.get("/workloads/")
    link = re.search(r'rel="next" href="(\?[^"]+)"', first.content.decode())
    assert link is not None
    second = client.get("/workloads/" + link[1].replace("&amp;", "&"))

    seen = [
        name
        for page in (first, second)
        for name in re.findall(r">(Workload \d+)</a>", page.content.decode())
    ]
    assert seen == list(reversed(names))


@pytest.mark.parametrize(
    "path",
    ["/workloads/WL-9999/", "/workloads/99999999999999999999/", "/workloads/%00/",
     "/workloads/-1/", "/workloads/WL-0001%00/", "/workloads/WL-\u0661\u0661\u0661\u0661/"],
)  # fmt: skip
def test_what_is_not_there_is_404(path: str) -> None:
    assert signed_in(people.reviewer("risk")).get(path).status_code == 404


def test_the_page_of_a_workload_says_what_is_missing_and_who_can_act() -> None:
    made = lives.draft()

    page = signed_in(made.owner).get(f"/workloads/{made.ref}/").content.decode()

    assert "Scoping is done" in page
    assert "Write the brief." in page
    assert "The owner or a contributor" in page
    assert "2 things are missing." in page
    assert "created the workload" in page
    assert "submit/" not in page


def test_the_button_shows_exactly_to_whom_it_works_for() -> None:
    made = lives.draft()
    cycle = current_cycle(made)
    fake_phases.ready(cycle, "scoping", made.owner)
    reviewer = people.reviewer("risk")
    url = f"/workloads/{made.ref}/gates/scoping/submit/"

    assert url not in signed_in(reviewer).get(f"/workloads/{made.ref}/").content.decode()
    assert signed_in(reviewer).post(url).status_code == 403
    owner = signed_in(made.owner)
    assert url in owner.get(f"/workloads/{made.ref}/").content.decode()
    assert owner.post(url).status_code == 302
    assert phase_record(cycle, "scoping").state == "in_review"


def test_submitting_too_early_lists_every_missing_check() -> None:
    made = lives.draft()

    answer = signed_in(made.owner).post(f"/workloads/{made.ref}/gates/selection/submit/")

    assert answer.status_code == 409
    page = answer.content.decode()
    for words in ("Scoping: it is open", "Write the shortlist.", "not say enough for a risk tier"):
        assert words in page


def test_a_reviewer_reads_the_manifest_and_approves() -> None:
    risk = people.reviewer("risk")
    review = in_review()
    client = signed_in(risk)

    answer = client.post(gate_url(review, "vote"), vote_fields(client, review))

    assert answer.status_code == 302
    assert outcome(review) == "approved"
    page = client.get(gate_url(review)).content.decode()
    assert "The review ended: approved." in page
    assert "This phase is passed, and it holds." in page


def test_a_reason_that_is_too_short_leaves_what_was_typed() -> None:
    risk = people.reviewer("risk")
    review = in_review()
    client = signed_in(risk)
    fields = vote_fields(client, review, choice="reject", reason="I do not like it.")

    answer = client.post(gate_url(review, "vote"), fields)

    assert answer.status_code == 422
    page = answer.content.decode()
    assert "I do not like it." in page
    assert "at least 50" in page
    assert 'value="reject"' in page
    assert "checked" in page
    # The form is not used up by a refusal.
    assert client.post(gate_url(review, "vote"), fields | {"reason": LONG}).status_code == 302


def test_a_change_while_reading_is_a_conflict_with_the_diff_and_keeps_the_reason() -> None:
    risk = people.reviewer("risk")
    review = in_review()
    client = signed_in(risk)
    fields = vote_fields(client, review, choice="request_changes", reason="Say who the users are.")
    fake_phases.put(review.cycle, "scoping", "brief 2", author=None)

    answer = client.post(gate_url(review, "vote"), fields)

    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Say who the users are." in page
    assert "Changed since this review was requested" in page
    assert not Vote.objects.exists()


def test_a_form_sent_twice_is_one_vote() -> None:
    people.reviewer("business")
    risk = people.reviewer("risk")
    review = in_review(tier=3)
    client = signed_in(risk)
    fields = vote_fields(client, review)

    assert client.post(gate_url(review, "vote"), fields).status_code == 302
    again = client.post(gate_url(review, "vote"), fields)

    assert again.status_code == 409
    assert "You voted already" in again.content.decode()
    assert Vote.objects.count() == 1


def test_the_page_says_why_somebody_does_not_vote() -> None:
    review = in_review()

    page = signed_in(review.cycle.workload.owner).get(gate_url(review)).content.decode()

    assert "You own this workload or asked for this review." in page
    assert 'name="nonce"' not in page
    assert "nobody can give this vote" in page


def test_the_page_shows_what_changed_since_the_last_approval() -> None:
    made = lives.workload("selection", ready=fake_phases.ready)
    cycle = current_cycle(made)
    fake_phases.edit(made.owner, cycle, "scoping", "brief 2")

    page = signed_in(made.owner).get(f"/workloads/{made.ref}/gates/scoping/").content.decode()

    assert "What changed since the last approval" in page
    assert "Changed" in page
    assert "Scoping: now brief 2" in page


def test_an_objection_is_shown_and_lifted_by_its_author() -> None:
    risk = people.reviewer("risk")
    review = in_review()
    vote = lives.vote(review, risk, choice="object", reason=LONG)
    lift = reverse(
        "lifecycle:lift",
        kwargs={"ref": review.cycle.workload.ref, "phase_key": "scoping", "vote_id": vote.pk},
    )
    other = signed_in(people.reviewer("risk"))

    assert LONG in other.get(gate_url(review)).content.decode()
    assert lift not in other.get(gate_url(review)).content.decode()
    assert other.post(lift).status_code == 403
    assert lift in signed_in(risk).get(gate_url(review)).content.decode()
    assert signed_in(risk).post(lift).status_code == 302


def test_an_owner_manages_people() -> None:
    made, helper = lives.draft(), people.person("Helper")
    client = signed_in(made.owner)
    url = f"/workloads/{made.ref}/members/"

    added = client.post(url, {"email": helper.email.upper(), "role": "contributor"})
    assert added.status_code == 302
    page = client.get(url).content.decode()
    assert helper.display_name in page
    again = client.post(url, {"email": helper.email, "role": "contributor"})
    unknown = client.post(url, {"email": "nobody@example.com", "role": "rater"})

    assert again.status_code == 409
    assert unknown.status_code == 422
    assert "No account has this address" in unknown.content.decode()
    assert "nobody@example.com" in unknown.content.decode()
    ends = re.findall(rf'action="({url}[^"]+/end/)"', page)
    assert len(ends) == 1
    assert client.post(ends[0]).status_code == 302
    assert not re.findall(rf'action="({url}[^"]+/end/)"', client.get(url).content.decode())


def test_the_home_page_says_what_waits() -> None:
    risk, other = people.reviewer("risk"), people.reviewer("security")
    review = in_review()
    name = review.cycle.workload.name

    assert name in signed_in(risk).get("/workloads/panels/waiting/").content.decode()
    assert name not in signed_in(other).get("/workloads/panels/waiting/").content.decode()
    owners = signed_in(review.cycle.workload.owner)
    assert "1 Scoping: in review" in owners.get("/workloads/panels/waiting/").content.decode()
    fragment = owners.get("/workloads/panels/by-phase/", headers={"HX-Request": "true"})
    assert "<html" not in fragment.content.decode()
    assert "1 in all" in fragment.content.decode()


@pytest.mark.parametrize(
    "spoof",
    ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7340|add:421 }}",
     '<div hx-get="/x" hx-trigger="load">'],
)  # fmt: skip
def test_what_people_wrote_is_shown_as_text(spoof: str) -> None:
    risk = people.reviewer("risk")
    made = services.create_workload(actor=people.person(), name=f"n {spoof}", summary=spoof)
    cycle = current_cycle(made)
    fake_phases.ready(cycle, "scoping", made.owner)
    services.submit_phase(actor=made.owner, cycle=cycle, phase_key="scoping")
    review = Review.objects.get()
    lives.vote(review, risk, choice="request_changes", reason=f"{spoof} and some more words")

    for url in ("/workloads/", f"/workloads/{made.ref}/", gate_url(review)):
        page = signed_in(risk).get(url).content.decode()
        assert spoof not in page or spoof.startswith("{{")
        assert "7761" not in page


def test_a_bidi_override_in_a_reason_is_shown_as_a_mark() -> None:
    risk = people.reviewer("risk")
    review = in_review()
    lives.vote(review, risk, choice="request_changes", reason="Say more \u202eabout users here.")

    assert "⟨U+202E⟩" in signed_in(risk).get(gate_url(review)).content.decode()


def test_a_fresh_sign_in_is_read_from_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    risk = people.reviewer("risk")
    people.reviewer("business")
    review = in_review(tier=4)
    seen: list[object] = []
    cast: Callable[..., Vote] = services.cast_vote
    monkeypatch.setattr(
        "workloads.lifecycle.services.cast_vote",
        lambda **more: seen.append(more["signed_in_at"]) or cast(**more),
    )
    client = signed_in(risk)

    client.post(gate_url(review, "vote"), vote_fields(client, review))

    assert seen[0] is not None
