"""The lifecycle's tests run on fake phases whose evidence is one small table."""

from typing import Any

import pytest
from django.db import connection

from tests.workloads.lifecycle import fake_phases
from workloads.lifecycle import checks, evidence


@pytest.fixture(scope="session")
def fake_table(django_db_setup: None, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(fake_phases.TABLE)


@pytest.fixture(autouse=True)
def fake(settings: Any, fake_table: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the fake phases in, and leave out what the slices contribute to the real ones."""
    settings.PHASES = fake_phases.PHASES
    monkeypatch.setattr(checks, "_contributed", {})
    only_policy = {"policy": evidence._resolvers["policy"]}
    monkeypatch.setattr(evidence, "_resolvers", only_policy)
