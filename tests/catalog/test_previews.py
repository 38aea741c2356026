"""Comparing first, applying exactly what was shown: the gateway and price maps."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from catalog import services
from catalog.models import CatalogEntry, Preview, Price, SyncReport
from catalog.selectors import price_of
from portal.common.errors import Conflict, Forbidden, Invalid
from tests.described import problems_of
from tests.factories import catalog, people

pytestmark = pytest.mark.django_db
PATH = Path(__file__).parent / "data" / "price_map.json"
FILE = PATH.read_bytes()


@pytest.fixture
def swift() -> CatalogEntry:
    """What the gateway offers: swift and jumping, which nobody decided about."""
    services.sync(actor=None, infos=[catalog.info(), catalog.info("jumping")])
    return CatalogEntry.objects.get(gateway_alias="swift")


def previewed(data: bytes = FILE) -> Preview:
    return services.preview_price_map(actor=people.catalog_manager(), filename="m.json", data=data)


def applied(found: Preview, **more: Any) -> SyncReport:
    return services.apply_preview(
        actor=found.created_by, preview=found, digest=found.digest, **more
    )


def price_now(alias: str = "swift") -> Decimal | None:
    found = price_of(CatalogEntry.objects.get(gateway_alias=alias))
    return found.price_in if found else None


def test_a_preview_shows_what_would_change_and_changes_nothing(swift: CatalogEntry) -> None:
    plan = previewed().plan
    assert [(row["alias"], row["before"]["in"], row["after"]["in"]) for row in plan["prices"]] == [
        ("swift", "0.5", "0.6")
    ]
    assert {(row["alias"], row["field"]) for row in plan["facts"]} == {
        ("swift", "context_window"), ("swift", "capabilities"), ("swift", "modalities"),
    }  # fmt: skip
    assert plan["new"] == []
    assert any(
        row["alias"] == "jumping" and "more than 10 times" in row["message"]
        for row in plan["problems"]
    )
    assert (price_now(), CatalogEntry.objects.count()) == (Decimal("0.5"), 2)


def test_applying_adds_price_rows_and_says_from_where(swift: CatalogEntry) -> None:
    report = applied(previewed())
    row = Price.objects.filter(entry=swift).first()
    assert row is not None
    assert (row.price_in, row.price_cached, row.origin, row.source) == (
        Decimal("0.6"), Decimal("0.06"), "price_map", "price map m.json",
    )  # fmt: skip
    swift.refresh_from_db()
    assert (swift.context_window, swift.capabilities) == (
        48_000, ["json_schema", "streaming", "vision"],
    )  # fmt: skip
    assert report.touched == ["jumping", "swift"]
    assert CatalogEntry.objects.count() == 2


def test_the_same_file_twice_changes_nothing_also_after_the_gateway_was_read_again(
    swift: CatalogEntry,
) -> None:
    applied(previewed())
    services.sync(actor=None, infos=[catalog.info(), catalog.info("jumping")])
    assert price_now() == Decimal("0.6")
    again = previewed()
    assert (again.plan["prices"], again.plan["facts"], again.plan["new"]) == ([], [], [])
    before = Price.objects.count()
    applied(again)
    assert Price.objects.count() == before


def test_the_gateway_counts_again_once_it_says_something_new(swift: CatalogEntry) -> None:
    applied(previewed())
    services.sync(actor=None, infos=[catalog.info(price_in=Decimal("0.7"))])
    assert price_now() == Decimal("0.7")


def test_a_price_that_a_person_set_is_never_replaced(swift: CatalogEntry) -> None:
    services.add_price(
        actor=people.catalog_manager(), entry=swift, price_in=Decimal("0.4"), price_out=Decimal(1),
        source="contract",
    )  # fmt: skip
    found = previewed()
    assert found.plan["prices"] == []
    assert [row["why"] for row in found.plan["differences"] if row["field"] == "price"] == [
        "the price that a person set counts"
    ]
    applied(found)
    services.sync(actor=None, infos=[catalog.info(price_in=Decimal("0.45"))])
    assert price_now() == Decimal("0.4")


def test_what_was_decided_stays_and_is_listed(swift: CatalogEntry) -> None:
    services.approve(
        actor=people.catalog_manager(), entry=swift, digest=swift.digest(),
        reason="tried and found fit",
        expires=timezone.now().date() + timedelta(days=90),
    )  # fmt: skip
    report = applied(previewed())
    swift.refresh_from_db()
    assert swift.context_window == 32_000
    assert "context_window" in {row["field"] for row in report.differences}


def test_lines_may_be_left_out_and_models_chosen(swift: CatalogEntry) -> None:
    found = previewed()
    manager = found.created_by
    assert manager is not None
    services.choose(actor=manager, preview=found, aliases=["prose"])
    report = applied(found, leave_out=[("swift", "price")], propose=["prose"])
    assert price_now() == Decimal("0.5")
    assert report.added == ["prose"]
    made = CatalogEntry.objects.get(gateway_alias="prose")
    assert (made.status, made.proposed_by, made.provider) == ("proposed", manager, "vendor")
    assert price_now("prose") == Decimal(1)
    with pytest.raises(Forbidden):
        services.approve(
            actor=manager, entry=made, digest=made.digest(), reason="I like it a lot",
            expires=timezone.now().date() + timedelta(days=9),
        )  # fmt: skip


def test_the_whole_file_can_be_proposed(swift: CatalogEntry) -> None:
    report = applied(previewed(), propose=[services.EVERYTHING])
    assert set(report.added) == {
        "<img src=x onerror=alert(1)>", "dear", "huge", "negative", "not finite", "prose",
        "steady-2026-02-01", "texts", "twice", "vendor/steady-2026-02-01",
    }  # fmt: skip
    steady = CatalogEntry.objects.get(gateway_alias="vendor/steady-2026-02-01")
    assert steady.deprecation_date == date(2030, 1, 31)


def test_a_catalog_that_changed_meanwhile_refuses_and_shows_the_new_comparison(
    swift: CatalogEntry,
) -> None:
    found = previewed()
    seen = found.digest
    services.sync(actor=None, infos=[catalog.info(price_in=Decimal("0.55"))])
    with pytest.raises(Conflict) as refused:
        applied(found)
    assert refused.value.code == "preview_changed"
    assert price_now() == Decimal("0.55")
    found.refresh_from_db()
    assert found.digest != seen
    assert found.plan["prices"][0]["before"]["in"] == "0.55"
    assert len(applied(found).prices) == 1


def test_a_comparison_is_applied_once(swift: CatalogEntry) -> None:
    found = previewed()
    applied(found)
    with pytest.raises(Conflict) as refused:
        applied(found)
    assert refused.value.code == "decided"


@pytest.mark.parametrize(
    "more",
    [{"leave_out": [("swift", "status")]}, {"propose": ["nobody"]}, {"propose": ["vectors"]}],
)
def test_what_is_not_in_the_comparison_cannot_be_chosen(
    swift: CatalogEntry, more: dict[str, Any]
) -> None:
    with pytest.raises(Invalid):
        applied(previewed(), **more)
    assert price_now() == Decimal("0.5")


def signed_in() -> Client:
    client = Client()
    client.force_login(people.catalog_manager())
    return client


def test_by_page_upload_look_leave_out_and_apply(swift: CatalogEntry) -> None:
    client = signed_in()
    shown = client.post(
        "/catalog/import/", {"file": SimpleUploadedFile("../../m.json", FILE)}, follow=True
    )
    html = shown.content.decode()
    found = Preview.objects.get()
    assert found.filename == "m.json"
    assert "&lt;img src=x onerror" in html
    assert "<img src=x" not in html
    assert found.digest in html
    narrowed = client.get(f"/catalog/previews/{found.pk}/", {"q": "PROSE"}).content.decode()
    assert ('value="prose"' in narrowed, 'value="twice"' in narrowed) == (True, False)
    kept = client.post(f"/catalog/previews/{found.pk}/choose/", {"propose": "twice"}, follow=True)
    assert 'value="twice" aria-label="Propose twice" checked' in kept.content.decode()
    answer = client.post(
        f"/catalog/previews/{found.pk}/apply/",
        {"digest": found.digest, "leave": "fact:0", "propose": ["twice"]},
        follow=True,
    )
    assert "Applied as it was shown" in answer.content.decode()
    assert (price_now(), price_now("twice")) == (Decimal("0.6"), Decimal(2))
    card = client.get(f"/catalog/{swift.pk}/").content.decode()
    assert "Price map, m.json" in card


def test_a_stale_apply_answers_409_with_what_would_change_now(swift: CatalogEntry) -> None:
    client = signed_in()
    client.post("/catalog/import/", {"file": SimpleUploadedFile("m.json", FILE)})
    found = Preview.objects.get()
    services.sync(actor=None, infos=[catalog.info(price_in=Decimal("0.55"))])
    answer = client.post(f"/catalog/previews/{found.pk}/apply/", {"digest": found.digest})
    html = answer.content.decode()
    assert (answer.status_code, "Nothing was applied" in html, "0.55" in html) == (409, True, True)


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"{", "not JSON"), (b"", "empty"), (b"[1]", "no price map"), (b"\x00\x01", "not JSON")],
)
def test_a_bad_file_comes_back_with_the_reason(data: bytes, words: str) -> None:
    answer = signed_in().post("/catalog/import/", {"file": SimpleUploadedFile("m.json", data)})
    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert signed_in().post("/catalog/import/", {}).status_code == 422


@pytest.mark.parametrize(
    "data", [{"leave": "price:99"}, {"leave": "fact:-1"}, {"leave": "x"}, {"propose": "nobody"}]
)
def test_forged_ticks_are_refused(swift: CatalogEntry, data: dict[str, str]) -> None:
    client = signed_in()
    client.post("/catalog/import/", {"file": SimpleUploadedFile("m.json", FILE)})
    found = Preview.objects.get()
    answer = client.post(f"/catalog/previews/{found.pk}/apply/", {"digest": found.digest, **data})
    assert (answer.status_code, price_now()) == (400, Decimal("0.5"))


def test_by_api_in_two_steps(swift: CatalogEntry) -> None:
    client = signed_in()
    made = client.post(
        "/api/v1/catalog/price-maps?filename=m.json", FILE, content_type="application/json"
    )
    assert made.status_code == 201
    body = made.json()
    path = f"/api/v1/catalog/previews/{body['id']}"
    assert client.get(path).json()["plan"]["prices"][0]["alias"] == "swift"
    for wrong, status in (
        ({}, 400), ({"digest": "x"}, 409), ({"digest": body["digest"], "status": "applied"}, 400),
        ({"digest": body["digest"], "leave_out": [1]}, 400),
        ({"digest": body["digest"], "propose": "prose"}, 400),
    ):  # fmt: skip
        answer = client.post(f"{path}/apply", wrong, content_type="application/json")
        assert answer.status_code == status, wrong
    done = client.post(
        f"{path}/apply", {"digest": body["digest"], "propose": ["prose"]},
        content_type="application/json",
    )  # fmt: skip
    assert (done.status_code, done.json()["added"]) == (201, ["prose"])
    report = client.get(f"/api/v1/catalog/reports/{done.json()['id']}").json()
    assert report["preview_digest"] == body["digest"]
    entry = client.get(f"/api/v1/catalog/{swift.pk}").json()
    assert [price["origin"] for price in entry["prices"]] == ["price_map", "gateway"]


def test_answers_with_every_kind_of_line_are_what_the_description_says(
    swift: CatalogEntry,
) -> None:
    services.approve(
        actor=people.catalog_manager(), entry=swift, digest=swift.digest(),
        reason="tried and found fit",
        expires=timezone.now().date() + timedelta(days=90),
    )  # fmt: skip
    client, start = signed_in(), "/api/v1/catalog"
    made = client.post(f"{start}/price-maps", FILE, content_type="application/json")
    body = made.json()
    assert all(body["plan"][name] for name in ("prices", "differences", "problems", "via"))
    done = client.post(
        f"{start}/previews/{body['id']}/apply",
        {"digest": body["digest"], "leave_out": [{"alias": "swift", "field": "price"}],
         "propose": ["prose"]},
        content_type="application/json",
    )  # fmt: skip
    answers = [
        ("post", "/price-maps", made),
        ("post", "/previews/{preview_id}/apply", done),
        ("get", "/previews/{preview_id}", client.get(f"{start}/previews/{body['id']}")),
        ("get", "/reports/{report_id}", client.get(f"{start}/reports/{done.json()['id']}")),
        ("get", "/reports", client.get(f"{start}/reports")),
        ("get", "/{entry_id}", client.get(f"{start}/{swift.pk}")),
    ]
    wrong = {
        f"{method} {tail}": problems_of(method, start + tail, answer)
        for method, tail, answer in answers
    }
    assert {where: found for where, found in wrong.items() if found} == {}


@pytest.mark.parametrize(
    ("path", "body", "code", "words"),
    [
        ("price-maps", "", "invalid", "empty"),
        ("price-maps", "[1]", "invalid", "no price map"),
        ("readings", '{"now": true}', "unknown_field", "takes none"),
        ("readings", "[1]", "bad_body", "takes no fields"),
        ("previews/{}/apply", "", "bad_body", '{"digest": …}'),
        ("previews/{}/apply", '["x"]', "bad_body", "not a JSON object"),
        ("previews/{}/apply", '{"what": 1}', "unknown_field", "Known: digest, leave_out, propose"),
        ("probes", "", "bad_body", '{"stated": …}'),
        ("probes", '{"entries": []}', "unknown_field", "Known: stated"),
    ],
)
def test_a_body_that_is_not_as_described_is_refused_with_what_would_be_right(
    swift: CatalogEntry, path: str, body: str, code: str, words: str
) -> None:
    waiting = previewed()
    url = f"/api/v1/catalog/{path.format(waiting.pk)}"
    answer = signed_in().post(url, body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert words in answer.json()["message"]
    stranger = Client()
    stranger.force_login(people.stranger())
    assert stranger.post(url, body, content_type="application/json").status_code == 403


def test_by_command_what_was_printed_is_what_is_applied(
    swift: CatalogEntry, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    call_command("import_price_map", str(PATH))
    printed = capsys.readouterr().out
    assert "price  swift: 0.5 in, 2 out USD -> 0.6 in" in printed
    digest = printed.split("--apply ")[1].strip()
    with pytest.raises(CommandError):
        call_command("import_price_map", str(PATH), "--apply", "sha256:other")
    assert price_now() == Decimal("0.5")
    call_command("import_price_map", str(PATH), "--apply", digest, "--propose", "prose")
    assert (price_now(), price_now("prose")) == (Decimal("0.6"), Decimal(1))
    with pytest.raises(CommandError):
        call_command("import_price_map", str(tmp_path / "missing.json"))
