"""What is said about a brief over the API: the same services as the pages."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import Http404
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.accounts.http import signed_in
from portal.common.errors import Invalid
from workloads.briefs import services
from workloads.briefs.models import Remark, Suggestion
from workloads.briefs.selectors import brief_of
from workloads.briefs.threads import Line, Thread, label_of, suggestion_of, threads_of
from workloads.lifecycle.selectors import current_cycle, workload_for


def _read(body: Any, *allowed: str) -> Mapping[str, Any]:
    if not isinstance(body, Mapping):
        raise Invalid("Send a JSON object.")
    for name in body:
        if name not in allowed:
            raise Invalid.field(str(name)[:60], "unknown_field", "No such field.")
    return body


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name, "")
    if not isinstance(value, str):
        raise Invalid.field(name, "invalid", "Write text.")
    return value


def _remark(one: Remark) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "text": one.text,
        "version": one.version,
        "by": str(one.author),
        "at": one.at.isoformat(),
    }


def _suggestion(one: Suggestion) -> dict[str, Any]:
    return {
        "kind": "suggestion",
        "id": one.pk,
        "field": one.field,
        "kpi": str(one.kpi) if one.kpi else None,
        "part": one.part,
        "was": one.was,
        "proposed": one.proposed,
        "reason": one.reason,
        "version": one.version,
        "by": str(one.author),
        "at": one.at.isoformat(),
        "outcome": one.outcome,
        "decided_by": str(one.decided_by) if one.decided_by else None,
        "answer": one.answer,
    }


def _line(line: Line) -> dict[str, Any]:
    if line.said is not None:
        return _suggestion(line.said.suggestion)
    return _remark(line.remark) if line.remark is not None else {}


def _thread(thread: Thread) -> dict[str, Any]:
    return {
        "field": thread.field,
        "open": thread.is_open,
        "lines": [_line(line) for line in thread.lines],
    }


class DiscussionView(APIView):
    """Every thread of the brief of the current cycle."""

    def get(self, request: Request, ref: str) -> Response:
        """Return the threads, the newest word first."""
        workload = workload_for(signed_in(request), ref)
        threads = threads_of(brief_of(current_cycle(workload)))
        return Response({"results": [_thread(one) for one in threads.values()]})

    def post(self, request: Request, ref: str) -> Response:
        """Comment: ``field`` (a question's name, or kpis) and ``text``."""
        user = signed_in(request)
        workload = workload_for(user, ref)
        body = _read(request.data, "field", "text")
        made = services.comment(
            actor=user, workload=workload, field=_text(body, "field"), text=_text(body, "text")
        )
        return Response(_remark(made), status=201)


class ThreadActView(APIView):
    """Ending a discussion, or beginning it again."""

    def post(self, request: Request, ref: str, field: str, act: str) -> Response:
        """``act`` is resolve or reopen; ``text`` is a last word."""
        user = signed_in(request)
        workload = workload_for(user, ref)
        label_of(field)
        use = {"resolve": services.resolve, "reopen": services.reopen}.get(act)
        if use is None:
            raise Http404
        text = _text(_read(request.data or {}, "text"), "text")
        return Response(_remark(use(actor=user, workload=workload, field=field, text=text)))


class SuggestionsView(APIView):
    """Suggesting another answer."""

    def post(self, request: Request, ref: str) -> Response:
        """Suggest ``value`` for ``field`` with a ``reason``; of a KPI name ``kpi`` and ``part``."""
        user = signed_in(request)
        workload = workload_for(user, ref)
        body = _read(request.data, "field", "value", "reason", "kpi", "part")
        kpi = _text(body, "kpi")
        try:
            key = UUID(kpi) if kpi else None
        except ValueError:
            raise Invalid.field("kpi", "invalid", "Send the id of a KPI.") from None
        made = services.suggest(
            actor=user,
            workload=workload,
            field=_text(body, "field"),
            value=body.get("value"),
            reason=_text(body, "reason"),
            kpi=key,
            part=_text(body, "part"),
        )
        return Response(_suggestion(made), status=201)


class SuggestionActView(APIView):
    """Deciding on a suggestion."""

    def post(self, request: Request, ref: str, number: int, act: str) -> Response:
        """``act`` is accept (``replacing``), decline (``reason``) or withdraw.

        409 suggestion_outdated names the present and the suggested value.
        """
        user = signed_in(request)
        found = suggestion_of(workload_for(user, ref), number)
        body = _read(request.data or {}, "replacing", "reason")
        match act:
            case "accept":
                replacing = _text(body, "replacing")
                done = services.accept(actor=user, suggestion=found, replacing=replacing)
            case "decline":
                done = services.decline(actor=user, suggestion=found, reason=_text(body, "reason"))
            case "withdraw":
                done = services.withdraw(actor=user, suggestion=found)
            case _:
                raise Http404
        return Response(_suggestion(done))


_BRIEF = "workloads/<str:ref>/brief"
api_urlpatterns = [
    path(f"{_BRIEF}/discussion", DiscussionView.as_view(), name="brief-discussion"),
    path(
        f"{_BRIEF}/discussion/<str:field>/<str:act>", ThreadActView.as_view(), name="brief-thread"
    ),
    path(f"{_BRIEF}/suggestions", SuggestionsView.as_view(), name="brief-suggestions"),
    path(
        f"{_BRIEF}/suggestions/<int:number>/<str:act>",
        SuggestionActView.as_view(),
        name="brief-suggestion",
    ),
]
