"""The audit log as a page: every change, newest first, for those who look after all workloads.

It stands here because `portal.audit` is below `portal.accounts` and cannot ask who may look.
"""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from portal.accounts.http import signed_in
from portal.accounts.models import OrganisationRole
from portal.accounts.selectors import has_role, remits_of
from portal.audit.models import AuditEvent, AuditHead
from portal.common.errors import Forbidden, Invalid
from portal.common.pagination import page_of
from portal.shell.rendering import render_page

LOOKERS = (OrganisationRole.AUDITOR, OrganisationRole.PLATFORM_ADMIN)
FILTER_MAX = 120


def may_read(request: HttpRequest) -> bool:
    """Whether the visitor may read the audit log: auditors, platform admins and reviewers."""
    user = request.user
    if not user.is_authenticated:
        return False
    person = signed_in(request)
    return any(has_role(person, role) for role in LOOKERS) or bool(remits_of(person))


@require_safe
def audit_log(request: HttpRequest) -> HttpResponse:
    """List events by keyset pages, narrowed by workload or by kind of action."""
    if not may_read(request):
        raise Forbidden(
            "The audit log is for auditors, reviewers and platform admins.", code="role"
        )
    workload, action = (
        request.GET.get("workload", "").strip(),
        request.GET.get("action", "").strip(),
    )
    if max(len(workload), len(action)) > FILTER_MAX or "\x00" in workload + action:
        raise Invalid.field("workload", "max_length", f"Use at most {FILTER_MAX} plain characters.")
    events = AuditEvent.objects.all()
    if workload:
        events = events.filter(workload_ref=workload.upper())
    if action:
        events = events.filter(action__startswith=action)
    head = AuditHead.objects.filter(pk=1).first()
    context = {
        "page": page_of(events, by="-seq", cursor=request.GET.get("cursor", "")),
        "workload": workload,
        "action": action,
        "head": head,
    }
    return render_page(request, "shell/audit.html", context)
