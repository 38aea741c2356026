"""What an unchanged clone has done already is not done again; what changed is."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.stack.errors import StackError
from portal.stack.family import Family
from portal.stack.layout import Layout
from portal.stack.preparation import Preparation

pytestmark = pytest.mark.stack

# Stands for Django's: writes down what it was asked, and what the database then has.
MANAGE = """
import pathlib, sys
here = pathlib.Path(__file__).parent
with open(here / "asked", "a") as file:
    file.write(sys.argv[1] + "\\n")
if sys.argv[1] == "seed_demo":
    (here / "v" / "demo-accounts.txt").write_text("ada@example.com\\n")
sys.exit((here / "broken").exists())
"""


class Database:
    """Answers the two questions about applied migrations."""

    rows = "3|3"

    def query(self, statement: str) -> str:
        return "t" if "to_regclass" in statement else self.rows


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def clone(tmp_path: Path) -> Layout:
    (tmp_path / "manage.py").write_text(MANAGE)
    (tmp_path / "requirements.txt").write_text("Django\n")
    migrations = tmp_path / "catalog" / "migrations"
    migrations.mkdir(parents=True)
    (migrations / "0001_initial.py").write_text("first\n")
    layout = Layout(root=tmp_path, var=tmp_path / "v")
    layout.make_folders()
    return layout


@pytest.fixture
def preparation(clone: Layout, database: Database) -> Iterator[Preparation]:
    with Family(clone.logs) as family:
        yield Preparation(family, clone, dict(os.environ), database)


def asked(clone: Layout) -> list[str]:
    file = clone.root / "asked"
    return file.read_text().split() if file.exists() else []


def test_the_second_start_neither_migrates_nor_seeds(
    preparation: Preparation, clone: Layout
) -> None:
    assert (preparation.migrate(), preparation.is_seeded()) == (True, False)
    preparation.seed()

    assert (preparation.migrate(), preparation.is_seeded()) == (False, True)

    assert asked(clone) == ["migrate", "seed_demo"]


def test_a_changed_migration_is_applied_and_the_demo_looked_at_again(
    preparation: Preparation, clone: Layout
) -> None:
    preparation.migrate()
    preparation.seed()
    (clone.root / "catalog" / "migrations" / "0002_more.py").write_text("second\n")

    assert (preparation.migrate(), preparation.is_seeded()) == (True, False)


def test_a_database_that_was_migrated_by_hand_is_not_trusted(
    preparation: Preparation, clone: Layout, database: Database
) -> None:
    preparation.migrate()
    database.rows = "2|2"

    assert preparation.migrate() is True


def test_a_database_of_somebody_elses_is_always_asked(clone: Layout) -> None:
    with Family(clone.logs) as family:
        preparation = Preparation(family, clone, dict(os.environ), None)
        for _ in range(2):
            assert preparation.migrate() is True

    assert asked(clone) == ["migrate", "migrate"]


def test_a_failed_migration_is_not_taken_for_done(preparation: Preparation, clone: Layout) -> None:
    (clone.root / "broken").touch()
    with pytest.raises(StackError, match=r"Migrating the database failed \(exit status 1\)\."):
        preparation.migrate()
    (clone.root / "broken").unlink()

    assert preparation.migrate() is True
