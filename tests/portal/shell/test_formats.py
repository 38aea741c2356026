"""Figures are written the same way everywhere, and what is missing never looks like a zero."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from portal.shell import formats

NB = "\N{NO-BREAK SPACE}"
THIN = "\N{NARROW NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        (Decimal("3.1"), "EUR", f"€{NB}3.10"),
        (Decimal("1234567.891"), "USD", f"${NB}1{THIN}234{THIN}567.89"),
        (Decimal("0.0042"), "EUR", f"€{NB}0.0042"),
        (Decimal("-0.5"), "EUR", f"−€{NB}0.50"),
        (Decimal("0"), "EUR", f"€{NB}0.00"),
        (2, "CHF", f"CHF{NB}2.00"),
        (None, "EUR", "–"),
        (Decimal("NaN"), "EUR", "–"),
    ],
)
def test_money(value: Decimal | int | None, currency: str, text: str) -> None:
    assert formats.money(value, currency) == text


def test_what_one_request_costs_has_four_decimals_and_may_be_stored_text() -> None:
    assert formats.cost_of_one("0.0123", "USD") == f"${NB}0.0123"
    assert formats.cost_of_one(Decimal("0.000032"), "USD") == f"${NB}0.000032"
    assert formats.cost_of_one(None, "USD") == "–"


def test_two_amounts_that_differ_never_read_alike() -> None:
    assert formats.money_apart(Decimal(30), Decimal("1.5"), "USD") == (f"${NB}30.00", f"${NB}1.50")
    assert formats.money_apart(Decimal("2.0004"), Decimal(2), "USD") == (
        f"${NB}2.0004",
        f"${NB}2.0000",
    )
    assert formats.money_apart(Decimal(2), Decimal(2), "USD")[0] == f"${NB}2.00"


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (7200, None, f"7{THIN}200"),
        (0.125, None, "0.13"),
        (0.93, 2, "0.93"),
        (-3, None, "−3"),
        (float("inf"), None, "–"),
        (None, None, "–"),
    ],
)
def test_number(value: float | None, digits: int | None, text: str) -> None:
    assert formats.number(value, digits) == text


def test_a_ratio_is_a_percentage_and_a_difference_is_signed_points() -> None:
    assert formats.percent(0.934) == f"93.4{THIN}%"
    assert formats.percent(1, 0) == f"100{THIN}%"
    assert formats.percent(None) == "–"
    assert formats.points(0.042) == "+4.2"
    assert formats.points(-0.031) == "−3.1"
    assert formats.points(0.0) == "0.0"


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (640, f"640{NB}ms"),
        (999.6, f"1.00{NB}s"),
        (1420, f"1.42{NB}s"),
        (59_999, f"1{NB}min"),
        (125_000, f"2{NB}min 5{NB}s"),
        (11_520_000, f"3{NB}h 12{NB}min"),
        (timedelta(days=2, hours=4), f"2{NB}d 4{NB}h"),
        (-1, "–"),
        (None, "–"),
    ],
)
def test_duration(milliseconds: float | timedelta | None, text: str) -> None:
    assert formats.duration(milliseconds) == text


def test_moments() -> None:
    at = datetime(2026, 11, 14, 9, 12, tzinfo=UTC)
    assert formats.moment(at) == "14 Nov 2026, 09:12"
    assert formats.moment(date(2026, 11, 14)) == "14 Nov 2026"
    assert formats.since(at, at + timedelta(seconds=10)) == "just now"
    assert formats.since(at, at + timedelta(seconds=50)) == "1 minute ago"
    assert formats.since(at, at + timedelta(hours=25)) == "1 day ago"
    assert formats.since(at, at - timedelta(days=3)) == "in 3 days"


def test_digests_keep_what_the_eye_compares() -> None:
    digest = "sha256:" + "9f31" + "0" * 56 + "c20a"
    assert formats.short_digest(digest) == "sha256:9f31…c20a"
    assert formats.grouped_digest(digest) == "sha256:9f31 0000 0000 … c20a"
    assert formats.short_digest("v1") == "v1"
    assert formats.short_digest(None) == "–"


@pytest.mark.parametrize(
    ("name", "text"),
    [("Nina van der Berg", "NB"), ("nina@example.com", "NE"), ("Zoë", "Z"), ("", "?")],
)
def test_initials(name: str, text: str) -> None:
    assert formats.initials(name) == text
