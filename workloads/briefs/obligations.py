"""What the EU AI Act asks of a brief's class, from a file of data. Confirm with counsel."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from workloads.briefs.enums import EuClass, YesNo

PATH = Path(__file__).resolve().parent / "data" / "obligations.toml"


@dataclass(frozen=True, slots=True)
class Obligation:
    """One duty: the article, what it asks, of whom, for which classes and further answers.

    ``applies_from`` is the date as amended, ``originally`` the one before where it was moved.
    """

    article: str
    title: str
    asks: str
    applies_from: date
    roles: tuple[str, ...]
    classes: tuple[str, ...]
    originally: date | None = None
    when: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def concerns(self, answers: Any) -> bool:
        """Whether the duty belongs to these answers (a brief, or anything with its fields)."""
        if answers.eu_class not in self.classes:
            return False
        return all(getattr(answers, name) in allowed for name, allowed in self.when.items())

    @property
    def who(self) -> str:
        """Whom it addresses: "Provider and deployer"."""
        return " and ".join(self.roles).capitalize()

    def applies_on(self, day: date) -> bool:
        """Whether it applies already on ``day``."""
        return self.applies_from <= day


@cache
def obligations() -> tuple[Obligation, ...]:
    """Return every duty of the file, in its order. Raises KeyError, TypeError on a bad file."""
    raw = tomllib.loads(PATH.read_text(encoding="utf-8"))
    return tuple(
        Obligation(**{**one, "roles": tuple(one["roles"]), "classes": tuple(one["classes"])})
        for one in raw["obligations"]
    )


@cache
def reviewed() -> date:
    """Return the day on which somebody last compared the file with the law."""
    found: date = tomllib.loads(PATH.read_text(encoding="utf-8"))["reviewed"]
    return found


def obligations_for(answers: Any) -> list[Obligation]:
    """Return the duties of the class that the answers name, soonest first.

    None when the Act does not apply (no nexus, out of scope) or the class is not decided.
    """
    if answers.eu_nexus == YesNo.NO or answers.eu_class == EuClass.OUT_OF_SCOPE:
        return []
    found = [one for one in obligations() if one.concerns(answers)]
    return sorted(found, key=lambda one: one.applies_from)
