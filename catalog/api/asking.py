"""What the catalog's API reads from a body: each value by its kind, refused by its name."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from catalog.services.entries import EDITABLE
from portal.common.errors import FieldError, Invalid

_NUMBERS = ("context_window", "max_output_tokens", "provider_retention_days")
_LISTS = ("capabilities", "modalities", "regions")
# What an amount of the catalog is kept with.
_PLACES = 6


def text_in(body: Mapping[str, Any], name: str) -> str:
    """Return the text called ``name``, "" when it is not there. Raises Invalid."""
    value = body.get(name, "")
    if not isinstance(value, str):
        raise Invalid.field(name, "invalid", "Give a text.")
    return value


def texts_in(body: Mapping[str, Any], name: str) -> list[str]:
    """Return the list of texts called ``name``, [] when it is not there. Raises Invalid."""
    value = body.get(name, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Invalid.field(name, "invalid", "Give a list of texts.")
    return value


def numbers_in(body: Mapping[str, Any], name: str) -> list[int]:
    """Return the list of whole numbers called ``name``, [] when it is not there. Raises Invalid."""
    value = body.get(name, [])
    if not isinstance(value, list) or not all(type(one) is int for one in value):
        raise Invalid.field(name, "invalid", "Give a list of whole numbers.")
    return value


def day_in(body: Mapping[str, Any], name: str) -> date | None:
    """Return the day called ``name``, None when it is not there or null. Raises Invalid."""
    value = body.get(name)
    if value is None:
        return None
    try:
        # Only the long form: fromisoformat also takes 20270131 and weeks.
        found = date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        found = None
    if found is None:
        raise Invalid.field(name, "invalid", "Give a date such as 2027-01-31.")
    return found


def amount_in(body: Mapping[str, Any], name: str) -> Decimal | None:
    """Return the amount called ``name``, None when it is not there or null. Raises Invalid.

    An amount is a text such as "0.15", which stays exact, or a number.
    """
    value = body.get(name)
    if value is None:
        return None
    try:
        if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
            raise InvalidOperation
        found = Decimal(str(value)[:40])
        places = found.as_tuple().exponent
        if not found.is_finite() or not isinstance(places, int) or places < -_PLACES:
            raise InvalidOperation
    except InvalidOperation as problem:
        words = f'Give an amount such as "0.15", with at most {_PLACES} decimal places.'
        raise Invalid.field(name, "invalid", words) from problem
    return found


def facts_in(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of a card that ``body`` names. Raises Invalid naming each that is wrong.

    What a value may be beyond its kind is for `services.set_facts` to say.
    """
    errors = []
    for name in EDITABLE:
        if name not in body:
            continue
        value = body[name]
        if name in _LISTS:
            right = isinstance(value, list) and all(isinstance(one, str) for one in value)
            words = "Give a list of texts."
        elif name in _NUMBERS:
            right, words = type(value) is int, "Give a whole number."
        elif name == "open_weights":
            right, words = isinstance(value, bool), "Give true or false."
        else:
            right, words = isinstance(value, str), "Give a text."
        if not right:
            errors.append(FieldError(name, "invalid", words))
    if errors:
        raise Invalid("Some facts are not valid; nothing was changed.", errors=errors)
    return {name: body[name] for name in EDITABLE if name in body}
