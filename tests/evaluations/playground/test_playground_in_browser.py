"""The playground in a real browser: from the prompt page to answers side by side, and back."""

import threading
from typing import Any

import pytest
from django.db import connection
from playwright.sync_api import expect

from evaluations.playground import tasks
from evaluations.playground.models import Trial
from tests.browsing import settled
from tests.factories import playground
from tests.stubs.gateway import StubGateway

pytestmark = pytest.mark.journey


def worker(trial: Trial) -> threading.Thread:
    """Work on the trial beside the browser, as a worker does."""

    def work() -> None:
        try:
            tasks.drive(str(trial.pk))
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_a_prompt_is_tried_watched_and_tried_again(
    open_page: Any, gateway: StubGateway, width: int, scheme: str
) -> None:
    # given a model that answers at once with a long text, and one that fails
    gateway.behave("alpha", answer=lambda body: "A long answer. " * 60)
    gateway.behave("beta", "status=400")
    scene = playground.scene()
    path = f"/workloads/{scene.workload.ref}/prompts/"
    page = open_page(scene.owner, path, width=width, color_scheme=scheme)
    # when the playground is opened from the prompt page
    expect(page.get_by_role("heading", name="Playground")).to_be_visible()
    page.get_by_role("link", name="Open the playground").click()
    expect(page.locator("#outlook")).to_contain_text("6 calls, at most $")
    settled(page)
    # and other things are chosen
    page.get_by_label("Try t-0002").uncheck()
    expect(page.locator("#outlook")).to_contain_text("4 calls, at most $")
    page.get_by_text("Or type an input of your own").click()
    page.get_by_label("subject").fill("My own ticket")
    page.get_by_label("body").fill("What happens with this?")
    page.get_by_label("Spend at most").fill("0.0001")
    page.get_by_role("button", name="Try it").click()
    # then a cap that is too low is refused, with everything still there
    expect(page.get_by_label("subject")).to_have_value("My own ticket")
    expect(page.locator("main")).to_contain_text("Raise it, or choose fewer")
    settled(page)
    # when the cap has room
    page.get_by_label("Spend at most").fill("0.5")
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("Answers appear below as they come.")).to_be_visible()
    page.get_by_role("button", name="Cancel the trial").focus()
    settled(page)
    thread = worker(Trial.objects.get())
    # then the answers come by themselves, and what is next is offered
    expect(page.locator("#said")).to_have_text("Trial 1: Ended", timeout=15_000)
    thread.join(10)
    expect(page.locator("#cell-0")).to_contain_text("A long answer.")
    expect(page.locator("#cell-1")).to_contain_text("Request not accepted")
    page.locator("#cell-0").get_by_text("Show all").click()
    expect(page.get_by_role("button", name="Cancel the trial")).to_have_count(0)
    settled(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(1_500)
    assert asked == []
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_label("subject")).to_have_value("My own ticket")
    expect(page.get_by_label("Try t-0002")).not_to_be_checked()
    expect(page.get_by_role("link", name="Trial 1")).to_be_visible()
