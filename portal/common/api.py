"""What every API view shares: strict JSON in, one shape of error out."""

from typing import IO, Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.parsers import BaseParser
from rest_framework.response import Response
from rest_framework.views import set_rollback

from portal.common.errors import DomainError, FieldError
from portal.common.http import error_body
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


def _flatten(detail: Any, path: str = "") -> list[FieldError]:
    if isinstance(detail, dict):
        return [
            error
            for name, item in detail.items()
            for error in _flatten(item, f"{path}.{name}" if path else str(name))
        ]
    if isinstance(detail, list):
        return [error for item in detail for error in _flatten(item, path)]
    return [FieldError(path, str(getattr(detail, "code", "invalid")), str(detail))]


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Map every expected exception to ``{code, message, errors, request_id}``."""
    set_rollback()
    if isinstance(error, DomainError):
        return Response(error_body(error), status=error.status)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if not isinstance(error, exceptions.APIException):
        return None
    code = error.default_code
    errors: list[FieldError] = []
    message = (
        "The input is not valid." if isinstance(error.detail, dict | list) else str(error.detail)
    )
    if isinstance(error, exceptions.ValidationError):
        errors = _flatten(error.detail)
    told = DomainError(message, code=code, errors=errors)
    headers = {}
    if getattr(error, "wait", None):
        headers["Retry-After"] = str(int(error.wait))  # type: ignore[attr-defined]
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]
    return Response(error_body(told), status=error.status_code, headers=headers)
