"""Keyset pages: the next page starts after a key, so that page 5,000 costs what page 1 costs."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Field, Model, QuerySet

from portal.common.errors import Invalid

M = TypeVar("M", bound=Model)
PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """One page of rows; ``next_cursor`` is empty on the last page."""

    rows: list[M]
    next_cursor: str


def _column(rows: QuerySet[M], name: str) -> "Field[Any, Any]":
    column = rows.model._meta.get_field(name)
    if not isinstance(column, Field):
        raise TypeError(f"{name} is not a column to page by")
    return column


def page_of(rows: QuerySet[M], *, by: str, cursor: str = "", size: int = PAGE_SIZE) -> Page[M]:
    """Return one page of ``rows`` ordered by the unique field ``by`` ("-seq" for newest first).

    ``cursor`` is a former page's ``next_cursor``. Raises Invalid (bad_cursor) for a forged one.
    """
    field = by.lstrip("-")
    if cursor:
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
            key = _column(rows, field).to_python(raw)
        except (ValueError, binascii.Error, ValidationError) as problem:
            raise Invalid(
                "This page link is not valid; start from the first page.", code="bad_cursor"
            ) from problem
        rows = rows.filter(**{f"{field}__{'lt' if by.startswith('-') else 'gt'}": key})
    found = list(rows.order_by(by)[: size + 1])
    if len(found) <= size:
        return Page(found, "")
    last = str(getattr(found[size - 1], field))
    return Page(found[:size], base64.urlsafe_b64encode(last.encode()).decode().rstrip("="))
