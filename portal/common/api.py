"""What every API view shares: strict JSON in, one shape of error out, answers given twice alike.

An endpoint is an `Endpoint`, and each of its methods is `described`: what it takes and gives
stands beside the code, makes the OpenAPI description, and is what bodies are held against.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar, cast

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
)
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, set_rollback

from portal.common import idempotency
from portal.common.errors import DomainError, FieldError, Invalid
from portal.common.http import error_body
from portal.common.pagination import PAGE_SIZE, M, page_of
from portal.common.parsers import TooLarge


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


_shapes: dict[str, Any] = {}
Handler = TypeVar("Handler", bound=Callable[..., HttpResponseBase])
Shape = type[serializers.BaseSerializer[Any]] | serializers.BaseSerializer[Any]
_SENTENCE_END = re.compile(r"[;:]|\. ")
_WRITES = ("post", "put", "patch", "delete")


class ApiFieldError(serializers.Serializer[Any]):
    """One thing that is wrong with one field."""

    field = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()


class ApiError(serializers.Serializer[Any]):
    """A refusal: ``code`` for programs, ``message`` for people."""

    code = serializers.CharField()
    message = serializers.CharField()
    errors = ApiFieldError(many=True)  # type: ignore[assignment]
    request_id = serializers.CharField()


def shape(name: str, fields: Mapping[str, Any], **options: Any) -> Any:
    """Return the description of an object called ``name`` with ``fields``.

    ``options`` are a serializer's: ``many=True`` is a list, ``allow_null=True`` one or null.
    """
    known = _shapes.get(name)
    if known is None:
        known = _shapes[name] = type(name, (serializers.Serializer,), dict(fields))
    elif set(known._declared_fields) != set(fields):
        raise ValueError(f"two different shapes are called {name}")
    return known(**options)


def query(name: str, description: str) -> OpenApiParameter:
    """Return the description of an optional parameter of the address."""
    return OpenApiParameter(name, OpenApiTypes.STR, description=description)


def header(name: str, description: str, *, required: bool = False) -> OpenApiParameter:
    """Return the description of a header."""
    return OpenApiParameter(
        name, OpenApiTypes.STR, OpenApiParameter.HEADER, required=required, description=description
    )


CURSOR = query("cursor", "The `next_cursor` of the page before.")


def page_shape(name: str, line: Any) -> Any:
    """Return the shape of one page of a list: its rows, each a ``line``, and where the next is."""
    return shape(name, {"results": line, "next_cursor": serializers.CharField()})


def page_response(
    request: Request,
    rows: QuerySet[M],
    line: Callable[[M], Mapping[str, Any]],
    *,
    by: str,
    size: int = PAGE_SIZE,
) -> Response:
    """Answer with the page of ``rows`` that the ``cursor`` asks for, by the unique field ``by``.

    Raises Invalid (bad_cursor).
    """
    page = page_of(rows, by=by, cursor=request.query_params.get("cursor", ""), size=size)
    return Response({"results": [line(one) for one in page.rows], "next_cursor": page.next_cursor})


def known(request: Request, names: Iterable[str]) -> None:
    """Refuse a parameter of the address that is none of ``names``. Raises Invalid."""
    unknown = sorted(set(request.query_params) - set(names))
    if unknown:
        raise Invalid(f"Unknown filter: {unknown[0][:60]}.", code="unknown_filter")


def texts_in(
    body: Mapping[str, Any], name: str, what: str, *, most: int = 5_000, needed: bool = True
) -> list[str]:
    """Return a list of texts of the body; ``what`` they are is said where they are none.

    Raises Invalid (invalid), also for one that is ``needed`` and not there.
    """
    found = body.get(name, None if needed else [])
    if (
        not isinstance(found, list)
        or len(found) > most
        or not all(isinstance(one, str) for one in found)
    ):
        raise Invalid.field(name, "invalid", f"{name} is a list of at most {most:,} {what}.")
    return found


_REFUSALS = {
    401: "Nobody is signed in.",
    404: "It is not there, or not for you to see.",
}
_WRITE_REFUSALS = {
    400: "The body is not right; `errors` names each field.",
    403: "You may see this, not do it; `code` names the rule.",
    409: "Not at this moment: something has to be there first, or has changed meanwhile.",
}


def described(
    *,
    gives: Shape | Mapping[str, Any] | OpenApiTypes,
    takes: Shape | Mapping[str, Any] | None = None,
    status: int = 200,
    media: str = "",
    optional: bool = False,
    open_fields: bool = False,
    parameters: Sequence[OpenApiParameter] = (),
    refuses: Mapping[int, str] | None = None,
) -> Callable[[Handler], Handler]:
    """Describe one method of an endpoint: what its body holds, and what it answers.

    The first line of the method's docstring is the summary. A method that ``takes`` a body gets
    an object with those fields and no others (``open_fields``: it names the others itself); with
    ``optional`` it may be left out. One that takes none is given none. A body that is no object
    of ours is described as {media type: schema}, an answer that is no JSON by its ``media`` type.
    ``refuses`` adds to the refusals that every endpoint has.
    """

    def mark(handler: Handler) -> Handler:
        writes = handler.__name__ in _WRITES
        refusals = {**_REFUSALS, **(_WRITE_REFUSALS if writes else {}), **(refuses or {})}
        words = " ".join((handler.__doc__ or "").split("\n\n")[0].split())
        made = extend_schema(
            summary=_SENTENCE_END.split(words)[0].rstrip("."),
            description=" ".join((handler.__doc__ or "").split()),
            request=takes,
            parameters=list(parameters),
            responses={
                (status, media) if media else status: gives,
                **{
                    code: OpenApiResponse(ApiError, description=reason)
                    for code, reason in sorted(refusals.items())
                },
            },
        )(handler)
        made.body = _Body(takes, optional, open_fields)  # type: ignore[attr-defined]
        return made

    return mark


def body_of(request: Request) -> Mapping[str, Any]:
    """Return the body of a method that is `described`: an object with the fields it takes.

    Raises Invalid (bad_body, unknown_field), NotJson or TooLarge.
    """
    found: Mapping[str, Any] = request.data  # type: ignore[assignment]
    return found


class _Body:
    """What the body of one method has to be."""

    def __init__(
        self, takes: Shape | Mapping[str, Any] | None, optional: bool, open_fields: bool
    ) -> None:
        shape = takes() if isinstance(takes, type) else takes
        self.fields: list[str] = list(getattr(shape, "fields", ()))
        self.required = [name for name in self.fields if cast(Any, shape).fields[name].required]
        self.takes, self.optional, self.open_fields = takes is not None, optional, open_fields

    def accepted(self, data: Any, *, empty: bool) -> Mapping[str, Any]:
        """Return ``data`` when it is an object with known fields. Raises Invalid."""
        if empty:
            if self.takes and not self.optional:
                raise self._refusal("The body is empty.")
            return {}
        if not isinstance(data, Mapping):
            raise self._refusal("The body is not a JSON object.")
        if self.open_fields:
            return data
        unknown = sorted(str(name) for name in set(data) - set(self.fields))
        if unknown:
            known = f"Known: {', '.join(self.fields)}." if self.fields else "This call takes none."
            raise Invalid(
                f"Unknown field: {unknown[0][:60]}. {known}",
                code="unknown_field",
                errors=[FieldError(name[:60], "unknown_field", known) for name in unknown[:50]],
            )
        return data

    def _refusal(self, what: str) -> Invalid:
        if not self.takes:
            right = "This call takes no fields: send {} or nothing."
        else:
            named = self.required or self.fields
            example = ", ".join(f'"{name}": …' for name in named[:6])
            right = f"Send an object: {{{example}}}."
        return Invalid(
            f"{what} {right}",
            code="bad_body",
            errors=[FieldError(name, "required", "This is needed.") for name in self.required],
        )


class _ObjectRequest(Request):
    """A request whose body is an object, as the method describes it; read when it is asked for.

    So what somebody may not see stays 404 and what they may not do 403, whatever they send.
    """

    @property
    def data(self) -> Any:
        """The body. Raises Invalid (bad_body, unknown_field), NotJson or TooLarge."""
        found = super().data
        view = (self.parser_context or {}).get("view")
        body = getattr(getattr(view, (self.method or "").lower(), None), "body", None)
        if not isinstance(body, _Body):
            return found
        length = str(self.META.get("CONTENT_LENGTH") or "0")
        return body.accepted(found, empty=not length.strip("0"))


def no_fields(request: Request) -> None:
    """Refuse a body with fields, for a method that takes none. Raises Invalid."""
    if request.data:
        raise Invalid("This call takes no fields: send {} or nothing.", code="unknown_field")


class Endpoint(APIView):
    """An address of the API. Its methods are `described`.

    ``answers_once``: whether a POST with an Idempotency-Key is done once, in one transaction with
    its answer. False where that would hold a transaction over a call of the network, take back
    what is to stay after a refusal, or read a large body into memory, and where a token instead
    of a session signs in. The description then does not promise the header (`ByPath`).
    """

    answers_once = True

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """Hand bodies over as described."""
        plain = super().initialize_request(request, *args, **kwargs)
        return _ObjectRequest(
            request,
            parsers=plain.parsers,
            authenticators=self.get_authenticators(),
            negotiator=plain.negotiator,
            parser_context=plain.parser_context,
        )

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer; a POST with an Idempotency-Key once, where the endpoint does that."""
        if not self.answers_once:
            return super().dispatch(request, *args, **kwargs)
        key = request.headers.get(idempotency.HEADER, "")
        user = getattr(request, "user", None)
        if request.method != "POST" or not key or user is None or not user.is_authenticated:
            return super().dispatch(request, *args, **kwargs)
        try:
            return idempotency.answer_once(
                user_id=user.pk,
                key=key,
                request=request,
                act=lambda: super(Endpoint, self).dispatch(request, *args, **kwargs),
            )
        except RequestDataTooBig:
            return self.refused(request, TooLarge("The body is larger than 2 MiB."))
        except DomainError as refused:
            return self.refused(request, refused)

    def refused(self, request: HttpRequest, refused: DomainError) -> HttpResponseBase:
        """Answer a refusal from before the method was asked."""
        self.headers = self.default_response_headers
        asked = self.initialize_request(request)
        answer = Response(error_body(refused), status=refused.status)
        return self.finalize_response(asked, answer)
