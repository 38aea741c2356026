"""Whatever happens in whatever order: never more is spent and reserved than the cap."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluations.playground import ledger, services
from evaluations.playground.enums import CellState, TrialState
from evaluations.playground.ledger import Room, Settlement
from evaluations.playground.models import Trial, TrialCell
from evaluations.playground.plan import TrialPlan
from portal.common.clock import now
from tests.factories import playground

pytestmark = pytest.mark.django_db

# What happens next to the cell of that place: it is asked, answered for a share of its estimate
# (and more, where the gateway says so), lost and tried again, or its worker dies.
STEP = st.tuples(
    st.sampled_from(("ask", "answer", "lose", "fail", "die", "cancel")),
    st.integers(0, 5),
    st.integers(0, 300),
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(cap=st.integers(100, 160), steps=st.lists(STEP, max_size=30))
def test_never_more_is_spent_than_the_cap(db: None, cap: int, steps: list) -> None:  # type: ignore[type-arg]
    # given a trial of six calls whose cap is its worst case or a little more
    trial = _trial(cap)
    owner, owners = "owner-0", 0
    ledger.take(trial_id=trial.pk, owner=owner, seconds=60)
    reserved: dict[int, TrialCell] = {}
    calls = 0
    for act, place, share in steps:
        cell = TrialCell.objects.get(trial=trial, place=place)
        held = reserved.get(place)
        # when
        if act == "ask" and held is None and cell.state == CellState.WAITING:
            room = ledger.reserve(trial_id=trial.pk, owner=owner, cell=cell)
            if room is Room.TAKEN:
                reserved[place] = cell
                calls += 1
        elif act in ("answer", "lose", "fail") and held is not None:
            micro = held.estimate_micro * share // 100 if act == "answer" else held.estimate_micro
            within = min(micro, held.estimate_micro)
            state = {"answer": CellState.ANSWERED, "lose": CellState.WAITING}.get(
                act, CellState.ERROR
            )
            ended = Settlement(state, within, micro - within)
            assert ledger.settle(trial_id=trial.pk, owner=owner, cell=held, ended=ended)
            del reserved[place]
        elif act == "die":
            Trial.objects.filter(pk=trial.pk).update(alive_until=now() - timedelta(seconds=1))
            owners += 1
            owner = f"owner-{owners}"
            if ledger.take(trial_id=trial.pk, owner=owner, seconds=60) is not None:
                reserved.clear()
        elif act == "cancel" and share > 280:
            Trial.objects.filter(pk=trial.pk).update(cancel_asked=True)
        # then
        trial.refresh_from_db()
        assert trial.spent_micro + trial.reserved_micro <= trial.cap_micro
        assert trial.reserved_micro == sum(one.estimate_micro for one in reserved.values())
        spent = sum(TrialCell.objects.filter(trial=trial).values_list("cost_micro", flat=True))
        assert trial.spent_micro + trial.overrun_micro == spent
    # and when what is in flight has ended, the trial comes to its end
    for held in reserved.values():
        ledger.settle(trial_id=trial.pk, owner=owner, cell=held, ended=Settlement(CellState.ERROR))
    assert services.close_trial(trial_id=trial.pk, owner=owner, out_of_money=True) is not None
    trial.refresh_from_db()
    assert trial.state not in (TrialState.QUEUED, TrialState.RUNNING)
    assert trial.reserved_micro == 0
    assert calls == sum(TrialCell.objects.filter(trial=trial).values_list("attempts", flat=True))


def _trial(percent: int) -> Trial:
    """Return a trial whose cap is that share of its worst case; the workload is made once."""
    former = Trial.objects.first()
    if former is None:
        scene = playground.scene(3)
        former = scene.start(examples=("t-0000", "t-0001", "t-0002"))
    chosen, workload = TrialPlan.from_json(former.plan).selection, former.workload
    cap = Decimal(former.worst_case_micro * percent // 100) / 1_000_000
    former.delete()
    return services.start_trial(actor=workload.owner, workload=workload, selection=chosen, cap=cap)
