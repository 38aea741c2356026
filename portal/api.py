"""The API: every slice's endpoints under /api/v1/, their description, and what is not there."""

from contextlib import suppress

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import Resolver404, path, re_path, resolve
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from catalog.api import api_urlpatterns as catalog
from evaluations.datasets.api import api_urlpatterns as datasets
from evaluations.judges.api import api_urlpatterns as judges
from evaluations.metric_library.api import api_urlpatterns as metric_library
from evaluations.playground.api import api_urlpatterns as playground
from evaluations.preferences.api import api_urlpatterns as preferences
from evaluations.runs.api import api_urlpatterns as runs
from evaluations.scorecards.api import api_urlpatterns as scorecards
from portal.common.errors import DomainError
from portal.common.http import error_body
from portal.common.schema import description
from portal.shell.api import api_urlpatterns as shell
from portal.shell.api_docs import groups
from portal.shell.rendering import render_page
from workloads.briefs.api import api_urlpatterns as briefs
from workloads.builds.api import api_urlpatterns as builds
from workloads.lifecycle.api import api_urlpatterns as lifecycle
from workloads.operations.api import api_urlpatterns as operations
from workloads.prompts.api import api_urlpatterns as prompts
from workloads.reviews.api import api_urlpatterns as reviews
from workloads.selection.api import api_urlpatterns as selection


@require_safe
def schema(request: HttpRequest) -> JsonResponse:
    """The OpenAPI document."""
    return JsonResponse(description())


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The same for people."""
    return render_page(request, "shell/api_docs.html", {"groups": groups(description())})


@csrf_exempt
@login_not_required
def not_there(request: HttpRequest, rest: str) -> JsonResponse:
    """404 for every other path; one that only has a slash too many is named."""
    right = request.path.rstrip("/")
    message = "There is no such path. /api/v1/docs lists what there is."
    with suppress(Resolver404):
        if right != request.path and resolve(right).func is not not_there:
            message = f"Paths of the API end without a slash: {right}."
    return JsonResponse(error_body(DomainError(message, code="not_found")), status=404)


urlpatterns = [
    *shell,
    *catalog,
    *lifecycle,
    *briefs,
    *selection,
    *prompts,
    *builds,
    *reviews,
    *operations,
    *metric_library,
    *datasets,
    *judges,
    *runs,
    *preferences,
    *scorecards,
    *playground,
    path("schema", schema, name="schema"),
    path("docs", docs, name="docs"),
    re_path(r"^(?P<rest>.*)$", not_there),
]
