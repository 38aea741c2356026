"""What was read, and what came of it."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalog import selectors
from catalog.enums import Source, SyncState
from catalog.lines import lines_of
from catalog.policies import can_manage
from portal.accounts.http import signed_in
from portal.common.pagination import page_of


@require_safe
def reports(request: HttpRequest) -> HttpResponse:
    """Show the reports, newest first."""
    page = page_of(selectors.reports(), by="-at", cursor=request.GET.get("cursor", ""), size=30)
    context = {
        "reports": [(one, SyncState(one.state), Source(one.origin)) for one in page.rows],
        "next_cursor": page.next_cursor,
        "may_manage": can_manage(signed_in(request)),
    }
    return render(request, "catalog/reports.html", context)


@require_safe
def report(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Show what one reading found and did."""
    found = selectors.report_for(signed_in(request), report_id)
    told = {
        "prices": found.prices,
        "facts": found.updated,
        "differences": found.differences,
        "problems": found.problems,
    }
    context = {
        "report": found,
        "state": SyncState(found.state),
        "source": Source(found.origin),
        "lines": lines_of(told),
        "facts": [
            ("Models read", found.read),
            ("New", len(found.added)),
            ("Prices added", len(found.prices)),
            ("Facts taken over", len(found.updated)),
            ("Differences", len(found.differences), "left as they were"),
            ("Skipped", len(found.problems), "with the reason"),
        ],
    }
    return render(request, "catalog/report.html", context)
