"""What the tests of the shell share: people, pages of their own, empty registries."""

import copy
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from portal.accounts.models import User
from portal.shell.home import home
from portal.shell.navigation import navigation

PASSWORD = "correct horse battery"


@pytest.fixture
def member(db: None) -> User:
    return User.objects.create_user(
        "nina@example.com", PASSWORD, display_name="Nina Okonkwo", job_title="Product owner"
    )


@pytest.fixture
def staff(db: None) -> User:
    return User.objects.create_user(
        "sam@example.com", PASSWORD, display_name="Sam Staff", is_staff=True
    )


@pytest.fixture
def browser_page(client: Client, member: User) -> Client:
    """A client that is signed in as a member."""
    client.force_login(member)
    return client


@pytest.fixture
def own_templates(settings: Any) -> None:
    """Lets the tests bring a page of their own."""
    templates = copy.deepcopy(settings.TEMPLATES)
    templates[0]["DIRS"] = [*templates[0]["DIRS"], Path(__file__).parent / "templates"]
    settings.TEMPLATES = templates


@pytest.fixture
def own_registries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what the shell itself registers, since the areas' pages are not in these URLs."""
    own = {name: entry for name, entry in navigation.entries.items() if name.startswith("shell:")}
    monkeypatch.setattr(navigation, "entries", own)
    monkeypatch.setattr(home, "panels", {})
