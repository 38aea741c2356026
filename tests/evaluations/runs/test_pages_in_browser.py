"""The pages of datasets and runs in a real browser: accessible, quiet, alive while a run runs."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from evaluations.runs.models import Run
from tests.browsing import settled
from tests.evaluations.runs.rows import answered, completed, moved, running
from tests.factories import datasets, runs

WRONG = b'{"input": "a", "expected": 1, "kind": "edgy"}\n{"input": \n'

pytestmark = pytest.mark.journey


def live_run(scene: runs.Scene) -> Run:
    run = scene.start(cap=Decimal(5))
    running(run)
    answered(run, 12)
    answered(run, 3, candidate=1, error="timeout")
    return run


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_no_page_has_a_finding(open_page: Any, width: int, scheme: str) -> None:
    scene = runs.scene(20)
    datasets.fill(scene.owner, scene.version.dataset, datasets.ticket(70), {
        "key": "long", "kind": "edge", "input": {"subject": "x", "body": "word " * 400},
        "expects": "refuse", "context": [{"id": "1", "title": "Rules", "text": "No refunds."}],
    })  # fmt: skip
    empty = datasets.dataset(scene.owner, scene.workload, "Nothing in it yet")
    active, ended = live_run(scene), scene.start()
    moved(ended, state="budget_stopped", reason="The next calls could cost more.")
    base = f"/workloads/{scene.workload.ref}"
    one = f"{base}/datasets/{scene.version.dataset.ref}"
    page = open_page(scene.owner, f"{base}/datasets/", width=width, color_scheme=scheme)
    settled(page)

    for path in (
        f"{one}/", f"{one}/?kind=edge", f"{one}/versions/1/", f"{base}/datasets/{empty.ref}/",
        f"{base}/runs/", f"{base}/runs/{active.pk}/", f"{base}/runs/{ended.pk}/",
    ):  # fmt: skip
        page.goto(page.url.split("/workloads")[0] + path)
        for details in page.locator("main details").all():
            details.locator("summary").click()
        settled(page)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_a_file_is_refused_looked_at_and_imported(
    open_page: Any, tmp_path: Path, width: int, scheme: str
) -> None:
    scene = runs.scene(3)
    made = datasets.dataset(scene.owner, scene.workload, "From a file")
    (tmp_path / "wrong.jsonl").write_bytes(WRONG)
    (tmp_path / "right.jsonl").write_bytes(datasets.jsonl(*map(datasets.ticket, range(30))))
    path = f"/workloads/{scene.workload.ref}/datasets/{made.ref}/import/"
    page = open_page(scene.owner, path, width=width, color_scheme=scheme)
    settled(page)

    page.get_by_label("Replace the whole draft").check()
    page.get_by_label("File").set_input_files(tmp_path / "wrong.jsonl")
    page.get_by_role("button", name="Read the file").click()
    expect(page.locator("#problems")).to_contain_text("2 problems in 2 rows")
    expect(page.get_by_label("Replace the whole draft")).to_be_checked()
    settled(page)

    page.get_by_label("File").set_input_files(tmp_path / "right.jsonl")
    page.get_by_role("button", name="Read the file").click()
    expect(page.get_by_role("heading", name="right.jsonl")).to_be_visible()
    settled(page)
    page.get_by_role("button", name="Import 30 examples").click()
    expect(page.get_by_text("30 examples imported into the draft.")).to_be_visible()

    page.get_by_role("button", name="Commit version 1").click()
    expect(page.get_by_text("Version 1 committed; it never changes again.")).to_be_visible()
    settled(page)


def test_the_progress_moves_by_itself_and_comes_to_its_end(open_page: Any) -> None:
    # given an open page of a run that is under way
    scene = runs.scene(20)
    run = live_run(scene)
    page = open_page(scene.owner, f"/workloads/{scene.workload.ref}/runs/{run.pk}/")
    table = page.get_by_role("region", name="Candidates")
    expect(table).to_contain_text("12 of 20")
    page.get_by_label("New cap").fill("7.5")
    page.get_by_role("button", name="Pause").focus()
    # when answers come in
    answered(run, 5)
    # then they show, and nothing that somebody was doing is lost
    expect(table).to_contain_text("17 of 20", timeout=6_000)
    expect(page.get_by_label("New cap")).to_have_value("7.5")
    expect(page.get_by_role("button", name="Pause")).to_be_focused()
    # when the run is complete
    completed_rest(run)
    # then the page says so, offers what comes next and asks no more
    expect(page.get_by_role("link", name="See the scorecard")).to_be_visible(timeout=6_000)
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    expect(page.get_by_label("New cap")).to_have_count(0)
    expect(page.locator("#said")).to_have_text(f"Run {run.number}: Complete")
    settled(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(3_000)
    assert asked == []


def completed_rest(run: Run) -> None:
    answered(run, 3)
    answered(run, 17, candidate=1)
    moved(run, state="complete", done_count=37, error_count=3, finished_at=run.started_at)


def test_cancelling_asks_first(open_page: Any) -> None:
    scene = runs.scene(5)
    run = scene.start()
    page = open_page(scene.owner, f"/workloads/{scene.workload.ref}/runs/{run.pk}/")

    page.get_by_role("button", name="Cancel the run").click()
    dialog = page.get_by_role("dialog", name="Cancel the run?")
    settled(page)
    dialog.get_by_role("button", name="Keep it running").click()
    run.refresh_from_db()
    assert run.state == "queued"

    page.get_by_role("button", name="Cancel the run").click()
    dialog.get_by_role("button", name="Cancel the run").click()
    expect(page.get_by_text("No scorecard is made from it.")).to_be_visible()
    run.refresh_from_db()
    assert run.state == "cancelled"


def test_a_run_that_was_left_is_found_again(open_page: Any) -> None:
    scene = runs.scene(5)
    run = scene.start()
    completed(run)
    page = open_page(scene.owner, f"/workloads/{scene.workload.ref}/runs/")

    page.get_by_role("link", name="Run 1").click()

    expect(page.get_by_text("Every result is in.")).to_be_visible()
