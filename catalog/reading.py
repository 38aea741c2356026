"""What a gateway says of a model, read as facts of the catalog: each value checked, pure.

A value that is no sound one is named and left out; it never spoils the others.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from catalog.enums import Capability, Currency, DataClass, Hosting, Modality, TrainsOnData
from portal.common.canonical import jsonable
from portal.common.errors import Invalid
from portal.common.text import clean_text
from portal.gateway import cost
from portal.gateway.types import ModelInfo

LONG_CONTEXT = 100_000
HIGHEST_PRICE = Decimal(100_000)
LARGEST_SIZE = 1_000_000_000
JUMP = 10
_CHAT = ("chat", "completion", "responses")
_REGION = re.compile(r"[a-z0-9][a-z0-9-]{1,29}")
_ABILITIES = {
    "response_schema": Capability.JSON_SCHEMA,
    "json_schema": Capability.JSON_SCHEMA,
    "function_calling": Capability.TOOLS,
    "tools": Capability.TOOLS,
    "vision": Capability.VISION,
    "audio_input": Capability.AUDIO,
    "audio": Capability.AUDIO,
    "native_streaming": Capability.STREAMING,
    "streaming": Capability.STREAMING,
    "long_context": Capability.LONG_CONTEXT,
}
_HOSTING = {
    "provider": Hosting.PROVIDER, "cloud tenant": Hosting.CLOUD_TENANT,
    "cloud_tenant": Hosting.CLOUD_TENANT, "own infrastructure": Hosting.OWN, "own": Hosting.OWN,
}  # fmt: skip
_TRAINS = {
    "no": TrainsOnData.NO, "opt-out": TrainsOnData.OPT_OUT, "opt_out": TrainsOnData.OPT_OUT,
    "yes": TrainsOnData.YES, False: TrainsOnData.NO, True: TrainsOnData.YES,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Problem:
    """A value that was skipped: whose, which, and why."""

    alias: str
    field: str
    message: str

    def as_dict(self) -> dict[str, str]:
        """Return the problem as a report stores it."""
        return {"alias": self.alias, "field": self.field, "message": self.message}


@dataclass(frozen=True, slots=True)
class Reading:
    """What was sound: facts by the entry's field names (only those that are known), the price."""

    alias: str
    facts: dict[str, Any] = field(default_factory=dict)
    price: cost.Price | None = None
    problems: list[Problem] = field(default_factory=list)
    is_chat: bool = True
    # Under which name a price map knows it, when that is another one.
    via: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the reading as a preview stores it; `from_dict` reads it back."""
        price = self.price
        return {
            "alias": self.alias,
            "facts": jsonable(self.facts),
            "price": None if price is None else price_dict(price),
            "problems": [one.as_dict() for one in self.problems],
            "is_chat": self.is_chat,
            "via": self.via,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Reading":
        """Return the reading that `as_dict` wrote."""
        facts = dict(stored["facts"])
        if "deprecation_date" in facts:
            facts["deprecation_date"] = date.fromisoformat(facts["deprecation_date"])
        return cls(
            alias=stored["alias"],
            facts=facts,
            price=None if stored["price"] is None else price_from(stored["price"]),
            problems=[Problem(**one) for one in stored["problems"]],
            is_chat=stored["is_chat"],
            via=stored["via"],
        )


def price_dict(price: cost.Price) -> dict[str, Any]:
    """Return a price as JSON data: per million tokens, exact, as text."""
    return {
        "in": jsonable(price.price_in),
        "cached": jsonable(price.price_cached),
        "out": jsonable(price.price_out),
        "currency": price.currency,
    }


def price_from(stored: Mapping[str, Any]) -> cost.Price:
    """Return the price that `price_dict` wrote."""
    cached = stored["cached"]
    return cost.Price(
        price_in=Decimal(stored["in"]),
        price_cached=None if cached is None else Decimal(cached),
        price_out=Decimal(stored["out"]),
        currency=stored["currency"],
    )


class _NotSound(Exception):
    """The value is not one we take; the message says why."""


def read(info: ModelInfo) -> Reading:
    """Return the facts and the price in ``info``; what is not sound is among the problems."""
    problems = [_told(info.alias, line) for line in info.problems]
    facts: dict[str, Any] = {}
    extra = info.extra
    given: list[tuple[str, Any, Callable[[Any], Any]]] = [
        ("provider", info.provider or None, _line(80)),
        ("model", info.model or None, _line(200)),
        ("context_window", info.context_window, _size),
        ("max_output_tokens", info.max_output_tokens, _size),
        *((name, extra.get(key), check) for name, key, check in _EXTRA),
    ]
    for name, raw, check in given:
        if raw is None or raw == "":
            continue
        try:
            facts[name] = check(raw)
        except _NotSound as wrong:
            problems.append(Problem(info.alias, name, str(wrong)))
    context, output = facts.get("context_window"), facts.get("max_output_tokens")
    if context is not None and output is not None and output > context:
        del facts["max_output_tokens"]
        message = f"{output:,} is more than the context of {context:,}"
        problems.append(Problem(info.alias, "max_output_tokens", message))
    if facts.get("trains_on_data") == TrainsOnData.YES and (
        facts.get("max_data_class", DataClass.PUBLIC) != DataClass.PUBLIC
    ):
        seen = facts.pop("max_data_class")
        message = f"{seen} data, but the provider trains on what it is sent: public data only"
        problems.append(Problem(info.alias, "max_data_class", message))
    facts["capabilities"] = _capabilities(info, context)
    facts["modalities"] = _modalities(facts["capabilities"])
    mode = extra.get("mode")
    return Reading(
        alias=info.alias,
        facts=facts,
        price=_price(info, problems),
        problems=problems,
        is_chat=mode is None or mode in _CHAT,
    )


def jump(before: cost.Price, after: cost.Price) -> str:
    """Return what is absurd about a new price, or nothing: more than ten times up or down."""
    for name, words in (("price_in", "input"), ("price_out", "output")):
        old, new = getattr(before, name), getattr(after, name)
        if before.currency == after.currency and old > 0 and (new > old * JUMP or new * JUMP < old):
            return f"{words} price from {old:f} to {new:f}: more than {JUMP} times"
    return ""


def _told(alias: str, line: str) -> Problem:
    name, _, message = line.partition(": ")
    return Problem(alias, name if message else "", message or name)


def _line(maximum: int) -> Callable[[Any], str]:
    def check(raw: Any) -> str:
        if not isinstance(raw, str):
            raise _NotSound("not text")
        try:
            return clean_text(raw, field="", maximum=maximum, single_line=True)
        except Invalid as wrong:
            raise _NotSound(wrong.message) from wrong

    return check


def _prose(raw: Any) -> str:
    if not isinstance(raw, str):
        raise _NotSound("not text")
    try:
        return clean_text(raw, field="", maximum=4_000)
    except Invalid as wrong:
        raise _NotSound(wrong.message) from wrong


def _snapshot(raw: Any) -> str:
    name = _line(120)(raw)
    if name.lower() == "latest" or name.lower().endswith(("-latest", ":latest")):
        raise _NotSound(f"{name} moves; a snapshot is a dated name")
    return name


def _size(raw: Any) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise _NotSound("not a whole number")
    if not 1 <= raw <= LARGEST_SIZE:
        raise _NotSound(f"not between 1 and {LARGEST_SIZE:,}")
    return raw


def _days(raw: Any) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or not 0 <= raw <= 36_500:
        raise _NotSound("not a number of days between 0 and 36,500")
    return raw


def _flag(raw: Any) -> bool:
    if not isinstance(raw, bool):
        raise _NotSound("not true or false")
    return raw


def _one_of(table: Mapping[Any, Any]) -> Callable[[Any], str]:
    def check(raw: Any) -> str:
        key = raw.lower() if isinstance(raw, str) else raw
        if not isinstance(key, str | bool) or key not in table:
            known = ", ".join(key for key in table if isinstance(key, str))
            raise _NotSound(f"not one of {known}")
        return str(table[key].value)

    return check


def _regions(raw: Any) -> list[str]:
    words = [raw] if isinstance(raw, str) else raw
    if not isinstance(words, list | tuple) or len(words) > 40:
        raise _NotSound("not a list of regions")
    found = []
    for word in words:
        if not isinstance(word, str) or not _REGION.fullmatch(word.lower()):
            raise _NotSound("a region is a short word such as eu or eu-central-1")
        found.append(word.lower())
    return sorted(set(found))


def _day(raw: Any) -> date:
    try:
        found = date.fromisoformat(raw) if isinstance(raw, str) and len(raw) == 10 else None
    except ValueError:
        found = None
    if found is None or not 2000 <= found.year <= 2100:
        raise _NotSound("not a date such as 2027-01-31")
    return found


def _web_address(raw: Any) -> str:
    text = _line(400)(raw)
    if not text.startswith(("https://", "http://")):
        raise _NotSound("not a web address")
    return text


_EXTRA: tuple[tuple[str, str, Callable[[Any], Any]], ...] = (
    ("snapshot", "snapshot", _snapshot),
    ("summary", "summary", _line(400)),
    ("licence", "licence", _line(120)),
    ("known_issues", "known_issues", _prose),
    ("hosting", "hosting", _one_of(_HOSTING)),
    ("regions", "regions", _regions),
    ("max_data_class", "max_data_class", _one_of({one.value: one for one in DataClass})),
    ("trains_on_data", "trains_on_data", _one_of(_TRAINS)),
    ("provider_retention_days", "provider_retention_days", _days),
    ("open_weights", "open_weights", _flag),
    ("simulated", "simulated", _flag),
    ("deprecation_date", "deprecation_date", _day),
    ("card_url", "card_url", _web_address),
)


def _capabilities(info: ModelInfo, context: int | None) -> list[str]:
    found = {_ABILITIES[name] for name in info.capabilities if name in _ABILITIES}
    if context is not None and context >= LONG_CONTEXT:
        found.add(Capability.LONG_CONTEXT)
    return [one.value for one in Capability if one in found]


def _modalities(capabilities: list[str]) -> list[str]:
    found = [Modality.TEXT.value]
    if Capability.VISION in capabilities:
        found.append(Modality.IMAGE.value)
    if Capability.AUDIO in capabilities:
        found.append(Modality.AUDIO.value)
    return found


def _price(info: ModelInfo, problems: list[Problem]) -> cost.Price | None:
    amounts: dict[str, Decimal | None] = {}
    for name in ("price_in", "price_out", "price_cached"):
        raw = getattr(info, name)
        amounts[name] = None
        if raw is None:
            continue
        if not isinstance(raw, Decimal) or not raw.is_finite():
            problems.append(Problem(info.alias, name, "not a finite number"))
        elif raw < 0:
            problems.append(Problem(info.alias, name, "negative"))
        elif raw > HIGHEST_PRICE:
            message = f"more than {HIGHEST_PRICE:,} per million tokens"
            problems.append(Problem(info.alias, name, message))
        else:
            amounts[name] = cost.six_places(raw)
    price_in, price_out = amounts["price_in"], amounts["price_out"]
    if price_in is None or price_out is None:
        if (info.price_in is None) != (info.price_out is None):
            problems.append(Problem(info.alias, "price", "a price needs input and output"))
        return None
    if info.currency not in Currency.values:
        known = ", ".join(Currency.values)
        problems.append(Problem(info.alias, "currency", f"not one of {known}"))
        return None
    return cost.Price(
        price_in=price_in,
        price_out=price_out,
        price_cached=amounts["price_cached"],
        currency=info.currency,
    )
