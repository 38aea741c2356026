"""The policy file, read once, checked, and given out typed.

`policy()` is the only way to it. Its digest goes into every manifest.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from portal.common.canonical import digest

REMITS = ("business", "risk", "security", "privacy")
TIERS = (1, 2, 3, 4)
PATH = Path(__file__).resolve().parent.parent / "policy.toml"

Requirement = frozenset[str]


class PolicyError(Exception):
    """The policy file cannot be used; the message names the entry and what would be right."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Who approves one phase: by tier, the votes that are needed, each from any remit named."""

    by_tier: Mapping[int, tuple[Requirement, ...]]
    personal_data: Mapping[int, tuple[Requirement, ...]]
    fresh_sign_in_tiers: frozenset[int]

    def votes_needed(self, tier: int, *, personal_data: bool) -> tuple[Requirement, ...]:
        """Return the votes this gate needs at ``tier``; empty means it passes on its checks."""
        extra = self.personal_data.get(tier, ()) if personal_data else ()
        return (*self.by_tier[tier], *extra)


@dataclass(frozen=True, slots=True)
class Policy:
    """The numbers of the policy file; ``digest`` is over the parsed file, comments aside."""

    numbers: Mapping[str, Mapping[str, Any]]
    gates: Mapping[str, Gate]
    digest: str

    def number(self, section: str, name: str) -> int | float:
        """Return one number, for example ``number("reviews", "expires_after_days")``."""
        value: int | float = self.numbers[section][name]
        return value


def _requirements(raw: Any, where: str) -> tuple[Requirement, ...]:
    if not isinstance(raw, list) or not all(isinstance(one, list) and one for one in raw):
        raise PolicyError(f"{where}: write a list of lists of remits, for example [['risk']].")
    unknown = {remit for one in raw for remit in one} - set(REMITS)
    if unknown:
        raise PolicyError(f"{where}: unknown remit {sorted(unknown)}; use {', '.join(REMITS)}.")
    return tuple(frozenset(one) for one in raw)


def _gate(raw: Mapping[str, Any], where: str) -> Gate:
    missing = [f"tier{tier}" for tier in TIERS if f"tier{tier}" not in raw]
    if missing:
        raise PolicyError(f"{where}: {', '.join(missing)} missing.")
    gate = Gate(
        by_tier={tier: _requirements(raw[f"tier{tier}"], f"{where}.tier{tier}") for tier in TIERS},
        personal_data={
            int(name.removeprefix("tier")): _requirements(votes, f"{where}.personal_data")
            for name, votes in raw.get("personal_data", {}).items()
        },
        fresh_sign_in_tiers=frozenset(raw.get("fresh_sign_in_tiers", ())),
    )
    for personal in (False, True):
        counts = [len(gate.votes_needed(tier, personal_data=personal)) for tier in TIERS]
        if counts != sorted(counts):
            raise PolicyError(f"{where}: a higher tier asks for fewer people ({counts}).")
    return gate


def parse(text: str) -> Policy:
    """Return the policy in ``text`` (TOML). Raises PolicyError with the entry that is wrong."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise PolicyError(f"not TOML: {problem}") from problem
    gates = {name: _gate(value, f"gates.{name}") for name, value in raw.pop("gates", {}).items()}
    for section, entries in raw.items():
        for name, value in entries.items():
            numbers = value.values() if isinstance(value, dict) else [value]
            if any(isinstance(n, bool) or not isinstance(n, int | float) or n < 0 for n in numbers):
                raise PolicyError(f"{section}.{name}: write a number of at least 0.")
    return Policy(numbers=raw, gates=gates, digest=digest(tomllib.loads(text)))


@cache
def policy() -> Policy:
    """Return the company's policy, read and checked once per process."""
    return parse(PATH.read_text(encoding="utf-8"))
