"""The gateway's own account of its models, each number checked."""

import math
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from portal.gateway.cost import MILLION
from portal.gateway.types import ModelInfo

# LiteLLM's names. Prices are per token.
PRICES = {
    "price_in": "input_cost_per_token",
    "price_cached": "cache_read_input_token_cost",
    "price_out": "output_cost_per_token",
}
SIZES = {"context_window": "max_input_tokens", "max_output_tokens": "max_output_tokens"}
# Arguments of ``ModelInfo`` by name.
Fields = dict[str, Any]
HIGHEST_PRICE = Decimal(100_000)
LARGEST_SIZE = 1_000_000_000
# The row of LiteLLM's price map that documents the fields.
DOCUMENTATION = "sample_spec"


def models_of_litellm(value: object) -> list[ModelInfo] | None:
    """The models of LiteLLM's ``/model/info``, sorted by alias; ``None`` when the reply has another
    shape.

    Patterns (``openai/*``) are left out: they are no model that can be called. Several deployments
    behind one alias become one model with the dearest price and the smallest limits, since any of
    them may answer.
    """
    rows = value.get("data") if isinstance(value, dict) else None
    if not isinstance(rows, list):
        return None
    found: dict[str, ModelInfo] = {}
    for row in rows:
        model = _model_of_row(row)
        if model is not None:
            known = found.get(model.alias)
            found[model.alias] = model if known is None else _merged(known, model)
    return [found[alias] for alias in sorted(found)]


def models_of_openai(value: object) -> list[ModelInfo] | None:
    """The models of ``/v1/models``, sorted by alias; ``None`` when the reply has another shape."""
    rows = value.get("data") if isinstance(value, dict) else None
    if not isinstance(rows, list):
        return None
    found: dict[str, ModelInfo] = {}
    for row in rows:
        alias = row.get("id") if isinstance(row, dict) else None
        if not isinstance(alias, str) or not _is_alias(alias):
            continue
        problems: list[str] = []
        sizes: Fields = {name: _size(row, key, problems) for name, key in SIZES.items()}
        owner = row.get("owned_by")
        extra = {
            key: item
            for key, item in row.items()
            if key not in {"id", "object", "created", "owned_by", *SIZES.values()}
            and item is not None
        }
        found[alias] = ModelInfo(
            alias=alias,
            provider=owner if isinstance(owner, str) else "",
            model=alias,
            extra=extra,
            problems=tuple(problems),
            **sizes,
        )
    return [found[alias] for alias in sorted(found)]


def _model_of_row(row: object) -> ModelInfo | None:
    alias = row.get("model_name") if isinstance(row, dict) else None
    if not isinstance(row, dict) or not isinstance(alias, str) or not _is_alias(alias):
        return None
    given = row.get("model_info")
    info: Mapping[str, Any] = given if isinstance(given, dict) else {}
    parameters = row.get("litellm_params")
    path = parameters.get("model") if isinstance(parameters, dict) else None
    prefix, slash, name = str(path or alias).partition("/")
    # LiteLLM says how it speaks to a model: "openai" of every server that speaks OpenAI's API. Who
    # offers it stands in a field of the company's own, where it was written down.
    own, spoken = info.get("provider"), info.get("litellm_provider")
    provider = own if isinstance(own, str) and own.strip() else spoken
    problems: list[str] = []
    prices: Fields = {field: _price(info, key, problems) for field, key in PRICES.items()}
    sizes: Fields = {field: _size(info, key, problems) for field, key in SIZES.items()}
    abilities = {key for key in info if key.startswith("supports_")}
    used = {*PRICES.values(), *SIZES.values(), *abilities, "litellm_provider", "provider"}
    return ModelInfo(
        alias=alias,
        provider=provider if isinstance(provider, str) else (prefix if slash else ""),
        model=name if slash else prefix,
        capabilities=tuple(
            sorted(key.removeprefix("supports_") for key in abilities if info[key] is True)
        ),
        extra={key: item for key, item in info.items() if key not in used and item is not None},
        problems=tuple(problems),
        **prices,
        **sizes,
    )


def _merged(one: ModelInfo, other: ModelInfo) -> ModelInfo:
    """Two deployments of one alias as one model, and what they disagree about."""
    changes: dict[str, Any] = {}
    problems = list(dict.fromkeys((*one.problems, *other.problems)))
    for field, choose in (*((name, max) for name in PRICES), *((name, min) for name in SIZES)):
        values = [
            value for value in (getattr(one, field), getattr(other, field)) if value is not None
        ]
        changes[field] = choose(values) if values else None
        if len(set(values)) > 1:
            problems.append(f"{field}: the deployments behind this alias differ")
    changes["capabilities"] = tuple(sorted({*one.capabilities} & {*other.capabilities}))
    changes["problems"] = tuple(dict.fromkeys(problems))
    return replace(one, **changes)


def _price(info: Mapping[str, Any], key: str, problems: list[str]) -> Decimal | None:
    """A price per million tokens; the decimal digits are those that the gateway wrote."""
    value = info.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        problems.append(f"{key}: not a number")
    elif not math.isfinite(value):
        problems.append(f"{key}: not a finite number")
    elif value < 0:
        problems.append(f"{key}: negative")
    elif (price := Decimal(repr(value)) * MILLION) > HIGHEST_PRICE:
        problems.append(f"{key}: more than {HIGHEST_PRICE:,} per million tokens")
    else:
        return price.normalize() + 0 if price else Decimal(0)
    return None


def _size(info: Mapping[str, Any], key: str, problems: list[str]) -> int | None:
    value = info.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        problems.append(f"{key}: not a number")
    elif not math.isfinite(value) or value != int(value):
        problems.append(f"{key}: not a whole number")
    elif not 1 <= value <= LARGEST_SIZE:
        problems.append(f"{key}: not between 1 and {LARGEST_SIZE:,}")
    else:
        return int(value)
    return None


def _is_alias(alias: str) -> bool:
    return (
        0 < len(alias) <= 200
        and alias.isprintable()
        and "*" not in alias
        and alias != DOCUMENTATION
    )
