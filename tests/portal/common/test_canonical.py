"""Equal records give equal digests, different ones different digests."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.common.canonical import canonical_bytes, digest, jsonable

# The table of characters is made at the first draw, which takes its time on a busy machine.
_settled = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@_settled
@given(st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), _values, max_size=6))
def test_the_order_of_keys_does_not_matter(record: dict[str, object]) -> None:
    turned = dict(reversed(list(record.items())))

    assert digest(record) == digest(turned)


def test_money_digests_by_its_value_not_by_how_it_was_typed() -> None:
    assert digest({"price": Decimal("0.50")}) == digest({"price": Decimal("0.5")})
    assert digest({"price": Decimal("0.5")}) != digest({"price": Decimal("0.51")})


def test_a_zero_stays_a_zero_whatever_its_sign_and_places() -> None:
    assert digest(Decimal("-0.00")) == digest(Decimal(0))


def test_bytes_are_those_of_rfc_8785() -> None:
    record = {"b": 1, "a": [True, None, "é"], "at": datetime(2026, 11, 22, tzinfo=UTC)}

    assert canonical_bytes(record) == (
        '{"a":[true,null,"é"],"at":"2026-11-22T00:00:00+00:00","b":1}'.encode()
    )


_all = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8"))
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)  # fmt: skip


@_settled
@given(_all)
def test_however_it_is_written_the_bytes_are_the_librarys(value: object) -> None:
    assert canonical_bytes(value) == rfc8785.dumps(jsonable(value))


@pytest.mark.parametrize("value", [-0.0, 0.1, 1e15, 1e21, 1e-7, 2.0**53, '\x7f\u2028\x01"\\/'])
def test_numbers_and_escapes_are_the_librarys(value: object) -> None:
    assert canonical_bytes({"\ufb33": value, "\U0001f600": value, "a": [value]}) == rfc8785.dumps(
        {"\ufb33": value, "\U0001f600": value, "a": [value]}
    )
    assert canonical_bytes({"a": [value]}) == rfc8785.dumps({"a": [value]})


@pytest.mark.parametrize("value", ["\ud800", float("nan"), float("inf"), {"\udfff": 1}])
def test_what_the_library_refuses_is_refused(value: object) -> None:
    with pytest.raises((rfc8785.CanonicalizationError, UnicodeEncodeError)):
        canonical_bytes(value)


def test_large_integers_keep_every_digit() -> None:
    assert digest(2**60) != digest(2**60 + 1)


def test_what_has_no_form_is_refused() -> None:
    with pytest.raises(TypeError, match="object"):
        digest({"x": object()})
