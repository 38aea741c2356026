"""Labels: one mind each, changed until they are used, settled in the open where people differ."""

import pytest

from evaluations.datasets import services as datasets
from evaluations.datasets.versioned import views_of
from evaluations.judges import services
from evaluations.judges.calibrating import labelled
from evaluations.judges.models import HumanLabel
from evaluations.judges.selectors import labels_of, next_to_label
from evaluations.judges.services import label_example, settle_example
from portal.common.errors import Conflict, Forbidden, Invalid, NotReady
from tests.factories import judges, lives, people
from tests.factories.racing import at_once

pytestmark = pytest.mark.django_db


def test_from_a_slip_to_a_settled_label() -> None:
    # given a judge, and two people who label
    owner, reviewer = people.person("Owner"), people.reviewer("risk")
    workload = lives.draft(owner)
    made = judges.version(owner, workload, n=6)
    examples = views_of(made.calibration_set)
    with pytest.raises(NotReady):
        services.open_calibration(actor=owner, version=made)

    # when one mends a slip, and the other sees one answer otherwise
    first, second = (one.revision_id for one in examples[:2])
    label_example(actor=owner, version=made, revision_id=first, label="pass")
    label_example(actor=owner, version=made, revision_id=first, label="fail")
    label_example(actor=owner, version=made, revision_id=second, label="pass")
    label_example(actor=reviewer, version=made, revision_id=second, label="fail")
    found = next_to_label(made, owner)
    assert found is not None
    assert found.revision_id == examples[2].revision_id

    # then it is settled by those who work on it, once, and only where people differ
    with pytest.raises(Forbidden):
        settle_example(actor=reviewer, version=made, revision_id=second, label="fail")
    with pytest.raises(Conflict, match="do not differ"):
        settle_example(actor=owner, version=made, revision_id=first, label="fail")
    settle_example(actor=owner, version=made, revision_id=second, label="fail")
    with pytest.raises(Conflict, match="settled"):
        settle_example(actor=owner, version=made, revision_id=second, label="pass")
    given, settled = labels_of(made)
    assert given[str(first)] == {str(owner.pk): "fail"}
    assert settled == {str(second): "fail"}

    # and what a calibration has used stays as it is, while the rest can still be labelled
    opened = services.open_calibration(actor=owner, version=made)
    services.finish_calibration(calibration_id=opened.pk, verdicts={str(first): ["fail"]})
    with pytest.raises(Conflict, match="verdicts are known"):
        label_example(actor=owner, version=made, revision_id=first, label="pass")
    third = examples[2].revision_id
    label_example(actor=owner, version=made, revision_id=third, label="pass")
    assert HumanLabel.objects.count() == 5


def test_what_the_judge_has_answered_is_settled_by_a_third_person() -> None:
    # given an answer on which two people differ, and a calibration that used their labels
    owner, reviewer = people.person("Owner"), people.reviewer("risk")
    made = judges.version(owner, lives.draft(owner), n=3)
    first = views_of(made.calibration_set)[0].revision_id
    label_example(actor=owner, version=made, revision_id=first, label="pass")
    label_example(actor=reviewer, version=made, revision_id=first, label="fail")
    opened = services.open_calibration(actor=owner, version=made)
    services.finish_calibration(calibration_id=opened.pk, verdicts={str(first): ["fail"]})

    # then neither of them decides it any more, and a third person does
    with pytest.raises(Conflict, match="third person") as refused:
        settle_example(actor=owner, version=made, revision_id=first, label="fail")
    assert refused.value.code == "label_used"
    third = people.reviewer("security")
    label_example(actor=third, version=made, revision_id=first, label="pass")
    assert labelled(*labels_of(made)).truth == {str(first): "pass"}


def test_labels_stay_good_for_another_model_and_not_for_another_rubric() -> None:
    owner = people.person("Owner")
    made = judges.version(owner, lives.draft(owner), n=6)
    judges.label_all(made, owner)

    other_model = services.make_version(
        actor=owner, judge=made.judge, draft=judges.draft(made.calibration_set)
    )
    other_rubric = services.make_version(
        actor=owner,
        judge=made.judge,
        draft=judges.draft(made.calibration_set, rubric=f"{judges.RUBRIC} Be strict about it."),
    )

    assert len(labels_of(other_model)[0]) == 6
    assert labels_of(other_rubric)[0] == {}


def test_a_set_with_held_out_examples_is_not_labelled_for_a_judge() -> None:
    """Who labels may write prompts, and a judge's checks repeat in the open what was labelled."""
    owner = people.person("Owner")
    workload = lives.draft(owner)
    chosen = judges.calibration_set(owner, workload)
    datasets.change_examples(actor=owner, dataset=chosen.dataset, keys=["a-0001"], act="hold_out")
    held = datasets.commit_version(actor=owner, dataset=chosen.dataset, note="One held out.")

    with pytest.raises(Invalid) as refused:
        services.make_judge(
            actor=owner, workload=workload, name="judge-one", draft=judges.draft(held)
        )

    assert [(one.field, one.code) for one in refused.value.errors] == [
        ("calibration_set", "held_out")
    ]


@pytest.mark.django_db(transaction=True)
def test_a_double_click_is_one_label() -> None:
    owner = people.person("Owner")
    made = judges.version(owner, lives.draft(owner), n=3)
    first = views_of(made.calibration_set)[0].revision_id

    raised = at_once(
        [
            lambda said=said: label_example(
                actor=owner, version=made, revision_id=first, label=said
            )
            for said in ("pass", "pass", "fail", "fail")
        ]
    )

    assert raised == []
    assert HumanLabel.objects.count() == 1
