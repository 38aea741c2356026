"""What every endpoint of the prompts reads from a request, and gives of a version."""

from collections.abc import Mapping
from typing import Any

from rest_framework.request import Request

from portal.accounts.http import signed_in
from portal.accounts.models import User
from portal.common.api import Endpoint
from portal.common.errors import Conflict, Invalid
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import workload_for
from workloads.prompts import selectors
from workloads.prompts.models import PromptVersion


class PromptEndpoint(Endpoint):
    """What every endpoint here begins with: who asks, and for which workload."""

    def asked(self, ref: str) -> tuple[User, Workload]:
        """Return the person and the workload. Raises Http404 when it is not visible."""
        user = signed_in(self.request)
        return user, workload_for(user, ref)


def text_in(body: Mapping[str, Any], name: str) -> str:
    """Return the text called ``name``, "" when it is not there. Raises Invalid."""
    value = body.get(name, "")
    if not isinstance(value, str):
        raise Invalid.field(name, "invalid", "Give a text.")
    return value


def flag_in(body: Mapping[str, Any], name: str) -> bool:
    """Return what ``name`` says, False when it is not there. Raises Invalid."""
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise Invalid.field(name, "invalid", "Give true or false.")
    return value


def row_version_in(request: Request) -> int:
    """Return the row version that If-Match names. Raises Conflict (version_required)."""
    raw = request.headers.get("If-Match", "").strip().strip('"')
    if not (raw.isascii() and raw.isdecimal() and len(raw) < 10):
        raise Conflict(
            'Send the row version that you read, for example If-Match: "3"; 0 before the first.',
            code="version_required",
        )
    return int(raw)


def version_line(version: PromptVersion) -> dict[str, object]:
    """Return a version without its content."""
    return {
        "number": version.number,
        "parent": version.parent.number if version.parent else None,
        "digest": version.digest,
        "note": version.note,
        "tokens": version.tokens,
        "authors": [str(pk) for pk in version.authors],
        "committed_at": version.created_at.isoformat(),
        "committed_by": str(version.created_by) if version.created_by else None,
    }


def pointers_of(workload: Workload) -> dict[str, int | None]:
    """Return the number of the version that each pointer names, None where it names none."""
    return {
        pointer.value: version.number if version else None
        for pointer, version in selectors.pointers_of(workload).items()
    }
