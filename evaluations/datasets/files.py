"""The draft or a version as a file, for pages and the API alike."""

from django.http import StreamingHttpResponse

from evaluations.datasets import selectors, services
from evaluations.datasets.exporting import FORMATS, csv_lines, jsonl
from evaluations.datasets.heldout import sight_of
from evaluations.datasets.models import Dataset, DatasetVersion, ExampleRevision
from portal.accounts.models import User
from portal.common.errors import Invalid

DRAFT = "draft"


def side(dataset: Dataset, name: str) -> tuple[str, DatasetVersion | None]:
    """Return one side of a comparison: its label and version, None for the draft.

    Raises Invalid (choice).
    """
    if name == DRAFT:
        return "the draft", None
    number = int(name) if name.isascii() and name.isdecimal() and len(name) < 9 else 0
    found = selectors.versions_of(dataset).filter(number=number).first()
    if found is None:
        raise Invalid("Compare two committed versions, or one with the draft.", code="choice")
    return f"version {number}", found


def examples_of(dataset: Dataset, version: DatasetVersion | None) -> list[ExampleRevision]:
    """Return the examples of a version, or of the draft."""
    if version is None:
        return selectors.draft_revisions(dataset)
    return selectors.version_revisions(version)


def file_of(
    user: User, dataset: Dataset, *, kind: str, version: str = "", shown: bool = False
) -> StreamingHttpResponse:
    """Return the draft or a version as a file of the format ``kind``.

    Held-out examples are in it only where they are asked for (``shown``) by somebody who may see
    them, and that is recorded; the header X-Held-Out-Left-Out says how many are not. Raises
    Invalid (choice).
    """
    if kind not in FORMATS:
        raise Invalid.field("format", "choice", f"Use one of {', '.join(FORMATS)}.")
    name, found = side(dataset, version or DRAFT)
    sight = sight_of(user, dataset, shown=shown)
    rows = examples_of(dataset, found)
    if sight.shown:
        services.record_reading(
            actor=user,
            dataset=dataset,
            place="export",
            examples=sum(sight.holds_out(one) for one in rows),
            version=found.number if found else None,
        )
    told = [one for one in rows if not sight.hides(one)]
    lines = jsonl(told) if kind == "jsonl" else csv_lines(told)
    answer = StreamingHttpResponse(lines, content_type=f"{FORMATS[kind]}; charset=utf-8")
    title = f"{dataset.ref}-{name.replace('the ', '').replace(' ', '-')}.{kind}"
    answer["Content-Disposition"] = f'attachment; filename="{title}"'
    answer["X-Held-Out-Left-Out"] = str(len(rows) - len(told))
    return answer
