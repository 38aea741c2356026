"""What the sandbox tells a catalog about its models, and that a brief's filter can tell them
apart."""

import re
from datetime import date

from tests.portal.gateway.sandbox.http import call

CLASSES = ("public", "internal", "confidential", "restricted")


def test_health_needs_no_key_and_says_simulated() -> None:
    got = call("/health", key=None)

    assert got.status == 200
    assert got.body["simulated"] is True


def test_the_model_list_is_openais() -> None:
    got = call("/v1/models").body

    assert got["object"] == "list"
    assert len(got["data"]) >= 6
    assert all(row["object"] == "model" and row["id"] for row in got["data"])


def test_model_info_is_litellms_with_our_own_keys() -> None:
    rows = call("/model/info").body["data"]

    assert [row["model_name"] for row in rows] == [
        row["id"] for row in call("/models").body["data"]
    ]
    for row in rows:
        info = row["model_info"]
        assert row["litellm_params"]["model"].endswith(info["snapshot"])
        assert info["mode"] == "chat"
        assert info["simulated"] is True
        assert 0 < info["input_cost_per_token"] <= info["output_cost_per_token"] < 0.001
        assert info["max_input_tokens"] > info["max_output_tokens"] > 0
        assert re.search(r"\d{4}-\d\d-\d\d$", info["snapshot"]), "a dated id"
        assert info["hosting"] in ("provider", "cloud tenant", "own infrastructure")
        assert info["max_data_class"] in CLASSES
        assert info["trains_on_data"] in ("no", "opt-out", "yes")
        assert info["regions"]
        assert info["known_issues"]
        assert isinstance(info["open_weights"], bool)
        assert isinstance(info["provider_retention_days"], int)
        if info["deprecation_date"]:
            date.fromisoformat(info["deprecation_date"])


def test_a_brief_can_tell_the_models_apart() -> None:
    facts = [row["model_info"] for row in call("/model/info").body["data"]]

    def fit(data_class: str, region: str) -> int:
        return sum(
            CLASSES.index(one["max_data_class"]) >= CLASSES.index(data_class)
            and region in one["regions"]
            for one in facts
        )

    assert {one["hosting"] for one in facts} == {"provider", "cloud tenant", "own infrastructure"}
    assert all(one["max_data_class"] == "public" for one in facts if one["trains_on_data"] == "yes")
    assert any(one["trains_on_data"] == "yes" for one in facts)
    assert 2 <= fit("confidential", "eu") < len(facts)
    assert 1 <= fit("restricted", "eu") < fit("confidential", "eu")
    assert 0 < sum(one["supports_response_schema"] for one in facts) < len(facts)
    assert max(one["input_cost_per_token"] for one in facts) >= 20 * min(
        one["input_cost_per_token"] for one in facts
    )
