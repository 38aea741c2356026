"""LiteLLM's price map as facts of our models: a JSON file with one object for each model, pure.

The file lists thousands of models. A company has the aliases of its gateway; for those the file
knows prices and limits, and the other rows are models that somebody may choose to propose.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from catalog.reading import Problem, Reading, read
from portal.common.errors import DomainError, Invalid
from portal.gateway.listing import DOCUMENTATION, models_of_litellm

MOST_BYTES = 20 * 1024 * 1024
MOST_MODELS = 20_000
MOST_KEYS = 256
LONGEST_NUMBER = 40


class TooLarge(DomainError):
    """The file is larger than is read."""

    status = 413
    default_code = "too_large"


@dataclass(frozen=True, slots=True)
class Named:
    """What an entry goes by: the alias, and what is known of the model behind it."""

    alias: str
    provider: str = ""
    model: str = ""
    snapshot: str = ""


@dataclass(frozen=True, slots=True)
class PriceMap:
    """A file that was read: its models in order of name, what was skipped and why, its rows."""

    readings: list[Reading] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    rows: int = 0


class _Pairs(dict[str, Any]):
    """An object of the file that remembers which keys it named twice."""

    twice: tuple[str, ...] = ()


def parse(data: bytes) -> PriceMap:
    """Return the models of a price map; a row that is no sound one is named and left out.

    Raises TooLarge, or Invalid (empty, not_json, not_a_price_map, too_many_models) when it is no
    price map at all.
    """
    if len(data) > MOST_BYTES:
        raise TooLarge(f"The file is larger than {MOST_BYTES // 2**20} MiB.")
    rows = _rows(data)
    problems: list[Problem] = []
    sound: list[dict[str, Any]] = []
    for name in rows.twice:
        problems.append(Problem(_shown(name), "", "stands twice in the file; the last one counts"))
    for name, row in rows.items():
        why = _why_not(name, row)
        if why:
            problems.append(Problem(_shown(name), "", why))
            continue
        for key in row.twice:
            problems.append(Problem(_shown(name), _shown(key), "stands twice; the last one counts"))
        parameters = {"model": name}
        sound.append({"model_name": name, "litellm_params": parameters, "model_info": row})
    models = models_of_litellm({"data": sound}) or []
    return PriceMap([read(info) for info in models], problems, len(rows))


def assign(named: Iterable[Named], found: Sequence[Reading]) -> tuple[list[Reading], list[Reading]]:
    """Return the readings for the entries that the file knows, and those of all other models.

    An entry is found under its snapshot or its model's name at its own provider, else under its
    alias; ``via`` of the reading says under which name. A model of another provider never stands
    for it: the same model costs differently elsewhere.
    """
    at_provider: dict[tuple[str, str], Reading] = {}
    for reading in found:
        at_provider.setdefault((_part(reading, "provider"), _part(reading, "model")), reading)
    by_name = {reading.alias: reading for reading in found}
    providers = {_part(reading, "provider") for reading in found}
    used: set[str] = set()
    ours = []
    for one in named:
        hit = _hit(one, at_provider, by_name, providers)
        if hit is None:
            continue
        used.add(hit.alias)
        # The file's names are not the company's names for it.
        named_here = {name for name in ("provider", "model") if getattr(one, name)}
        facts = {name: value for name, value in hit.facts.items() if name not in named_here}
        problems = [replace(problem, alias=one.alias) for problem in hit.problems]
        ours.append(replace(hit, alias=one.alias, facts=facts, problems=problems, via=hit.alias))
    return ours, [reading for reading in found if reading.alias not in used]


def _part(reading: Reading, name: str) -> str:
    return str(reading.facts.get(name, "")).casefold()


def _hit(
    one: Named,
    at_provider: Mapping[tuple[str, str], Reading],
    by_name: Mapping[str, Reading],
    providers: set[str],
) -> Reading | None:
    provider = one.provider.casefold()
    if provider:
        for name in (one.snapshot, one.model):
            if name and (provider, name.casefold()) in at_provider:
                return at_provider[provider, name.casefold()]
    hit = by_name.get(one.alias)
    # Whoever is known to the file is there under its own provider, or not at all.
    if hit is None or (provider in providers and provider != _part(hit, "provider")):
        return None
    return hit


def _rows(data: bytes) -> _Pairs:
    if not data.strip():
        raise Invalid.field("file", "empty", "The file is empty.")
    try:
        value = json.loads(
            data.decode("utf-8-sig"),
            object_pairs_hook=_pairs,
            parse_int=_number,
            parse_float=_number,
        )
    except UnicodeDecodeError as problem:
        raise Invalid.field(
            "file", "not_json", f"The file is not UTF-8 text (byte {problem.start + 1})."
        ) from problem
    except json.JSONDecodeError as problem:
        raise Invalid.field(
            "file", "not_json",
            f"The file is not JSON: {problem.msg} at line {problem.lineno},"
            f" column {problem.colno}.",
        ) from problem  # fmt: skip
    except RecursionError as problem:
        raise Invalid.field("file", "not_json", "The file is nested too deeply.") from problem
    if not isinstance(value, _Pairs) or not any(isinstance(row, dict) for row in value.values()):
        raise Invalid.field(
            "file", "not_a_price_map",
            "This is no price map: it is one JSON object with an object for each model, such as"
            ' {"gpt-4o": {"input_cost_per_token": 2.5e-06, …}}.',
        )  # fmt: skip
    if len(value) > MOST_MODELS:
        raise Invalid.field(
            "file", "too_many_models",
            f"The file lists {len(value):,} models; at most {MOST_MODELS:,} are read.",
        )  # fmt: skip
    return value


def _pairs(pairs: list[tuple[str, Any]]) -> _Pairs:
    found = _Pairs(pairs)
    if len(found) != len(pairs):
        times = Counter(name for name, _ in pairs)
        found.twice = tuple(sorted(name for name, count in times.items() if count > 1))
    return found


def _number(digits: str) -> int | float:
    # A number of a thousand digits is no price; it is named as not finite.
    if len(digits) > LONGEST_NUMBER:
        return float("inf")
    return float(digits) if any(sign in digits for sign in ".eE") else int(digits)


def _why_not(name: str, row: object) -> str:
    """Return why a row of the file is no model, or nothing."""
    if name == DOCUMENTATION:
        return "the row that documents the fields; no model"
    if not isinstance(row, dict):
        return "not an object"
    if len(row) > MOST_KEYS:
        return f"more than {MOST_KEYS} fields"
    if "*" in name:
        return "a pattern, not a model that can be called"
    if not name or len(name) > 200:
        return "a name has between 1 and 200 characters"
    if not name.isprintable():
        return "its name holds invisible characters"
    return ""


def _shown(name: str) -> str:
    """Return a name as a report can store it."""
    text = name.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= 200 else f"{text[:197]}..."
