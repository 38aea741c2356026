"""Opening a study: what may be asked, of whom, and what is sealed."""

import pytest
from django.db import DatabaseError, connection, transaction

from evaluations.datasets import services as datasets
from evaluations.datasets.versioned import VersionedExample
from evaluations.preferences.models import Rating, Study, StudyPair
from evaluations.preferences.planning import prepare
from evaluations.runs.models import Run
from portal.audit.models import AuditEvent
from portal.common.canonical import digest
from portal.common.errors import Conflict, Forbidden, Invalid, NotReady
from tests.factories import people, preferences, scorecards
from workloads.lifecycle.services import add_member

pytestmark = pytest.mark.django_db


def refusal(problem: pytest.ExceptionInfo[Invalid]) -> tuple[str, str]:
    first = problem.value.errors[0]
    return first.field, first.code


def test_a_study_seals_its_plan_and_gives_each_rater_every_pair_once() -> None:
    scene = preferences.scene(20, 3)

    study = scene.open(candidates=[0, 1, 2])

    assert study.plan_digest == digest(study.plan)
    assert study.plan["run"]["digest"] == scene.run.digest
    assert StudyPair.objects.count() == 30
    # the three comparisons ask about the same examples, each kind in its share of 20
    by_comparison: dict[tuple[int, int], list[str]] = {}
    for one in study.plan["pairs"]:
        by_comparison.setdefault((one["first"], one["second"]), []).append(one["example"])
    assert set(by_comparison) == {(0, 1), (0, 2), (1, 2)}
    assert len({tuple(examples) for examples in by_comparison.values()}) == 1
    kinds = [one["kind"] for one in study.plan["pairs"] if one["second"] == 1]
    assert sorted(kinds) == ["adversarial", "edge"] + ["typical"] * 8
    orders = []
    for seat in study.raters.all():
        ratings = list(seat.ratings.order_by("place"))
        assert [one.place for one in ratings] == list(range(1, 31))
        assert len({one.pair_id for one in ratings}) == 30
        assert sum(one.first_is_a for one in ratings) == 15
        orders.append([(one.pair_id, one.first_is_a) for one in ratings])
    assert orders[0] != orders[1]
    assert (
        AuditEvent.objects.filter(action="study.opened", workload_ref=scene.workload.ref).count()
        == 1
    )
    # what is sealed stays
    for change in (
        lambda: Study.objects.filter(pk=study.pk).update(plan={}),
        lambda: StudyPair.objects.update(position=99),
        lambda: Rating.objects.update(first_is_a=True),
        lambda: Rating.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_answers_that_are_alike_missing_or_telling_are_left_out_and_counted() -> None:
    def said(alias: str, example: VersionedExample) -> str | scorecards.Failure:
        if example.position <= 3:
            return "The same words."
        if example.position == 4:
            return scorecards.Failure()
        if example.position == 5:
            return f"As {alias.upper()}, I think so."
        return f"{hash(alias)} {example.position}"

    scene = preferences.scene(20, said=said)

    study = scene.open()

    found = study.plan["comparisons"][0]
    counts = [found[name] for name in ("identical", "unanswered", "named", "eligible")]
    assert counts == [3, 1, 1, 15]
    with pytest.raises(Invalid) as problem:
        scene.open(pairs=17)
    assert refusal(problem) == ("pairs", "too_few_pairs")
    assert "3 have the same answer twice" in problem.value.message


def test_what_is_held_out_is_asked_of_nobody() -> None:
    """Raters may write another prompt of the workload, and nobody records what they read."""
    made = scorecards.scene(20, 2)
    dataset = made.version.dataset
    for keys in (["t-0001", "t-0002"], ["t-0003"]):
        # the first two in the version that is run, the third in the draft alone
        datasets.change_examples(actor=made.owner, dataset=dataset, keys=keys, act="hold_out")
        if "t-0001" in keys:
            datasets.commit_version(actor=made.owner, dataset=dataset, note="Two are held out.")
    names = [one.gateway_alias for one in made.entries]
    run = scorecards.finish(made.start(), preferences.by_place(names))

    pool = prepare(run, [0, 1], 10, 7)

    assert pool.plan["comparisons"][0]["held_out"] == 3
    assert pool.plan["comparisons"][0]["eligible"] == 17
    asked = {one["example"] for one in pool.plan["pairs"]}
    assert not asked & {"t-0001", "t-0002", "t-0003"}


def test_who_cannot_rate_blind_is_refused_with_the_reason() -> None:
    scene = preferences.scene()
    auditor = people.auditor()
    add_member(actor=scene.owner, workload=scene.workload, user=auditor, role="observer")
    for person, words in (
        (scene.owner, "wrote in a prompt"),
        (scene.maker, "opens the study"),
        (people.stranger(), "is not a member"),
        (auditor, "is an auditor"),
    ):
        with pytest.raises(Invalid, match=words) as problem:
            scene.open(raters=[*scene.raters, person])
        assert refusal(problem) == ("raters", "not_eligible")
    assert not Study.objects.exists()


def test_a_study_needs_enough_raters_pairs_candidates_and_a_complete_run() -> None:
    scene = preferences.scene()
    for more, told in (
        ({"raters": scene.raters[:1]}, ("raters", "too_few")),
        ({"pairs": 9}, ("pairs", "out_of_range")),
        ({"pairs": 201}, ("pairs", "out_of_range")),
        ({"candidates": [0]}, ("candidates", "too_few")),
        ({"candidates": [0, 7]}, ("candidates", "unknown")),
        ({"question": "Eh?"}, ("question", "min_length")),
    ):
        with pytest.raises(Invalid) as problem:
            scene.open(**more)
        assert refusal(problem) == told
    with pytest.raises(Forbidden):
        scene.open(actor=scene.raters[0])
    Run.objects.filter(pk=scene.run.pk).update(state="partial")
    scene.run.refresh_from_db()
    with pytest.raises(NotReady):
        scene.open()


def test_only_so_many_studies_are_open_at_once() -> None:
    scene = preferences.scene()
    for _ in range(3):
        scene.open()
    with pytest.raises(Conflict, match="open already"):
        scene.open()


def test_from_tier_two_on_thirty_pairs_are_the_least() -> None:
    scene = preferences.scene(40, tier=2)

    with pytest.raises(Invalid) as problem:
        scene.open(pairs=29)

    assert refusal(problem) == ("pairs", "out_of_range")
    assert len(scene.open(pairs=30).plan["pairs"]) == 30


def test_who_wrote_an_example_is_not_asked_about_it_and_others_fill_in() -> None:
    scene = preferences.scene()
    writer = scene.raters[0]
    rows = scene.run.dataset_version.lines.values_list("revision_id", flat=True)
    _write_as(writer, list(rows)[:5])
    with pytest.raises(Invalid, match="fewer than 2 raters"):
        scene.open(pairs=20)
    third = people.person("Third")
    add_member(actor=scene.owner, workload=scene.workload, user=third, role="rater")

    study = scene.open(pairs=20, raters=[*scene.raters, third])

    asked = {one.user_id: one.ratings.count() for one in study.raters.all()}
    assert asked == {writer.pk: 15, scene.raters[1].pk: 20, third.pk: 20}


def _write_as(person: object, revisions: list[object]) -> None:
    """Give examples another author, which the database refuses in any other way."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "UPDATE evaluations_datasets_examplerevision SET created_by_id = %s WHERE id = ANY(%s)",
            [person.pk, revisions],  # type: ignore[attr-defined]
        )
        cursor.execute("SET session_replication_role = origin")


def test_further_people_can_be_asked_while_it_is_open() -> None:
    scene = preferences.scene()
    study = scene.open()
    third = people.person("Third")
    add_member(actor=scene.owner, workload=scene.workload, user=third, role="rater")

    preferences.services.invite_raters(actor=scene.owner, study=study, raters=[third])

    seat = study.raters.get(user=third)
    assert (seat.seat, seat.ratings.count()) == (3, 10)
    with pytest.raises(Invalid, match="not asked yet"):
        preferences.services.invite_raters(actor=scene.owner, study=study, raters=[third])
    with pytest.raises(Invalid, match="wrote in a prompt"):
        preferences.services.invite_raters(actor=scene.maker, study=study, raters=[scene.owner])
    with pytest.raises(Forbidden):
        preferences.services.invite_raters(actor=third, study=study, raters=[third])
