"""Restricted data rules out every model that a provider hosts, and the page says why of each."""

from collections.abc import Callable

import pytest

from catalog.models import CatalogEntry
from portal.demo import content
from tests.journeys import walking
from tests.journeys.conftest import Persona
from workloads.selection.models import Shortlist

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]


@pytest.fixture
def with_worker() -> bool:
    """Nothing is run: the way ends at the shortlist."""
    return False


def test_restricted_documents_leave_what_does_not_leave_the_company(
    persona: Callable[[str], Persona],
) -> None:
    # given a brief for answers from restricted documents
    owner = persona("owner")
    owner.looks = False
    ref = walking.new_workload(owner, "Answers from the audit files")
    walking.answer(owner, {**content.TRIAGE, "workload_type": "rag", "data_class": "restricted",
                           "needs": [], "latency_p95_ms": "5"})  # fmt: skip
    owner.looks = True

    # when its owner looks at the models
    owner.go(f"/workloads/{ref}/selection/")
    page = owner.page
    ruled_out = page.get_by_role("region", name="Ruled out")
    hosted = list(CatalogEntry.objects.filter(hosting="provider"))
    assert len(hosted) == 4
    for entry in hosted:
        # then each that a provider hosts is ruled out, with the reason
        row = ruled_out.get_by_role("row").filter(has_text=entry.gateway_alias)
        words = f"allowed up to {entry.max_data_class} data; the brief has restricted"
        assert words in row.inner_text()
        assert page.locator(f"[name=candidate][value='{entry.gateway_alias}']").count() == 0
    left = {box.get_attribute("value") for box in page.locator("[name=candidate]").all()}
    assert left == {"ember-8b", "garnet-guard"}
    # whose latency nobody measured yet; a limit is moved by keyboard to see who would go
    page.get_by_text("What if the limits were other?").click()
    slider = page.get_by_label("Context needed, slider")
    slider.focus()
    page.keyboard.press("End")
    page.locator("#what-if").get_by_text("Went out").first.wait_for()
    assert "tokens" in (slider.get_attribute("aria-valuetext") or "")
    owner.look("01-restricted-selection")
    # and what is left is chosen, each with its note
    for alias in sorted(left):
        assert alias
        page.locator(f"[name=candidate][value='{alias}']").check()
    owner.press("candidates")
    owner.says("say in a note why it is tested")
    assert page.locator("[name=candidate]:checked").count() == 2
    page.locator("[name='note-ember-8b']").fill("Runs on our own hardware.")
    page.locator("[name='note-garnet-guard']").fill("In our tenant, and careful.")
    for words in page.locator("[name^='reason-']").all():
        words.fill("Worth testing although it falls short.")
    owner.press("candidates")
    owner.says("Shortlist 1 is chosen.")
    owner.go(f"/workloads/{ref}/selection/1/")
    owner.says("The same answer comes out again")
    owner.look("02-stored-shortlist")
    stored = Shortlist.objects.get()
    assert {row["outcome"] for row in stored.considered if row["alias"] not in left} == {
        "ruled_out"
    }
