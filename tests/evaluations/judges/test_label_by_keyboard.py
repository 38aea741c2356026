"""Labelling in a real browser: a key an answer, and then what the judge may be used for."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from evaluations.datasets.versioned import views_of
from evaluations.judges import services
from evaluations.judges.models import HumanLabel
from tests.browsing import settled
from tests.factories import judges
from tests.factories import scorecards as evaluations

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def test_a_key_labels_and_the_page_says_where_it_stands(open_page: Any) -> None:
    # given a judge of six answers
    scene = evaluations.scene(n=10, candidates=2, floor=None)
    made = judges.version(scene.owner, scene.workload, n=6)
    where = [scene.workload.ref, judges.JUDGE, 1]
    page = open_page(scene.owner, reverse("judges:label", args=where))
    settled(page)

    # when its owner labels them by keyboard, mends one, and never sees a verdict
    examples = views_of(made.calibration_set)
    for number, one in enumerate(examples):
        expect(page.get_by_text(f"answer {one.position} of 6")).to_be_visible()
        page.keyboard.press("p" if number in (0, 1, 2, 4, 5) else "f")
    expect(page.get_by_text("You have labelled all of them")).to_be_visible()
    page.get_by_role("link", name="Change the last one").click()
    expect(page.get_by_text("answer 6 of 6")).to_be_visible()
    page.keyboard.press("p")
    expect(page.get_by_text("You have labelled all of them")).to_be_visible()

    # then the labels are there, and after the calibration the page says what they show
    said = dict(HumanLabel.objects.values_list("revision_id", "label"))
    assert [said[one.revision_id] for one in examples] == ["pass"] * 3 + ["fail"] + ["pass"] * 2
    opened = services.open_calibration(actor=scene.owner, version=made)
    verdicts = {str(one.revision_id): [judges.truth(one)] for one in examples}
    services.finish_calibration(calibration_id=opened.pk, verdicts=verdicts)
    page.get_by_role("link", name="Back to the judge").click()
    expect(page.get_by_text("6 examples are labelled; 100 are needed.")).to_be_visible()
    expect(page.get_by_text("No evaluation has used this version yet.")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    settled(page)
