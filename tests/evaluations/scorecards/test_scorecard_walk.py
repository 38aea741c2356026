"""One walk in a real browser: a scorecard, its examples, one of them, and what goes out of it."""

import json
import re
from pathlib import Path
from typing import Any

from tests.browsing import browser, open_page, settled
from tests.factories import scorecards

__all__ = ["browser", "open_page"]


def _answers(worse: str) -> Any:
    def answer(alias: str, example: Any) -> str:
        said = scorecards.right(example)
        if alias == worse and int(example.view.key[2:]) % 9 == 0:
            return json.dumps({"category": "NONE OF THEM", "urgent": "?"})
        return said

    return answer


def test_from_the_scorecard_to_the_words_that_differ(open_page: Any, tmp_path: Path) -> None:
    # given a scorecard of three candidates, with weights
    scene = scorecards.scene(n=50, candidates=3)
    scene.scorecard(_answers(scene.entries[1].gateway_alias))
    start = f"/workloads/{scene.workload.ref}"
    # when it is opened, a part unfolded, and printed
    page = open_page(scene.owner, f"{start}/scorecards/1/")
    page.locator("details.measure summary").first.click()
    settled(page)
    sheets = page.pdf(prefer_css_page_size=True)
    # then it fits on two sheets, with every part unfolded
    assert len(re.findall(rb"/Type\s*/Page[^s]", sheets)) == 2
    page.emulate_media(media="print")
    assert all(
        page.locator("details.measure table").nth(at).is_visible()
        for at in range(0, page.locator("details.measure").count(), 2)
    )
    page.emulate_media(media="screen")
    # when the way goes on to the examples, and to the regressions
    page.get_by_role("link", name="Compare examples").click()
    page.get_by_label("Show", exact=True).select_option("regressions")
    page.get_by_role("button", name="Show", exact=True).click()
    assert page.get_by_role("heading", name="6 examples").is_visible()
    settled(page)
    # and to one of them, at the width of a phone and in the dark
    page.set_viewport_size({"width": 390, "height": 800})
    page.emulate_media(color_scheme="dark")
    settled(page)
    page.locator(".compare tbody a").first.click()
    assert page.locator("del").count() > 0
    assert page.locator("ins").count() > 0
    settled(page)
    page.get_by_role("link", name="Next").click()
    assert page.get_by_text("2 of 6, regressions only").is_visible()
    # then the one file opens from disk, with its style and without a request
    page.goto(page.url.split("/compare/")[0] + "/scorecards/1/")
    settled(page)
    page.get_by_text("Download", exact=True).click()
    with page.expect_download() as caught:
        page.get_by_role("link", name="HTML, one file").click()
    kept = tmp_path / "scorecard.html"
    caught.value.save_as(kept)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(kept.as_uri())
    assert page.get_by_role("heading", name="Every measure").is_visible()
    assert page.evaluate("getComputedStyle(document.body).maxWidth") != "none"
    assert [one for one in asked if not one.startswith(("file:", "data:"))] == []
