"""The list's filters and the counts beside them, against a brute force over plain Python."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.comparing import Compared, compare
from catalog.enums import DataClass
from catalog.listing import facets_of, listing
from catalog.models import CatalogEntry
from catalog.selectors import filtered
from tests.factories import catalog, people

pytestmark = pytest.mark.django_db

_wanted = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(["approved", "proposed", "blocked"]),
        "provider": st.sampled_from(["One", "Two", "None"]),
        "hosting": st.sampled_from(["own", "provider"]),
        "data_class": st.sampled_from(DataClass.values),
        "region": st.sampled_from(["eu", "us"]),
        "capability": st.sampled_from(["tools", "vision", "audio"]),
        "attention": st.sampled_from(["drifted", "not_offered", "expired", "unmeasured"]),
        "q": st.sampled_from(["a", "ONE", "sums", "zzz", "%", "_"]),
    },
)


def some() -> list[CatalogEntry]:
    """Return two dozen models, spread over every filter."""
    today = timezone.now()
    made = []
    for n in range(24):
        more: dict[str, Any] = {
            "provider": ["One", "Two"][n % 2],
            "status": ["approved", "approved", "proposed", "blocked"][n % 4],
            "hosting": ["own", "provider", ""][n % 3],
            "max_data_class": [*DataClass.values, ""][n % 5],
            "regions": [["eu"], ["eu", "us"], []][n % 3],
            "capabilities": [["tools"], ["vision", "tools"], []][n // 2 % 3],
            "missing_since": today if n % 7 == 0 else None,
            "approval_expires": (today + timedelta(days=n * 20 - 40)).date(),
            "measured_at": today if n % 3 else None,
            "summary": "good at sums" if n % 6 == 0 else "",
        }
        if n % 11 == 0:
            more |= {
                "drift_answered": "x", "drift_witness": "probe", "drifted_since": today,
            }  # fmt: skip
        made.append(catalog.entry(f"m-{n:02}", price=None, **more))
    return made


def passes(one: CatalogEntry, wanted: dict[str, str]) -> bool:
    today = timezone.now().date()
    rank = {value: place for place, value in enumerate(DataClass.values)}
    usable = one.status in ("approved", "restricted", "deprecated")
    text = wanted.get("q", "").lower()
    attention = {
        "drifted": one.drifted_since is not None,
        "not_offered": one.missing_since is not None,
        "expired": usable and one.approval_expires is not None and one.approval_expires < today,
        "unmeasured": usable and one.measured_at is None,
    }
    return (
        all(
            getattr(one, name) == wanted[name]
            for name in ("status", "provider", "hosting")
            if name in wanted
        )
        and (
            "data_class" not in wanted
            or rank.get(one.max_data_class, -1) >= rank[wanted["data_class"]]
        )
        and ("region" not in wanted or wanted["region"] in one.regions)
        and ("capability" not in wanted or wanted["capability"] in one.capabilities)
        and ("attention" not in wanted or attention[wanted["attention"]])
        and any(
            text in value.lower()
            for value in (one.gateway_alias, one.provider, one.model, one.summary)
        )
    )


@settings(
    deadline=None, max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(wanted=_wanted)
def test_filters_and_their_counts_equal_a_brute_force(db: None, wanted: dict[str, str]) -> None:
    if not CatalogEntry.objects.exists():
        some()
    entries = list(CatalogEntry.objects.order_by("gateway_alias"))
    expected = [one.gateway_alias for one in entries if passes(one, wanted)]
    found = filtered(CatalogEntry.objects.all(), wanted).order_by("gateway_alias")
    assert [one.gateway_alias for one in found] == expected
    for facet in facets_of(CatalogEntry.objects.all(), wanted):
        rest = {name: value for name, value in wanted.items() if name != facet.name}
        for value in facet.values:
            if facet.name == "attention" and value.value not in ("drifted", "expired",
                                                                 "not_offered", "unmeasured"):  # fmt: skip
                continue
            count = sum(passes(one, {**rest, facet.name: value.value}) for one in entries)
            assert (facet.name, value.value, value.count) == (facet.name, value.value, count)


def test_a_facet_keeps_the_other_filters_and_can_be_taken_back() -> None:
    some()
    found = listing(people.person(), {"status": "approved", "q": "m-"}, facets=True)
    provider = next(facet for facet in found.facets if facet.name == "provider")
    assert {value.query for value in provider.values} == {
        "q=m-&status=approved&provider=One", "q=m-&status=approved&provider=Two",
    }  # fmt: skip
    status = next(facet for facet in found.facets if facet.name == "status")
    assert (status.chosen, status.cleared) == ("Approved", "q=m-")
    assert found.count == 12


def test_side_by_side_marks_what_differs_and_ranks_only_what_compares() -> None:
    cheap = catalog.entry("cheap", price=("1", "4"), latency_p95_ms=900)
    quick = catalog.entry("quick", price=("2", "8"), latency_p95_ms=300, provider="Testers")
    models = [Compared(one, one.prices.get()) for one in (cheap, quick)]
    rows = {row.label: row for group in compare(models) for row in group.rows}
    assert [cell.best for cell in rows["In"].cells] == ["lowest", ""]
    assert [cell.best for cell in rows["Latency p95"].cells] == ["", "lowest"]
    # 1,000 requests of 1,000 in and 300 out: a million in at 1, 300,000 out at 4.
    assert rows["List price"].cells[0].text.endswith("2.20")
    assert rows["Provider"].differs is False
    assert "Provider" not in {
        row.label for group in compare(models, only_differences=True) for row in group.rows
    }
    euro = catalog.entry("euro", price=None)
    other = catalog.add_price(euro, "1", "1", "EUR")
    rows = {
        row.label: row
        for group in compare([models[0], Compared(euro, other)])
        for row in group.rows
    }
    assert [cell.best for cell in rows["In"].cells] == ["", ""]


@pytest.mark.parametrize(
    "query",
    [
        {"entry": "nonsense"}, {"tokens_in": "-1"}, {"tokens_in": "1e9"}, {"tokens_out": "9" * 30},
        {"owner": "1"}, {"entry": [f"00000000-0000-4000-8000-00000000000{n}" for n in range(5)]},
    ],
)  # fmt: skip
def test_a_comparison_that_is_none_is_refused(query: dict[str, Any]) -> None:
    client = Client()
    client.force_login(people.person())
    assert client.get("/catalog/compare/", query).status_code == 400


def test_a_comparison_of_one_says_what_to_do() -> None:
    made = catalog.entry("a")
    client = Client()
    client.force_login(people.person())
    html = client.get("/catalog/compare/", {"entry": [str(made.pk)]}).content.decode()
    assert "Choose two models or more" in html
