import json
from typing import Any

import pytest
from django.test import Client

from portal.accounts.models import User
from tests.factories import lives, people
from tests.workloads.lifecycle import fake_phases
from tests.workloads.lifecycle.reviewing import LONG, in_review, outcome
from workloads.lifecycle.models import Review, Vote
from workloads.lifecycle.selectors import current_cycle, phase_record

pytestmark = pytest.mark.django_db


class Api:
    """The API as one person calls it."""

    def __init__(self, user: User) -> None:
        self.client = Client()
        self.client.force_login(user)

    def get(self, path: str) -> Any:
        return self.client.get(f"/api/v1/{path}")

    def post(self, path: str, body: Any = None) -> Any:
        data = body if isinstance(body, str) else json.dumps({} if body is None else body)
        return self.client.post(f"/api/v1/{path}", data, content_type="application/json")


def gate(review: Review, act: str) -> str:
    return f"workloads/{review.cycle.workload.ref}/gates/{review.phase}/{act}"


def ballot(api: Api, review: Review, **more: str) -> dict[str, str]:
    read = api.get(gate(review, "review")).json()
    return {
        "remit": read["remits"][0], "choice": "approve", "nonce": read["nonce"],
        "manifest_digest": read["manifest_digest"], **more,
    }  # fmt: skip


def test_the_list_and_one_workload() -> None:
    made = lives.workload("selection", ready=fake_phases.ready)
    api = Api(made.owner)

    listed = api.get("workloads?phase=selection").json()
    one = api.get(f"workloads/{made.ref}").json()

    assert [row["ref"] for row in listed["results"]] == [made.ref]
    assert (listed["results"][0]["phase"], listed["next_cursor"]) == ("selection", "")
    states = {phase["key"]: phase["state"] for phase in one["phases"]}
    assert (states["scoping"], states["selection"]) == ("passed", "open")
    scoping, selection = one["phases"][:2]
    assert scoping["manifest_digest"] == scoping["passed_manifest_digest"]
    assert [c["state"] for c in selection["checks"]] == ["pass", "fail"]


def test_submit_read_vote_over_the_api_is_the_same_walk() -> None:
    made, risk = lives.draft(), people.reviewer("risk")
    cycle = current_cycle(made)
    owner, voter = Api(made.owner), Api(risk)

    early = owner.post(f"workloads/{made.ref}/gates/scoping/submit")
    assert (early.status_code, early.json()["code"]) == (409, "not_ready")
    assert {e["field"] for e in early.json()["errors"]} == {"tier_known", "scoping_done"}

    fake_phases.ready(cycle, "scoping", made.owner)
    assert owner.post(f"workloads/{made.ref}/gates/scoping/submit").json()["state"] == "in_review"
    review = Review.objects.get()
    answer = voter.post(gate(review, "votes"), ballot(voter, review))

    assert answer.status_code == 201
    assert answer.json()["review"] == "approved"
    assert phase_record(cycle, "scoping").state == "passed"


def test_who_may_not_vote_gets_no_nonce_and_the_reason() -> None:
    review = in_review()

    read = Api(review.cycle.workload.owner).get(gate(review, "review")).json()

    assert (read["may_vote"], read["nonce"]) == (False, "")
    assert read["why_not"]["rule"] == "self_approval"


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"choice": "maybe"}, 400, "invalid"),
        ({"choice": "reject", "reason": "bad"}, 400, "invalid"),
        ({"nonce": "x"}, 409, "nonce"),
        ({"manifest_digest": "sha256:0"}, 409, "manifest_changed"),
        ({"remit": "privacy"}, 403, "role"),
        ({"outcome": "approved"}, 400, "unknown_field"),
    ],
)
def test_a_vote_that_is_wrong_says_why(more: dict[str, str], status: int, code: str) -> None:
    risk = people.reviewer("risk")
    review = in_review()
    api = Api(risk)

    answer = api.post(gate(review, "votes"), ballot(api, review) | more)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert set(answer.json()) == {"code", "message", "errors", "request_id"}
    assert not Vote.objects.exists()


def test_a_rejection_of_three_characters_names_the_fifty() -> None:
    risk = people.reviewer("risk")
    review = in_review()
    api = Api(risk)

    answer = api.post(gate(review, "votes"), ballot(api, review, choice="reject", reason="bad"))

    error = answer.json()["errors"][0]
    assert (error["field"], error["code"]) == ("reason", "min_length")
    assert "50" in error["message"]


@pytest.mark.parametrize(
    ("who", "code"),
    [("owner", "self_approval"), ("contributor", "contributed"), ("wrong role", "role"),
     ("admin", "role")],
)  # fmt: skip
def test_the_rules_of_voting_have_their_names(who: str, code: str) -> None:
    writer, risk = people.reviewer("risk"), people.reviewer("risk")
    review = in_review()
    fake_phases.put(review.cycle, "scoping", "brief 1", author=writer)
    person = {
        "owner": review.cycle.workload.owner,
        "contributor": writer,
        "wrong role": people.reviewer("security"),
        "admin": people.reviewer("risk"),
    }[who]
    if who == "admin":
        User.objects.filter(pk=person.pk).update(is_superuser=True)
    read = ballot(Api(risk), review)

    answer = Api(person).post(gate(review, "votes"), read)

    assert (answer.status_code, answer.json()["code"]) == (403, code)


def test_twice_and_after_the_close_are_conflicts() -> None:
    risk, business, late = (
        people.reviewer("risk"), people.reviewer("business"), people.reviewer("risk"),
    )  # fmt: skip
    review = in_review(tier=3)
    first = Api(risk)
    body = ballot(first, review)
    waiting = ballot(Api(late), review)

    assert first.post(gate(review, "votes"), body).status_code == 201
    assert first.post(gate(review, "votes"), body).json()["code"] == "already_voted"
    lives.vote(review, business)
    assert outcome(review) == "approved"
    closed = Api(late).post(gate(review, "votes"), waiting)
    assert (closed.status_code, closed.json()["code"]) == (409, "closed")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "bad_body"), ("{", "parse_error"), ("[" * 100_000, "too_deep"),
        ('{"choice": "approve", "choice": "reject"}', "duplicate_key"),
        ('{"reason": "a\\u0000b"}', "invalid"), ('{"reason": "\\ud800"}', "invalid"),
        ('{"reason": NaN}', "parse_error"), ("[]", "bad_body"), ('"x"', "bad_body"),
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_read_is_400(body: str, code: str) -> None:
    risk = people.reviewer("risk")
    review = in_review()

    answer = Api(risk).post(gate(review, "votes"), body)

    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_what_is_not_there_and_what_is_not_shown_answer_alike() -> None:
    review = in_review()
    stranger = Api(people.stranger())
    ref = review.cycle.workload.ref

    bodies = [
        stranger.get(path).json() | {"request_id": ""}
        for path in (
            f"workloads/{ref}", "workloads/WL-9999", f"workloads/{ref}/gates/scoping/review",
            "workloads/%00",
        )
    ]  # fmt: skip

    assert all(body == bodies[0] and body["code"] == "not_found" for body in bodies)


def test_a_filter_that_is_none_is_400() -> None:
    answer = Api(people.stranger()).get("workloads?owner__password__startswith=a")

    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_filter")


def test_operations_has_no_gate_to_submit() -> None:
    made = lives.draft()

    answer = Api(made.owner).post(f"workloads/{made.ref}/gates/operations/submit")

    assert answer.status_code == 404


def test_long_reasons_pass_whole() -> None:
    risk = people.reviewer("risk")
    review = in_review()
    api = Api(risk)

    answer = api.post(gate(review, "votes"), ballot(api, review, choice="reject", reason=LONG))

    assert answer.status_code == 201
    assert Vote.objects.get().reason == LONG
