"""The API's one parser: strict JSON, bounded.

A module of its own: the framework reads it while it loads its views, which `api` imports.
"""

from typing import IO, Any

from rest_framework import exceptions
from rest_framework.parsers import BaseParser

from portal.common.errors import DomainError
from portal.common.strictjson import decode, loads

MAX_BODY = 2 * 1024 * 1024


class TooLarge(DomainError):
    """The body is larger than we read."""

    status = 413
    default_code = "too_large"


class StrictJSONParser(BaseParser):
    """application/json, read by `portal.common.strictjson`: at most 2 MiB."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Any = None,
    ) -> Any:
        """Return the parsed body. Raises NotJson, Invalid, TooLarge or UnsupportedMediaType."""
        charset = (media_type or "").lower().partition("charset=")[2].split(";")[0].strip(' "')
        if charset not in ("", "utf-8", "utf8"):
            raise exceptions.UnsupportedMediaType(media_type or "", "Use charset=utf-8.")
        data = stream.read(MAX_BODY + 1)
        if len(data) > MAX_BODY:
            raise TooLarge("The body is larger than 2 MiB.")
        return loads(decode(data))
