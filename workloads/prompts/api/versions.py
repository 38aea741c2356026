"""The committed versions over the API: read, compared, used, restored, and where pointers went."""

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework.request import Request
from rest_framework.response import Response

from portal.common.api import CURSOR, body_of, described, query
from portal.common.differences import compare
from portal.common.errors import Conflict, Invalid
from portal.common.pagination import page_of
from workloads.prompts import selectors, services
from workloads.prompts.api.asking import (
    PromptEndpoint,
    pointers_of,
    row_version_in,
    text_in,
    version_line,
)
from workloads.prompts.api.shapes import (
    COMMIT,
    DIFFERENCE,
    MOVES,
    POINTERS,
    RESTORE,
    SEEN,
    USE,
    VERSION,
    VERSION_LINE,
    VERSIONS,
)
from workloads.prompts.content import sections


class PromptVersions(PromptEndpoint):
    """The committed versions of a workload's prompt, newest first."""

    @described(gives=VERSIONS)
    def get(self, request: Request, ref: str) -> Response:
        """List the newest 200 versions, and which one each pointer names."""
        _, workload = self.asked(ref)
        pointers = pointers_of(workload)
        rows = selectors.version_list(workload)[:200]
        return Response(
            {
                "candidate": pointers["candidate"],
                "pointers": pointers,
                "versions": [version_line(version) for version in rows],
            }
        )

    @described(takes=COMMIT, gives=VERSION_LINE, status=201, optional=True, parameters=[SEEN])
    def post(self, request: Request, ref: str) -> Response:
        """Commit the draft as the next version."""
        user, workload = self.asked(ref)
        version = services.commit_version(
            actor=user,
            workload=workload,
            note=text_in(body_of(request), "note"),
            row_version=row_version_in(request),
        )
        return Response(version_line(version), status=201)


class PromptPointers(PromptEndpoint):
    """Every move of every pointer, newest first."""

    @described(
        gives=MOVES,
        parameters=[CURSOR],
        refuses={400: "The cursor is not known."},
    )
    def get(self, request: Request, ref: str) -> Response:
        """List every move of every pointer, newest first, in pages of 50."""
        _, workload = self.asked(ref)
        page = page_of(
            selectors.moves_of(workload), by="-id", cursor=request.query_params.get("cursor", "")
        )
        moves = [
            {
                "pointer": move.pointer,
                "from": move.came_from.number if move.came_from else None,
                "to": move.to.number,
                "at": move.at.isoformat(),
                "by": str(move.by),
                "reason": move.reason,
                "decision": move.decision_ref,
            }
            for move in page.rows
        ]
        return Response(
            {"now": pointers_of(workload), "results": moves, "next_cursor": page.next_cursor}
        )


class PromptDifference(PromptEndpoint):
    """What differs between two versions."""

    @described(
        gives=DIFFERENCE,
        parameters=[
            query("a", "The number of the version before; needed."),
            query("b", "The number of the version after; needed."),
        ],
        refuses={400: "a or b is no number."},
    )
    def get(self, request: Request, ref: str) -> Response:
        """Compare two versions: for each part that differs, the pieces that lead from a to b.

        The equal and delete pieces together are the part in a, the equal and insert ones in b.
        """
        _, workload = self.asked(ref)
        found = []
        for name in ("a", "b"):
            raw = request.query_params.get(name, "")
            if not (raw.isascii() and raw.isdecimal() and len(raw) < 9):
                raise Invalid.field(name, "invalid_integer", "Name two versions by their numbers.")
            found.append(sections(selectors.version_of(workload, int(raw)).content))
        before, after = found
        parts = []
        for name in before:
            if before[name] != after[name]:
                difference = compare(before[name], after[name])
                pieces = [{"op": op, "text": text} for op, text in difference.pieces]
                parts.append({"part": name, "detail": difference.detail, "pieces": pieces})
        return Response({"parts": parts})


class PromptVersionDetail(PromptEndpoint):
    """One committed version with its content."""

    @described(gives=VERSION)
    def get(self, request: Request, ref: str, number: int) -> Response:
        """Show a version with its content."""
        _, workload = self.asked(ref)
        version = selectors.version_of(workload, number)
        return Response(version_line(version) | {"content": version.content})


class PromptVersionFile(PromptEndpoint):
    """One committed version as a prompt file."""

    @described(gives=OpenApiTypes.STR, media="text/plain")
    def get(self, request: Request, ref: str, number: int) -> HttpResponse:
        """Return a version as a prompt file, a text; ETag is the digest of the version."""
        _, workload = self.asked(ref)
        version = selectors.version_of(workload, number)
        return HttpResponse(
            selectors.file_of(version).encode(),
            content_type="text/plain; charset=utf-8",
            headers={"ETag": f'"{version.digest}"'},
        )


class PromptVersionUse(PromptEndpoint):
    """A version as the candidate."""

    @described(takes=USE, gives=POINTERS, optional=True)
    def post(self, request: Request, ref: str, number: int) -> Response:
        """Make a version the candidate; 409 when it is the candidate already."""
        user, workload = self.asked(ref)
        version = selectors.version_of(workload, number)
        moved = services.point_candidate(
            actor=user,
            workload=workload,
            version=version,
            reason=text_in(body_of(request), "reason"),
        )
        if moved is None:
            raise Conflict(f"Version {number} is the candidate already.", code="unchanged")
        return Response(pointers_of(workload))


class PromptVersionRestore(PromptEndpoint):
    """A version once more, as the newest one."""

    @described(takes=RESTORE, gives=VERSION_LINE, status=201, optional=True)
    def post(self, request: Request, ref: str, number: int) -> Response:
        """Commit the content of a version again, as the newest one."""
        user, workload = self.asked(ref)
        made = services.restore_version(
            actor=user,
            workload=workload,
            version=selectors.version_of(workload, number),
            note=text_in(body_of(request), "note"),
        )
        return Response(version_line(made), status=201)
