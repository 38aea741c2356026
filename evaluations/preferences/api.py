"""Preference studies over the API: opening, rating blind, closing. Nothing a rater gets names a
model, a price or a prompt."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import Http404
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import (
    BooleanField,
    CharField,
    DateTimeField,
    DictField,
    IntegerField,
    JSONField,
    ListField,
)

from evaluations.preferences import policies, selectors, services
from evaluations.preferences.enums import Choice, StudyState
from evaluations.preferences.limits import limits
from evaluations.preferences.models import Study, StudyRater
from evaluations.preferences.presentation import Task, Text, ask
from evaluations.preferences.seats import seat_of
from evaluations.preferences.services.opening import QUESTION
from evaluations.runs.selectors import run_for
from portal.accounts.http import signed_in
from portal.accounts.models import User
from portal.accounts.selectors import people
from portal.common.api import (
    CURSOR,
    Endpoint,
    body_of,
    described,
    page_response,
    page_shape,
    shape,
    texts_in,
)
from portal.common.errors import Forbidden, Invalid
from workloads.lifecycle.policies import require
from workloads.lifecycle.selectors import workload_for

_LINE = {
    "number": IntegerField(),
    "state": CharField(),
    "question": CharField(),
    "candidates": IntegerField(help_text="How many; the names are in the study."),
    "pairs": IntegerField(),
    "opened_at": DateTimeField(),
    "closed_at": DateTimeField(allow_null=True),
    "digest": CharField(help_text="Empty while it is open."),
}
_RATER = {
    "name": CharField(),
    "seat": IntegerField(),
    "works_on_it": BooleanField(),
    "rated": IntegerField(),
    "asked": IntegerField(),
}
_STUDY = {
    **_LINE,
    "run": CharField(),
    "names": ListField(
        child=CharField(), allow_null=True, help_text="Null for a rater while it is open."
    ),
    "complete_pairs": IntegerField(),
    "raters": shape("StudyRater", _RATER, many=True),
    "document": DictField(allow_null=True, help_text="What it showed, once it is closed."),
}
_TEXT = {"name": CharField(), "text": CharField(), "cut": IntegerField()}
_TASK = shape(
    "StudyTask",
    {
        "task": CharField(),
        "place": IntegerField(),
        "input": shape("StudyText", _TEXT, many=True),
        "context": shape("StudyText", _TEXT, many=True),
        "a": CharField(),
        "b": CharField(),
    },
    allow_null=True,
)
_RATING = {
    "question": CharField(),
    "rated": IntegerField(),
    "asked": IntegerField(),
    "choices": ListField(child=CharField()),
    "next": _TASK,
}


def _line(study: Study) -> dict[str, Any]:
    return {
        "number": study.number,
        "state": study.state,
        "question": study.question,
        "candidates": len(study.plan["candidates"]),
        "pairs": len(study.plan["pairs"]),
        "opened_at": study.created_at,
        "closed_at": study.closed_at,
        "digest": study.digest,
    }


def _whole(user: User, study: Study) -> dict[str, Any]:
    far = selectors.progress(study, limits(study.workload.tier).raters_min)
    names = [one["name"] for one in study.plan["candidates"]]
    return _line(study) | {
        "run": str(study.run_id),
        "names": names if policies.sees_names(study, seat_of(user, study)) else None,
        "complete_pairs": far.complete_pairs,
        "raters": [
            {
                "name": str(one.rater.user),
                "seat": one.rater.seat,
                "works_on_it": one.rater.works_on_it,
                "rated": one.rated,
                "asked": one.planned,
            }
            for one in far.raters
        ],
        "document": study.document,
    }


def _texts(parts: tuple[Text, ...]) -> list[dict[str, Any]]:
    return [{"name": one.name, "text": one.text, "cut": one.cut} for one in parts]


def _task(task: Task | None) -> dict[str, Any] | None:
    if task is None:
        return None
    return {
        "task": str(task.id),
        "place": task.place,
        "input": _texts(task.given),
        "context": _texts(task.context),
        "a": task.a.text,
        "b": task.b.text,
    }


def _rating(study: Study, seat: StudyRater) -> dict[str, Any]:
    found = ask(seat)
    return {
        "question": study.question,
        "rated": found.rated,
        "asked": found.planned,
        "choices": list(Choice.values),
        "next": _task(found.task) if study.state == StudyState.OPEN else None,
    }


def _ids(body: Mapping[str, Any], name: str) -> list[UUID]:
    try:
        return [UUID(one) for one in texts_in(body, name, "ids of members", most=200)]
    except ValueError as problem:
        words = f"{name} is a list of ids of members."
        raise Invalid.field(name, "invalid", words) from problem


def _people(body: Mapping[str, Any]) -> list[User]:
    wanted = _ids(body, "raters")
    found = people(wanted)
    if len(found) < len(set(wanted)):
        raise Invalid.field("raters", "unknown", "One of these people is not known here.")
    return found


def _places(body: Mapping[str, Any], names: list[str]) -> list[int]:
    found = texts_in(body, "candidates", "names of the run", most=100)
    unknown = [one for one in found if one not in names]
    if unknown:
        raise Invalid.field("candidates", "unknown", f"The run has: {', '.join(names)}.")
    return [names.index(one) for one in found]


def _whole_number(body: Mapping[str, Any], name: str) -> int:
    found = body.get(name)
    if isinstance(found, int) and not isinstance(found, bool) and 0 <= found < 10_000:
        return found
    raise Invalid.field(name, "invalid", f"{name} is a whole number.")


def _words(body: Mapping[str, Any], name: str, default: str) -> str:
    found = body.get(name, default)
    if isinstance(found, str):
        return found
    raise Invalid.field(name, "invalid", f"{name} is a text.")


class Studies(Endpoint):
    """The preference studies of a workload."""

    @described(
        gives=page_shape("Studies", shape("StudyLine", _LINE, many=True)),
        parameters=[CURSOR],
        refuses={400: "The cursor is not known."},
    )
    def get(self, request: Request, ref: str) -> Response:
        """List the preference studies of a workload, newest first."""
        user = signed_in(request)
        rows = selectors.studies_for(user, workload_for(user, ref)).defer("document")
        return page_response(request, rows, _line, by="-number")

    @described(
        takes=shape(
            "StudyStart",
            {
                "run": CharField(help_text="The id of a complete run."),
                "candidates": ListField(child=CharField(), help_text="Names in its plan."),
                "pairs": IntegerField(help_text="Per comparison of two candidates."),
                "raters": ListField(child=CharField(), help_text="Ids of members."),
                "question": CharField(required=False),
                "seed": JSONField(required=False, help_text="A whole number, to draw alike."),
            },
        ),
        gives=shape("Study", _STUDY),
        status=201,
    )
    def post(self, request: Request, ref: str) -> Response:
        """Open a blind study of a complete run, and ask people to rate."""
        user = signed_in(request)
        workload = workload_for(user, ref)
        require(user, workload, "edit")
        body = body_of(request)
        try:
            run_id = UUID(str(body.get("run")))
        except ValueError as problem:
            raise Invalid.field("run", "invalid", "run is the id of a run.") from problem
        try:
            run = run_for(user, ref, run_id)
        except Http404 as problem:
            words = "This workload has no such run."
            raise Invalid.field("run", "unknown", words) from problem
        names = [one["name"] for one in run.plan["candidates"]]
        study = services.open_study(
            actor=user,
            workload=workload,
            run=run,
            candidates=_places(body, names),
            pairs=_whole_number(body, "pairs"),
            raters=_people(body),
            question=_words(body, "question", QUESTION),
            seed=_whole_number(body, "seed") if body.get("seed") is not None else None,
        )
        return Response(_whole(user, study), status=201)


class StudyDetail(Endpoint):
    """One preference study."""

    @described(gives=shape("Study", _STUDY))
    def get(self, request: Request, ref: str, number: int) -> Response:
        """Show a preference study.

        While it is open it shows counts and no verdict, and to its raters no name. The digest is
        SHA-256 over the document's canonical JSON (RFC 8785).
        """
        user = signed_in(request)
        return Response(_whole(user, selectors.study_for(user, ref, number)))


class StudyRaters(Endpoint):
    """Who rates in a study."""

    @described(
        takes=shape("StudyAsk", {"raters": ListField(child=CharField())}),
        gives=shape("Study", _STUDY),
    )
    def post(self, request: Request, ref: str, number: int) -> Response:
        """Ask further people to rate in an open study."""
        user = signed_in(request)
        study = selectors.study_for(user, ref, number)
        require(user, study.workload, "edit")
        services.invite_raters(actor=user, study=study, raters=_people(body_of(request)))
        return Response(_whole(user, study))


class StudyClose(Endpoint):
    """Closing a study."""

    @described(
        takes=shape("StudyEnd", {"reason": CharField(required=False)}),
        gives=shape("Study", _STUDY),
        optional=True,
    )
    def post(self, request: Request, ref: str, number: int) -> Response:
        """Close a study and show what it found; a reason is needed while pairs lack verdicts."""
        user = signed_in(request)
        study = selectors.study_for(user, ref, number)
        require(user, study.workload, "edit")
        reason = _words(body_of(request), "reason", "")
        return Response(_whole(user, services.close_study(actor=user, study=study, reason=reason)))


class StudyRating(Endpoint):
    """A rater's next pair, and their verdict on it."""

    @described(gives=shape("StudyRating", _RATING))
    def get(self, request: Request, ref: str, number: int) -> Response:
        """Show the rater's next pair of answers, without a name."""
        user = signed_in(request)
        study = selectors.study_for(user, ref, number)
        seat = seat_of(user, study)
        if seat is None:
            raise Forbidden(policies.NOT_ASKED.message, code=policies.NOT_ASKED.rule)
        return Response(_rating(study, seat))

    @described(
        takes=shape(
            "StudyVerdict",
            {
                "task": CharField(help_text="As it was shown."),
                "choice": CharField(help_text="a, b, tie or both_bad."),
            },
        ),
        gives=shape("StudyRating", _RATING),
    )
    def post(self, request: Request, ref: str, number: int) -> Response:
        """Give a verdict on the pair that was shown, once; the answer holds the next one."""
        user = signed_in(request)
        study = selectors.study_for(user, ref, number)
        seat = seat_of(user, study)
        if seat is None:
            raise Forbidden(policies.NOT_ASKED.message, code=policies.NOT_ASKED.rule)
        body = body_of(request)
        try:
            task = UUID(_words(body, "task", ""))
        except ValueError as problem:
            raise Invalid.field("task", "invalid", "task is the id of a pair.") from problem
        services.rate(actor=user, study=study, task=task, choice=_words(body, "choice", ""))
        return Response(_rating(study, seat))


_ALL = "workloads/<str:ref>/studies"
_ONE = f"{_ALL}/<int:number>"
api_urlpatterns = [
    path(_ALL, Studies.as_view()),
    path(_ONE, StudyDetail.as_view()),
    path(f"{_ONE}/raters", StudyRaters.as_view()),
    path(f"{_ONE}/close", StudyClose.as_view()),
    path(f"{_ONE}/rating", StudyRating.as_view()),
]
