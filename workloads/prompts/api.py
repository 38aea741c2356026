"""Prompts over the API: the same selectors and services as the pages, strictly."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.accounts.http import signed_in
from portal.accounts.models import User
from portal.common.differences import compare
from portal.common.errors import Conflict, Invalid
from portal.common.pagination import page_of
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import workload_for
from workloads.prompts import selectors, services
from workloads.prompts.answers import check_answer
from workloads.prompts.content import sections
from workloads.prompts.models import Prompt, PromptVersion
from workloads.prompts.secrets import findings


def _line(version: PromptVersion) -> dict[str, object]:
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


def _pointers(workload: Workload) -> dict[str, int | None]:
    return {
        pointer.value: version.number if version else None
        for pointer, version in selectors.pointers_of(workload).items()
    }


def _body(request: Request, *known: str) -> Mapping[str, Any]:
    """Return the body as an object of ``known`` fields. Raises Invalid."""
    body = request.data
    if not isinstance(body, Mapping):
        raise Invalid("Send a JSON object.")
    unknown = sorted(str(name) for name in set(body) - set(known))
    if unknown:
        raise Invalid.field(unknown[0][:60], "unknown_field", f"Known are {', '.join(known)}.")
    return body


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name, "")
    if not isinstance(value, str):
        raise Invalid.field(name, "invalid", "Give a text.")
    return value


def _flag(body: Mapping[str, Any], name: str) -> bool:
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise Invalid.field(name, "invalid", "Give true or false.")
    return value


def _row_version(request: Request) -> int:
    raw = request.headers.get("If-Match", "").strip().strip('"')
    if not (raw.isascii() and raw.isdecimal() and len(raw) < 10):
        raise Conflict(
            'Send the row version that you read, for example If-Match: "3"; 0 before the first.',
            code="version_required",
        )
    return int(raw)


class PromptView(APIView):
    """What every endpoint here begins with: who asks, and for which workload."""

    def asked(self, ref: str) -> tuple[User, Workload]:
        """Return the person and the workload. Raises Http404 when it is not visible."""
        user = signed_in(self.request)
        return user, workload_for(user, ref)


class PromptVersions(PromptView):
    """The committed versions of a workload's prompt, newest first."""

    def get(self, request: Request, ref: str) -> Response:
        """List them; ``candidate`` is the number that evaluation uses."""
        _, workload = self.asked(ref)
        pointers = _pointers(workload)
        return Response(
            {
                "candidate": pointers["candidate"],
                "pointers": pointers,
                "versions": [_line(version) for version in selectors.version_list(workload)[:200]],
            }
        )

    def post(self, request: Request, ref: str) -> Response:
        """Commit the draft that If-Match names: ``note``, required from version 2 on."""
        user, workload = self.asked(ref)
        body = _body(request, "note")
        version = services.commit_version(
            actor=user,
            workload=workload,
            note=_text(body, "note"),
            row_version=_row_version(request),
        )
        return Response(_line(version), status=201)


class PromptDraft(PromptView):
    """The working draft with its lint list."""

    def get(self, request: Request, ref: str) -> Response:
        """Return it; ETag is its row version, 0 before the first save."""
        _, workload = self.asked(ref)
        return _draft(workload, selectors.prompt_of(workload))

    def patch(self, request: Request, ref: str) -> Response:
        """Keep the parts that are given, whole; needs If-Match."""
        user, workload = self.asked(ref)
        body = request.data
        if not isinstance(body, Mapping):
            raise Invalid("Send an object with the parts of the prompt to change.")
        saved = services.save_draft(
            actor=user, workload=workload, content=body, row_version=_row_version(request)
        )
        return _draft(workload, saved)


def _draft(workload: Workload, prompt: Prompt | None) -> Response:
    content = selectors.draft_content(prompt)
    base = selectors.base_version(workload)
    seen = prompt.row_version if prompt else 0
    return Response(
        {
            "row_version": seen,
            "from": base.number if base else None,
            "differs": selectors.draft_differs(workload, prompt),
            "content": content,
            "lint": [
                {"field": p.field, "code": p.code, "message": p.message, "blocks": p.blocks}
                for p in selectors.lint_of(workload, prompt, content)
            ],
            "findings": [
                {"field": one.field, "finding": one.digest, "shown": one.shown}
                for one in findings(content)
            ],
        },
        headers={"ETag": f'"{seen}"'},
    )


class PromptImport(PromptView):
    """A prompt file into the draft."""

    def post(self, request: Request, ref: str) -> Response:
        """Take ``file``, the text of a prompt file, whole or not at all; needs If-Match."""
        user, workload = self.asked(ref)
        text = _text(_body(request, "file"), "file")
        saved = services.import_file(
            actor=user,
            workload=workload,
            data=text.encode("utf-8", "surrogatepass"),
            row_version=_row_version(request),
        )
        return _draft(workload, saved)


class PromptAnswerCheck(PromptView):
    """Whether an answer has the form that the draft asks for."""

    def post(self, request: Request, ref: str) -> Response:
        """Check ``answer``; keeps nothing."""
        _, workload = self.asked(ref)
        answer = _text(_body(request, "answer"), "answer")
        checked = check_answer(selectors.draft_content(selectors.prompt_of(workload)), answer)
        return Response(
            {"follows": checked.follows, "code": checked.code, "message": checked.message}
        )


class PromptFalseAlarms(PromptView):
    """What looks like a secret and is none."""

    def post(self, request: Request, ref: str) -> Response:
        """Take the digest ``finding`` of the draft and the ``reason`` why it is no secret."""
        user, workload = self.asked(ref)
        body = _body(request, "finding", "reason")
        alarm = services.clear_false_alarm(
            actor=user,
            workload=workload,
            finding=_text(body, "finding"),
            reason=_text(body, "reason"),
        )
        return Response({"finding": alarm.finding, "reason": alarm.reason}, status=201)


class PromptPointers(PromptView):
    """Every move of every pointer, newest first."""

    def get(self, request: Request, ref: str) -> Response:
        """List them by keyset pages; ``cursor`` is a former page's ``next``."""
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
        return Response({"now": _pointers(workload), "moves": moves, "next": page.next_cursor})


class PromptDifference(PromptView):
    """What differs between two versions."""

    def get(self, request: Request, ref: str) -> Response:
        """Return, for each part that differs, pieces that lead from version ``a`` to ``b``."""
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


class PromptVersionDetail(PromptView):
    """One committed version with its content."""

    def get(self, request: Request, ref: str, number: int) -> Response:
        """Return it."""
        _, workload = self.asked(ref)
        version = selectors.version_of(workload, number)
        return Response(_line(version) | {"content": version.content})


class PromptVersionFile(PromptView):
    """One committed version as a prompt file."""

    def get(self, request: Request, ref: str, number: int) -> HttpResponse:
        """Return the file; ETag is the digest of the version."""
        _, workload = self.asked(ref)
        version = selectors.version_of(workload, number)
        return HttpResponse(
            selectors.file_of(version).encode(),
            content_type="text/plain; charset=utf-8",
            headers={"ETag": f'"{version.digest}"'},
        )


class PromptVersionUse(PromptView):
    """A version as the candidate."""

    def post(self, request: Request, ref: str, number: int) -> Response:
        """Move the candidate pointer there, with a ``reason``; 409 when it is there already."""
        user, workload = self.asked(ref)
        version = selectors.version_of(workload, number)
        moved = services.point_candidate(
            actor=user,
            workload=workload,
            version=version,
            reason=_text(_body(request, "reason"), "reason"),
        )
        if moved is None:
            raise Conflict(f"Version {number} is the candidate already.", code="unchanged")
        return Response(_pointers(workload))


class PromptVersionRestore(PromptView):
    """A version once more, as the newest one."""

    def post(self, request: Request, ref: str, number: int) -> Response:
        """Commit its content again, with a ``note``."""
        user, workload = self.asked(ref)
        made = services.restore_version(
            actor=user,
            workload=workload,
            version=selectors.version_of(workload, number),
            note=_text(_body(request, "note"), "note"),
        )
        return Response(_line(made), status=201)


class PromptVersionStart(PromptView):
    """A version as the beginning of the draft."""

    def post(self, request: Request, ref: str, number: int) -> Response:
        """Begin the draft from it; ``replace`` drops changes that nobody committed."""
        user, workload = self.asked(ref)
        prompt = services.start_from(
            actor=user,
            workload=workload,
            version=selectors.version_of(workload, number),
            replace=_flag(_body(request, "replace"), "replace"),
        )
        return _draft(workload, prompt)


_PROMPTS = "workloads/<str:ref>/prompts"
_VERSION = f"{_PROMPTS}/<int:number>"
api_urlpatterns = [
    path(_PROMPTS, PromptVersions.as_view()),
    path(f"{_PROMPTS}/draft", PromptDraft.as_view()),
    path(f"{_PROMPTS}/import", PromptImport.as_view()),
    path(f"{_PROMPTS}/check", PromptAnswerCheck.as_view()),
    path(f"{_PROMPTS}/false-alarms", PromptFalseAlarms.as_view()),
    path(f"{_PROMPTS}/pointers", PromptPointers.as_view()),
    path(f"{_PROMPTS}/diff", PromptDifference.as_view()),
    path(_VERSION, PromptVersionDetail.as_view()),
    path(f"{_VERSION}/file", PromptVersionFile.as_view()),
    path(f"{_VERSION}/use", PromptVersionUse.as_view()),
    path(f"{_VERSION}/restore", PromptVersionRestore.as_view()),
    path(f"{_VERSION}/start", PromptVersionStart.as_view()),
]
