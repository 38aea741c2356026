"""How the API is described in OpenAPI: names from paths, and who signs in how."""

import re
from functools import cache
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

_PREFIX = "/api/v1"
_VARIABLE = re.compile(r"{(\w+)}")
_IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="A key of your own, at most 80 characters. The same call with the same key within"
    " a day gets the first answer again and does nothing.",
)


class ByPath(AutoSchema):
    """Names an operation after its method and path, and groups it by what it is about.

    A POST of an `Endpoint` that ``answers_once`` takes an Idempotency-Key.
    """

    def get_override_parameters(self) -> list[Any]:
        """Return what every method like this takes; what a method says itself is added to it."""
        once = self.method == "POST" and getattr(self.view, "answers_once", False)
        return [_IDEMPOTENCY_KEY] if once else []

    def get_operation_id(self) -> str:
        """Return for example "get_workloads_ref_brief"."""
        words = re.sub(r"[^a-z0-9_]+", "_", self.path.removeprefix(_PREFIX).lower()).strip("_")
        return f"{self.method.lower()}_{words}"

    def get_tags(self) -> list[str]:
        """Return the noun behind the workload, or the first noun."""
        parts = [part for part in self.path.removeprefix(_PREFIX).split("/") if part]
        nouns = [part for part in parts if not _VARIABLE.fullmatch(part)]
        about = nouns[1] if nouns[0] == "workloads" and len(nouns) > 1 else nouns[0]
        return [about.replace("-", " ").capitalize()]


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The browser's session."""

    target_class = "portal.common.sessions.SessionSignIn"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """Return the cookie; writes need the CSRF token beside it."""
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "The browser's session. A write also sends the header X-CSRFToken.",
        }


@cache
def description() -> dict[str, Any]:
    """Return the OpenAPI document of every endpoint, made once per process."""
    made: dict[str, Any] = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    return made
