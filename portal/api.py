"""The API: every slice's endpoints under /api/v1/."""

from catalog.api import api_urlpatterns as catalog
from evaluations.datasets.api import api_urlpatterns as datasets
from evaluations.playground.api import api_urlpatterns as playground
from evaluations.runs.api import api_urlpatterns as runs
from evaluations.scorecards.api import api_urlpatterns as scorecards
from workloads.briefs.api import api_urlpatterns as briefs
from workloads.builds.api import api_urlpatterns as builds
from workloads.lifecycle.api import api_urlpatterns as lifecycle
from workloads.operations.api import api_urlpatterns as operations
from workloads.prompts.api import api_urlpatterns as prompts
from workloads.reviews.api import api_urlpatterns as reviews
from workloads.selection.api import api_urlpatterns as selection

urlpatterns = [
    *catalog,
    *lifecycle,
    *briefs,
    *selection,
    *prompts,
    *builds,
    *reviews,
    *operations,
    *datasets,
    *runs,
    *scorecards,
    *playground,
]
