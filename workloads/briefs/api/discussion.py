"""What is said about a brief over the API: the same services as the pages."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import CharField, JSONField

from portal.accounts.http import signed_in
from portal.common.api import Endpoint, body_of, described, no_fields, shape
from portal.common.errors import Invalid
from workloads.briefs import services
from workloads.briefs.api.shapes import REMARK, SUGGESTION, THREADS
from workloads.briefs.models import Remark, Suggestion
from workloads.briefs.selectors import brief_of
from workloads.briefs.threads import Line, Thread, label_of, suggestion_of, threads_of
from workloads.lifecycle.selectors import current_cycle, workload_for

_REMARK = shape("BriefRemark", REMARK)
_LAST_WORD = shape("BriefLastWord", {"text": CharField(required=False)})


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


class DiscussionView(Endpoint):
    """Every thread of the brief of the current cycle."""

    @described(gives=THREADS)
    def get(self, request: Request, ref: str) -> Response:
        """List what is said about the brief, a thread for each answer, the newest word first."""
        workload = workload_for(signed_in(request), ref)
        threads = threads_of(brief_of(current_cycle(workload)))
        return Response({"results": [_thread(one) for one in threads.values()]})

    @described(
        takes=shape(
            "BriefComment",
            {"field": CharField(help_text="A question's name, or kpis."), "text": CharField()},
        ),
        gives=_REMARK,
        status=201,
    )
    def post(self, request: Request, ref: str) -> Response:
        """Comment on an answer of the brief."""
        user = signed_in(request)
        workload = workload_for(user, ref)
        body = body_of(request)
        made = services.comment(
            actor=user, workload=workload, field=_text(body, "field"), text=_text(body, "text")
        )
        return Response(_remark(made), status=201)


class ResolveView(Endpoint):
    """Ending a discussion."""

    @described(takes=_LAST_WORD, gives=_REMARK, optional=True)
    def post(self, request: Request, ref: str, field: str) -> Response:
        """End the discussion of an answer; ``text`` is a last word."""
        user = signed_in(request)
        workload = workload_for(user, ref)
        label_of(field)
        text = _text(body_of(request), "text")
        made = services.resolve(actor=user, workload=workload, field=field, text=text)
        return Response(_remark(made))


class ReopenView(Endpoint):
    """Beginning a discussion again."""

    @described(takes=_LAST_WORD, gives=_REMARK, optional=True)
    def post(self, request: Request, ref: str, field: str) -> Response:
        """Begin the discussion of an answer again; ``text`` says why."""
        user = signed_in(request)
        workload = workload_for(user, ref)
        label_of(field)
        text = _text(body_of(request), "text")
        made = services.reopen(actor=user, workload=workload, field=field, text=text)
        return Response(_remark(made))


class SuggestionsView(Endpoint):
    """Suggesting another answer."""

    @described(
        takes=shape(
            "BriefProposal",
            {
                "field": CharField(help_text="A question's name, or kpis."),
                "value": JSONField(help_text="The answer as a change of the brief takes it."),
                "reason": CharField(),
                "kpi": CharField(required=False, help_text="Of a KPI, its id."),
                "part": CharField(required=False, help_text="Of a KPI, which field of it."),
            },
        ),
        gives=SUGGESTION,
        status=201,
    )
    def post(self, request: Request, ref: str) -> Response:
        """Suggest another answer, with a reason."""
        user = signed_in(request)
        workload = workload_for(user, ref)
        body = body_of(request)
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


class AcceptView(Endpoint):
    """Taking a suggestion."""

    @described(
        takes=shape(
            "BriefAcceptance",
            {
                "replacing": CharField(
                    required=False,
                    help_text="The digest of the present answer, from the 409, when it is another"
                    " than the one that the suggestion was made on.",
                )
            },
        ),
        gives=SUGGESTION,
        optional=True,
    )
    def post(self, request: Request, ref: str, number: int) -> Response:
        """Put a suggested answer into the brief.

        409 suggestion_outdated names the present and the suggested value.
        """
        user = signed_in(request)
        found = suggestion_of(workload_for(user, ref), number)
        replacing = _text(body_of(request), "replacing")
        return Response(
            _suggestion(services.accept(actor=user, suggestion=found, replacing=replacing))
        )


class DeclineView(Endpoint):
    """Leaving the answer as it is."""

    @described(takes=shape("BriefRefusal", {"reason": CharField()}), gives=SUGGESTION)
    def post(self, request: Request, ref: str, number: int) -> Response:
        """Decline a suggestion, and say why."""
        user = signed_in(request)
        found = suggestion_of(workload_for(user, ref), number)
        reason = _text(body_of(request), "reason")
        return Response(_suggestion(services.decline(actor=user, suggestion=found, reason=reason)))


class WithdrawView(Endpoint):
    """Taking one's own suggestion back."""

    @described(gives=SUGGESTION)
    def post(self, request: Request, ref: str, number: int) -> Response:
        """Withdraw your own suggestion."""
        user = signed_in(request)
        found = suggestion_of(workload_for(user, ref), number)
        no_fields(request)
        return Response(_suggestion(services.withdraw(actor=user, suggestion=found)))


_BRIEF = "workloads/<str:ref>/brief"
_THREAD = f"{_BRIEF}/discussion/<str:field>"
_ONE = f"{_BRIEF}/suggestions/<int:number>"
api_urlpatterns = [
    path(f"{_BRIEF}/discussion", DiscussionView.as_view(), name="brief-discussion"),
    path(f"{_THREAD}/resolve", ResolveView.as_view(), name="brief-resolve"),
    path(f"{_THREAD}/reopen", ReopenView.as_view(), name="brief-reopen"),
    path(f"{_BRIEF}/suggestions", SuggestionsView.as_view(), name="brief-suggestions"),
    path(f"{_ONE}/accept", AcceptView.as_view(), name="brief-accept"),
    path(f"{_ONE}/decline", DeclineView.as_view(), name="brief-decline"),
    path(f"{_ONE}/withdraw", WithdrawView.as_view(), name="brief-withdraw"),
]
