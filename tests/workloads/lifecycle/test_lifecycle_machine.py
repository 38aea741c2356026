"""A random life of one workload on PostgreSQL, its invariants checked after each step.

What the machine believes about an approval is computed here anew, by brute force, and not by the
code under test.
"""

import os
from itertools import permutations
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from portal.accounts.models import RoleGrant, User
from portal.audit.models import AuditEvent
from portal.audit.services import verify
from portal.common.errors import DomainError
from portal.common.readonce import one_reading
from tests.factories import lives, people
from tests.workloads.lifecycle import fake_phases
from tests.workloads.lifecycle.fake_phases import KEYS
from workloads.lifecycle import services
from workloads.lifecycle.checks import checks_of
from workloads.lifecycle.models import Cycle, Release, Review, ReviewReading, Vote
from workloads.lifecycle.phases import phase, up_to
from workloads.lifecycle.selectors import (
    holds,
    manifest,
    manifest_digest,
    open_cycle,
    open_review,
    phase_records,
)

# Other lives each time. For many at once, set the number: ASSAY_MACHINE_EXAMPLES=200.
EXAMPLES = int(os.environ.get("ASSAY_MACHINE_EXAMPLES", "5"))
STEPS = int(os.environ.get("ASSAY_MACHINE_STEPS", "30"))

gates = st.sampled_from(KEYS[:7])
# Early gates are where most of a life happens; the last is reached by `hurry`.
changes = st.sampled_from(
    ["brief.cosmetic", "brief.loosened", "brief.tightened", "brief.scope",
     "brief.threshold_tightened", "catalog.price_changed", "prompt.changed_after_baseline",
     "metric.changed", "unheard of"]
)  # fmt: skip
choices = st.sampled_from(
    ["approve"] * 6 + ["object", "object", "abstain", "request_changes", "reject"]
)
REMITS = ("business", "risk", "security", "privacy")


class Life(RuleBasedStateMachine):
    """Owner, a contributor, five reviewers, one administrator, and what they may try."""

    @initialize()
    def begin(self) -> None:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.reviewers = [people.reviewer(remit) for remit in REMITS]
        self.reviewers.append(people.reviewer("risk", "business"))
        self.admin = people.administrator()
        people.grant(self.admin, "risk")
        self.made = lives.draft()
        self.owner = self.made.owner
        self.helper = people.person("Helper")
        services.add_member(
            actor=self.owner, workload=self.made, user=self.helper, role="contributor"
        )
        self.cycle_id = self.made.cycles.get().pk
        for key in KEYS:
            fake_phases.put(self.cycle, key, "0", author=self.owner)
        self.tier(2, False)
        self.silent = False
        self.readings: list[ReviewReading] = []
        self.approved: set[Any] = set()
        self.states = self._states()
        self.seq = self._head()

    def teardown(self) -> None:
        if hasattr(self, "atomic"):
            assert verify()[1] == []
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    @property
    def cycle(self) -> Cycle:
        """The cycle as it is in the database now, with its workload."""
        return Cycle.objects.select_related("workload__owner").get(pk=self.cycle_id)

    def _states(self) -> dict[str, str]:
        return {key: record.state for key, record in phase_records(self.cycle).items()}

    def _head(self) -> int:
        return AuditEvent.objects.order_by("-seq").values_list("seq", flat=True).first() or 0

    def attempt(self, act: Any, **more: Any) -> Any:
        """Do what may be refused; a refusal changes nothing."""
        before = (self._states(), self._head(), Vote.objects.count())
        try:
            return act(**more)
        except DomainError:
            assert (self._states(), self._head(), Vote.objects.count()) == before
            return None

    @rule(key=gates, value=st.sampled_from("012"), change=changes, who=st.integers(0, 6))
    def edit(self, key: str, value: str, change: str, who: int) -> None:
        author = [self.owner, self.helper, *self.reviewers][who]
        fake_phases.edit(author, self.cycle, key, value, change=change)
        self.silent = False

    @rule(key=gates, value=st.sampled_from("012"))
    def write_past_the_lifecycle(self, key: str, value: str) -> None:
        fake_phases.put(self.cycle, key, value, author=None)
        self.silent = True

    @rule(key=gates, ok=st.booleans())
    def a_check_turns(self, key: str, ok: bool) -> None:
        fake_phases.set_ok(self.cycle, key, ok)

    @rule(key=gates, who=st.integers(0, 3))
    def submit(self, key: str, who: int) -> None:
        actor = [self.owner, self.owner, self.helper, self.reviewers[0]][who]
        self.attempt(services.submit_phase, actor=actor, cycle=self.cycle, phase_key=key)

    @rule(key=gates, who=st.integers(0, 4), choice=choices)
    def vote(self, key: str, who: int, choice: str) -> None:
        self._vote(self.reviewers[who], key, choice)

    @rule(key=gates, who=st.integers(0, 2))
    def somebody_votes_who_never_may(self, key: str, who: int) -> None:
        person = [self.owner, self.admin, self.helper][who]
        assert self._vote(person, key, "approve") is None

    def _vote(self, person: User, key: str, choice: str) -> Vote | None:
        review = open_review(self.cycle, key)
        if review is None:
            return None
        self.readings.append(services.open_review_page(actor=person, review=review))
        found: Vote | None = self.attempt(lives.vote, review=review, voter=person, choice=choice)
        return found

    @rule(data=st.data())
    def vote_with_an_old_form(self, data: st.DataObject) -> None:
        if not self.readings:
            return
        reading = data.draw(st.sampled_from(self.readings[-10:]))
        used = ReviewReading.objects.filter(
            nonce__in=[reading.nonce], used_at__isnull=False
        ).exists()
        made = self.attempt(
            services.cast_vote,
            actor=reading.user, review=reading.review, remit="risk", choice="approve", reason="",
            manifest_digest=reading.manifest_digest, nonce=reading.nonce,
            signed_in_at=timezone.now(),
        )  # fmt: skip
        if made is not None:
            assert not used
            assert made.manifest_digest == reading.manifest_digest

    @rule(who=st.integers(0, 4))
    def lift(self, who: int) -> None:
        standing = Vote.objects.filter(
            voter=self.reviewers[who], choice="object", lifted_at=None, struck_at=None
        ).first()
        if standing is not None:
            self.attempt(services.lift_objection, actor=self.reviewers[who], vote=standing)

    @rule(who=st.integers(0, 4), remit=st.sampled_from(REMITS))
    def a_role_turns(self, who: int, remit: str) -> None:
        person = self.reviewers[who]
        held = RoleGrant.objects.filter(user=person, remit=remit, revoked_at=None).exists()
        (people.revoke if held else people.grant)(person, remit)

    @rule(tier=st.sampled_from([1, 2, 2, 2, 3, 4]), personal=st.booleans())
    def tier(self, tier: int, personal: bool) -> None:
        self.attempt(
            services.set_risk, actor=self.owner, workload=self.made, tier=tier,
            personal_data=personal, prohibited=False,
        )  # fmt: skip

    @rule(key=gates)
    def withdraw(self, key: str) -> None:
        review = open_review(self.cycle, key)
        if review is not None:
            self.attempt(services.withdraw_review, actor=self.owner, review=review)

    @rule()
    def sweep(self) -> None:
        services.expire_reviews()

    @rule()
    def hurry(self) -> None:
        """Walk as far as the reviewers there are can carry it."""
        for key in KEYS[:7]:
            self.attempt(services.submit_phase, actor=self.owner, cycle=self.cycle, phase_key=key)
            for person in self.reviewers:
                self._vote(person, key, "approve")
            self.approvals_were_right()

    @invariant()
    def approvals_were_right(self) -> None:
        """Invariants 1, 2, 3 and 9, for each approval in the step in which it came."""
        if not hasattr(self, "approved"):
            return
        found = Review.objects.filter(cycle=self.cycle, outcome="approved").exclude(
            pk__in=self.approved
        )
        for review in found:
            self.approved.add(review.pk)
            key = review.phase
            assert manifest_digest(manifest(self.cycle, key)) == review.manifest_digest
            assert all(check.state == "pass" for check in checks_of(self.cycle, key))
            for one in up_to(key)[:-1]:
                assert holds(phase_records(self.cycle)[one.key])
            votes = list(review.votes.filter(lifted_at=None, struck_at=None))
            assert not [vote for vote in votes if vote.choice == "object"]
            barred = {self.owner.pk, self.helper.pk, self.admin.pk, review.requested_by_id}
            for one in up_to(key):
                barred |= set(one.contributors(self.cycle))
            yes = [vote for vote in votes if vote.choice == "approve"]
            for vote in yes:
                assert vote.voter_id not in barred
                assert vote.manifest_digest == review.manifest_digest
                assert RoleGrant.objects.filter(
                    user=vote.voter_id, remit=vote.remit, revoked_at=None,
                    granted_at__lte=review.requested_at,
                ).exists()  # fmt: skip
            needed = review.requirements
            assert any(
                all(vote.remit in remits for vote, remits in zip(some, needed, strict=True))
                for some in permutations(yes, len(needed))
            )

    @invariant()
    def a_phase_is_in_review_exactly_while_a_review_is_open(self) -> None:
        if not hasattr(self, "seq"):
            return
        found = Review.objects.filter(cycle=self.cycle, outcome="open").values_list("phase")
        reviewed = sorted(key for (key,) in found)
        assert reviewed == sorted(k for k, state in self._states().items() if state == "in_review")

    @invariant()
    def what_counts_as_passed_is_what_is_there(self) -> None:
        """Invariant 2; and once the lifecycle was told, no stale bytes are called passed."""
        if not hasattr(self, "silent"):
            return
        cycle, closed = self.cycle, open_cycle(self.made) is None
        # Nothing is written meanwhile: what the eight gates share is read once.
        with one_reading():
            for key, record in phase_records(cycle).items():
                same = record.manifest_digest == manifest_digest(manifest(cycle, key))
                if holds(record):
                    assert record.state == "passed"
                    assert same
                if record.state == "passed" and not self.silent and not closed:
                    assert same

    @invariant()
    def each_change_of_state_has_its_event(self) -> None:
        """Invariant 7."""
        if not hasattr(self, "seq"):
            return
        now = self._states()
        for key, state in now.items():
            events = AuditEvent.objects.filter(
                seq__gt=self.seq, subject_kind="phase", workload_ref=self.made.ref,
                subject_ref__endswith=f"/{key}",
            ).order_by("seq")  # fmt: skip
            told = [event.detail["state"] for event in events]
            walk = [self.states[key], *told]
            assert walk[-1] == state
        self.states, self.seq = now, self._head()

    @invariant()
    def a_release_is_there_exactly_after_a_go(self) -> None:
        """Invariant 1."""
        if not hasattr(self, "seq"):
            return
        passed = self._states()["go_no_go"] == "passed"
        assert Release.objects.filter(cycle=self.cycle).exists() == passed
        assert (open_cycle(self.made) is None) == passed
        assert phase("go_no_go").makes_release


@pytest.mark.django_db
@pytest.mark.timeout(900)
def test_no_random_life_breaks_an_invariant() -> None:
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
