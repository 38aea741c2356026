"""A prompt as a file: downloaded from a version, uploaded into the draft."""

from django.contrib import messages as flash
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts.http import signed_in
from portal.common.errors import DomainError, Forbidden, Invalid
from portal.shell.rendering import render_page
from workloads.lifecycle import policies
from workloads.lifecycle.pages import frame
from workloads.lifecycle.selectors import workload_for
from workloads.prompts import selectors, services
from workloads.prompts.files import MAX_BYTES
from workloads.prompts.views.editor import seen_version


@require_safe
def file(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Return a committed version as a prompt file."""
    workload = workload_for(signed_in(request), ref)
    found = selectors.version_of(workload, number)
    answer = HttpResponse(
        selectors.file_of(found).encode(), content_type="text/plain; charset=utf-8"
    )
    name = f"{workload.ref}-prompt-{found.number}.prompt"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
def import_file(request: HttpRequest, ref: str) -> HttpResponse:
    """Take a prompt file, chosen or pasted, as the draft."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    policies.require(user, workload, "edit")
    prompt = selectors.prompt_of(workload)
    problem: DomainError | None = None
    status = 200
    seen = prompt.row_version if prompt else 0
    if request.method == "POST":
        seen = seen_version(request)
        try:
            services.import_file(
                actor=user, workload=workload, data=_data(request), row_version=seen
            )
        except Forbidden:
            raise
        except DomainError as refused:
            problem = refused
            status = 422 if isinstance(refused, Invalid) else refused.status
        else:
            flash.success(request, "The draft is now what the file holds. Look at it, then commit.")
            return redirect("prompts:prompts", ref=ref)
    context = frame(request, workload, phase_key="prompting") | {
        "row_version": seen,
        "problem": problem,
        "text": request.POST.get("text", ""),
        "draft_differs": selectors.draft_differs(workload, prompt),
        "candidate": selectors.candidate_version(workload),
    }
    return render_page(request, "workloads/prompts/import.html", context, status=status)


def _data(request: HttpRequest) -> bytes:
    chosen = request.FILES.get("file")
    if isinstance(chosen, UploadedFile):
        return bytes(chosen.read(MAX_BYTES + 1))
    # A page sends its line ends as CR LF, whatever was pasted.
    text = request.POST.get("text", "").replace("\r\n", "\n")
    if not text.strip():
        raise Invalid.field("file", "blank", "Choose a prompt file, or paste one.")
    if not text.endswith("\n"):
        text += "\n"
    return text.encode("utf-8", "surrogatepass")
