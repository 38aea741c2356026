"""`manage.py import_dataset`: all rows or none, from the command line."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from evaluations.datasets.models import Dataset, DatasetVersion
from tests.factories import datasets, lives

pytestmark = pytest.mark.django_db


def test_a_file_is_imported_and_committed(tmp_path: Path) -> None:
    workload = lives.draft()
    file = tmp_path / "support_tickets.jsonl"
    file.write_bytes(datasets.jsonl(*(datasets.ticket(i) for i in range(8))))
    said = StringIO()
    call_command("import_dataset", workload.ref, str(file), "--commit", stdout=said)
    version = DatasetVersion.objects.get(dataset__workload=workload)
    assert version.n == 8
    assert version.dataset.name == "support tickets"
    assert version.digest in said.getvalue()


def test_a_wrong_row_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    workload = lives.draft()
    file = tmp_path / "rows.jsonl"
    file.write_bytes(datasets.jsonl(datasets.ticket(1)) + b'{"input": "a"}\n')
    told = StringIO()
    with pytest.raises(CommandError) as refused:
        call_command("import_dataset", workload.ref, str(file), "--name", "Rows", stderr=told)
    assert refused.value.returncode == 2
    assert told.getvalue().startswith("line 2: expected: ")
    assert not Dataset.objects.exists()


@pytest.mark.parametrize("arguments", [["WL-9999", "none.jsonl"], ["{ref}", "none.jsonl"]])
def test_a_missing_workload_or_file_is_one_clear_line(arguments: list[str]) -> None:
    workload = lives.draft()
    with pytest.raises(CommandError) as refused:
        call_command("import_dataset", *(a.format(ref=workload.ref) for a in arguments))
    assert refused.value.returncode == 2
    assert "\n" not in str(refused.value)
