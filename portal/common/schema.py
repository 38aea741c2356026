"""How the API is described in OpenAPI: names from paths, and who signs in how."""

import re
from functools import cache
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema

_PREFIX = "/api/v1"
_VARIABLE = re.compile(r"{(\w+)}")


class ByPath(AutoSchema):
    """Names an operation after its method and path, and groups it by what it is about."""

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
