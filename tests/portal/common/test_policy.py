"""The policy file is right, and a wrong one says where."""

import pytest

from portal.common.policy import PATH, TIERS, PolicyError, parse, policy

GOOD = PATH.read_text(encoding="utf-8")


@pytest.mark.parametrize("personal_data", [False, True])
def test_a_higher_tier_never_asks_for_fewer_people(personal_data: bool) -> None:
    for gate in policy().gates.values():
        counts = [len(gate.votes_needed(tier, personal_data=personal_data)) for tier in TIERS]
        assert counts == sorted(counts)


def test_a_file_that_asks_a_higher_tier_for_fewer_people_is_refused() -> None:
    text = GOOD.replace('tier3 = [["business"], ["risk"], ["security"]]', "tier3 = []")

    with pytest.raises(PolicyError, match="gates.go_no_go: a higher tier asks for fewer people"):
        parse(text)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('[["risk"]]', '[["boss"]]', "unknown remit"),
        ("expires_after_days = 30", "expires_after_days = -1", "reviews.expires_after_days"),
        ("expires_after_days = 30", 'expires_after_days = "soon"', "write a number"),
        ("[reviews]", "[reviews", "not TOML"),
        ("tier4 = [[", "tier5 = [[", "tier4 missing"),
    ],
)
def test_a_wrong_entry_is_named(old: str, new: str, words: str) -> None:
    with pytest.raises(PolicyError, match=words):
        parse(GOOD.replace(old, new, 1))


def test_the_digest_says_which_policy_and_not_which_comments() -> None:
    assert parse(GOOD + "\n# a remark\n").digest == parse(GOOD).digest
    changed = GOOD.replace("error_rate_max = 0.02", "error_rate_max = 0.03")
    assert parse(changed).digest != parse(GOOD).digest
