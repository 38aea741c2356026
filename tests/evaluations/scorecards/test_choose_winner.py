"""Choosing the winner: only one that meets the floors, and only for a reason."""

from typing import Any

import pytest
from django.db import ProgrammingError, transaction

from catalog.enums import EntryStatus
from evaluations.scorecards import services
from evaluations.scorecards.models import WinnerChoice
from evaluations.scorecards.selectors import winner_choice
from evaluations.scorecards.services.baseline import Baseline
from portal.audit.models import AuditEvent
from portal.common.errors import Conflict, Forbidden, Invalid
from tests.factories import briefs, catalog, people, scorecards
from tests.factories.scorecards import METRICS, REASON, accurate
from workloads.briefs.selectors import brief_of
from workloads.lifecycle.enums import MemberRole
from workloads.lifecycle.selectors import manifest
from workloads.lifecycle.services import add_member
from workloads.reviews.evidence import baseline_of
from workloads.tuning.winners import winner_of

pytestmark = pytest.mark.django_db


def test_the_winner_is_kept_with_its_reason_and_found_by_the_phases_below() -> None:
    # given a published scorecard
    scene = scorecards.scene()
    card = scene.scorecard()
    assert winner_of(scene.cycle) is None
    assert baseline_of(scene.cycle) is None
    # when
    choice = scene.choose(card)
    # then phase 5 finds it
    winner = winner_of(scene.cycle)
    assert winner is not None
    assert (winner.alias, winner.rationale) == (scene.entries[0].gateway_alias, REASON)
    assert winner.scorecard.digest == card.digest
    assert winner.scored_prompts == 1
    # and phase 7 its baseline
    baseline = baseline_of(scene.cycle)
    assert baseline is not None
    assert baseline.n == 60
    assert baseline.dataset["digest"] == scene.version.digest
    measure = baseline.measure("field_accuracy:category")
    assert measure is not None
    assert measure.scale == "binary"
    assert measure.scopes == ("overall", "kind:typical", "kind:edge", "kind:adversarial")
    assert baseline.measure("latency_p95") is not None
    # and the choice is part of what phase 4 approves
    assert choice.digest in {item.digest for item in manifest(scene.cycle, "evaluation")}
    assert AuditEvent.objects.get(action="winner.chosen").actor_id == scene.owner.pk


def test_a_candidate_below_its_floor_cannot_win() -> None:
    # given a candidate that is right in 60 % of the cases, with a floor of 80 %
    scene = scorecards.scene()
    card = scene.scorecard()
    # when
    with pytest.raises(Invalid) as refused:
        scene.choose(card, place=2)
    # then the floor is named
    assert refused.value.errors[0].field == "entry"
    assert "Routed to the right queue" in refused.value.errors[0].message
    assert not WinnerChoice.objects.exists()


def test_a_candidate_of_which_nobody_can_tell_cannot_win() -> None:
    scene = scorecards.scene(n=60, candidates=2)
    best = scene.entries[0].gateway_alias
    card = scene.scorecard(accurate({**scene.accuracies(), best: 1.0}, failing={best: 0.1}))
    with pytest.raises(Invalid) as refused:
        scene.choose(card)
    assert "cannot tell" in refused.value.errors[0].message


def test_a_floor_that_rose_since_the_run_counts_too() -> None:
    # given a scorecard whose winner clears 80 %
    scene = scorecards.scene()
    card = scene.scorecard()
    brief = brief_of(scene.cycle)
    briefs.services.save_draft(
        actor=scene.owner,
        workload=scene.workload,
        row_version=brief.row_version,
        answers={},
        kpis=[briefs.kpi(measured_by="field_accuracy", floor="99", target="99.5")],
    )
    # when and then
    with pytest.raises(Invalid) as refused:
        scene.choose(card)
    assert refused.value.errors[0].code == "floor"


def test_without_a_floor_on_a_metric_the_reason_alone_decides() -> None:
    scene = scorecards.scene(floor=None)
    choice = scene.choose(scene.scorecard(), place=1)
    assert choice.alias == scene.entries[1].gateway_alias


@pytest.mark.parametrize("reason", ["", "Best.", "x" * 49, " " * 80, "\u200b" * 80])
def test_a_reason_of_fifty_characters_is_asked_for(reason: str) -> None:
    scene = scorecards.scene(n=60, candidates=2)
    card = scene.scorecard()
    with pytest.raises(Invalid) as refused:
        scene.choose(card, reason=reason)
    assert refused.value.errors[0].field == "rationale"


def test_only_the_newest_scorecard_has_a_winner() -> None:
    # given a winner, and then a newer scorecard
    scene = scorecards.scene(n=60, candidates=2)
    old = scene.scorecard()
    scene.choose(old)
    new = scene.scorecard(baseline=Baseline(metrics=METRICS, seed=1))
    # then there is none until it is chosen again, and not on the old one
    assert winner_choice(scene.cycle) is None
    with pytest.raises(Conflict) as refused:
        scene.choose(old)
    assert refused.value.code == "not_newest"
    assert scene.choose(new).number == 2


def test_the_same_choice_twice_is_refused_and_another_one_counts() -> None:
    scene = scorecards.scene(n=60, candidates=2)
    card = scene.scorecard()
    scene.choose(card)
    with pytest.raises(Conflict) as refused:
        scene.choose(card)
    assert refused.value.code == "unchanged"
    other = scene.choose(card, reason=f"{REASON} And it is cheaper as well.")
    assert winner_choice(scene.cycle) == other
    assert WinnerChoice.objects.count() == 2


def test_a_model_that_is_no_candidate_or_may_not_be_called_cannot_win() -> None:
    scene = scorecards.scene(n=60, candidates=2)
    card = scene.scorecard()
    with pytest.raises(Invalid):
        services.choose_winner(
            actor=scene.owner, scorecard=card, entry=catalog.entry(), rationale=REASON
        )
    entry = scene.entries[0]
    entry.status = EntryStatus.BLOCKED
    entry.save()
    with pytest.raises(Invalid):
        scene.choose(card)


def test_only_the_owner_and_contributors_choose() -> None:
    scene = scorecards.scene(n=60, candidates=2)
    card = scene.scorecard()
    observer, contributor = people.person("Observer"), people.person("Contributor")
    for user, role in ((observer, MemberRole.OBSERVER), (contributor, MemberRole.CONTRIBUTOR)):
        add_member(actor=scene.owner, workload=scene.workload, user=user, role=role)
    settings: dict[str, Any] = {
        "scorecard": card,
        "entry": scene.entries[0],
        "rationale": REASON,
    }
    for user in (people.stranger(), observer, people.reviewer("risk"), people.auditor()):
        with pytest.raises(Forbidden):
            services.choose_winner(actor=user, **settings)
    assert services.choose_winner(actor=contributor, **settings).created_by == contributor


def test_a_choice_can_never_be_changed() -> None:
    scene = scorecards.scene(n=60, candidates=2)
    choice = scene.choose(scene.scorecard())
    with pytest.raises(ProgrammingError, match="Cannot"), transaction.atomic():
        WinnerChoice.objects.filter(pk=choice.pk).update(alias="other")
