"""Golden datasets as tests need them, made through the import that people use."""

import json
from typing import Any

from evaluations.datasets import services
from evaluations.datasets.enums import ImportMode
from evaluations.datasets.models import Dataset, DatasetVersion
from portal.accounts.models import User
from workloads.lifecycle.models import Workload

CATEGORIES = ("WANT_REFUND", "FORGOT_PASSWORD", "BUG_REPORT", "PRAISE")


def ticket(number: int, **more: Any) -> dict[str, Any]:
    """Return one example as a line of a JSONL file holds it."""
    kind = "adversarial" if number % 10 == 9 else "edge" if number % 5 == 4 else "typical"
    return {
        "key": f"t-{number:04d}",
        "kind": kind,
        "input": {"subject": f"Ticket {number}", "body": f"This is what ticket {number} is about."},
        "expected": {"category": CATEGORIES[number % 4], "urgent": number % 3 == 0},
        **more,
    }


def jsonl(*rows: dict[str, Any]) -> bytes:
    """Return rows as the bytes of a JSONL file."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def dataset(actor: User, workload: Workload, name: str = "Tickets") -> Dataset:
    """Return an empty golden dataset."""
    return services.create_dataset(actor=actor, workload=workload, name=name)


def fill(actor: User, made: Dataset, *rows: dict[str, Any], filename: str = "rows.jsonl") -> None:
    """Import rows into the draft."""
    services.import_examples(
        actor=actor, dataset=made, filename=filename, data=jsonl(*rows), mode=ImportMode.ADD
    )


def golden(actor: User, workload: Workload, n: int = 20, name: str = "Tickets") -> DatasetVersion:
    """Return a committed version of ``n`` tickets."""
    made = dataset(actor, workload, name)
    fill(actor, made, *(ticket(number) for number in range(n)))
    return services.commit_version(actor=actor, dataset=made)
