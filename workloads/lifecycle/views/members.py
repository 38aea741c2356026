"""Who is what to a workload."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts.http import signed_in
from portal.accounts.models import User
from portal.common.errors import Conflict, Invalid
from portal.shell.forms import add_errors
from portal.shell.rendering import render_page
from workloads.lifecycle import services
from workloads.lifecycle.enums import MemberRole
from workloads.lifecycle.forms import MemberForm
from workloads.lifecycle.pages import frame
from workloads.lifecycle.policies import require
from workloads.lifecycle.selectors import membership_for, workload_for


@require_http_methods(["GET", "HEAD", "POST"])
def members(request: HttpRequest, ref: str) -> HttpResponse:
    """List the people and, for an owner, add one."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    form = MemberForm(request.POST or None)
    status = 200
    if request.method == "POST":
        require(user, workload, "own")
        status = 422
        if form.is_valid():
            person = User.objects.filter(email=form.cleaned_data["email"].lower()).first()
            role = form.cleaned_data["role"]
            if person is None:
                form.add_error("email", "No account has this address. A platform admin adds one.")
            else:
                try:
                    services.add_member(actor=user, workload=workload, user=person, role=role)
                except (Invalid, Conflict) as problem:
                    add_errors(form, problem)
                    status = problem.status if problem.status == 409 else 422
                else:
                    label = MemberRole(role).label.lower()
                    messages.success(request, f"{person} is now {label} of this workload.")
                    return redirect("lifecycle:members", ref=ref)
    context = frame(request, workload) | {"form": form}
    return render_page(request, "workloads/lifecycle/members.html", context, status=status)


@require_POST
def end_membership(request: HttpRequest, ref: str, membership_id: UUID) -> HttpResponse:
    """End one role."""
    user = signed_in(request)
    membership = membership_for(user, ref, membership_id)
    services.end_membership(actor=user, membership=membership)
    messages.success(request, f"{membership.user} is no longer {membership.role}.")
    return redirect("lifecycle:members", ref=ref)
