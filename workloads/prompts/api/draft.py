"""The working draft over the API: saved, imported, checked, begun from a version."""

from rest_framework.request import Request
from rest_framework.response import Response

from portal.common.api import body_of, described
from workloads.lifecycle.models import Workload
from workloads.prompts import selectors, services
from workloads.prompts.answers import check_answer
from workloads.prompts.api.asking import PromptEndpoint, flag_in, row_version_in, text_in
from workloads.prompts.api.shapes import (
    ANSWER,
    ANSWER_CHECK,
    CHANGES,
    DRAFT,
    FALSE_ALARM,
    FILE,
    SEEN,
    START,
)
from workloads.prompts.models import Prompt
from workloads.prompts.secrets import findings


class PromptDraft(PromptEndpoint):
    """The working draft with its lint list."""

    @described(gives=DRAFT)
    def get(self, request: Request, ref: str) -> Response:
        """Show the draft with its problems; ETag is its row version, 0 before the first save."""
        _, workload = self.asked(ref)
        return _draft(workload, selectors.prompt_of(workload))

    @described(takes=CHANGES, gives=DRAFT, parameters=[SEEN])
    def patch(self, request: Request, ref: str) -> Response:
        """Save parts of the draft, each whole; what is left out stays as it is."""
        user, workload = self.asked(ref)
        saved = services.save_draft(
            actor=user,
            workload=workload,
            content=body_of(request),
            row_version=row_version_in(request),
        )
        return _draft(workload, saved)


class PromptImport(PromptEndpoint):
    """A prompt file into the draft."""

    @described(takes=FILE, gives=DRAFT, parameters=[SEEN])
    def post(self, request: Request, ref: str) -> Response:
        """Import a prompt file into the draft, whole or not at all."""
        user, workload = self.asked(ref)
        text = text_in(body_of(request), "file")
        saved = services.import_file(
            actor=user,
            workload=workload,
            data=text.encode("utf-8", "surrogatepass"),
            row_version=row_version_in(request),
        )
        return _draft(workload, saved)


class PromptAnswerCheck(PromptEndpoint):
    """Whether an answer has the form that the draft asks for."""

    @described(takes=ANSWER, gives=ANSWER_CHECK)
    def post(self, request: Request, ref: str) -> Response:
        """Check whether an answer has the form that the draft asks for; keeps nothing."""
        _, workload = self.asked(ref)
        answer = text_in(body_of(request), "answer")
        checked = check_answer(selectors.draft_content(selectors.prompt_of(workload)), answer)
        return Response(
            {"follows": checked.follows, "code": checked.code, "message": checked.message}
        )


class PromptFalseAlarms(PromptEndpoint):
    """What looks like a secret and is none."""

    @described(takes=FALSE_ALARM, gives=FALSE_ALARM, status=201)
    def post(self, request: Request, ref: str) -> Response:
        """Say that a finding of the draft is no secret, and why."""
        user, workload = self.asked(ref)
        body = body_of(request)
        alarm = services.clear_false_alarm(
            actor=user,
            workload=workload,
            finding=text_in(body, "finding"),
            reason=text_in(body, "reason"),
        )
        return Response({"finding": alarm.finding, "reason": alarm.reason}, status=201)


class PromptVersionStart(PromptEndpoint):
    """A version as the beginning of the draft."""

    @described(takes=START, gives=DRAFT, optional=True)
    def post(self, request: Request, ref: str, number: int) -> Response:
        """Begin the draft again from a version; 409 when it holds changes nobody committed."""
        user, workload = self.asked(ref)
        prompt = services.start_from(
            actor=user,
            workload=workload,
            version=selectors.version_of(workload, number),
            replace=flag_in(body_of(request), "replace"),
        )
        return _draft(workload, prompt)


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
