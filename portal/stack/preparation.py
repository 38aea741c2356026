"""Between the services and the portal: migrations, demo data, the catalog's first look.

Each is a process that imports Django, two seconds here. What an unchanged clone has done already
is therefore remembered in `.var/prepared.json` and not done again.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from portal.stack.family import Family
from portal.stack.layout import Layout, write_private
from portal.stack.parts import management
from portal.stack.postgres import Postgres

PACKAGES = ("portal", "catalog", "workloads", "evaluations")
MIGRATE_SECONDS = 300.0
SEED_SECONDS = 300.0
MIGRATIONS_QUERY = "select count(*), max(id) from django_migrations"
TABLES_QUERY = "select to_regclass('django_migrations') is not null"


class Preparation:
    """The steps that bring a database to the state of this clone."""

    def __init__(
        self,
        family: Family,
        layout: Layout,
        environment: Mapping[str, str],
        postgres: Postgres | None,
    ) -> None:
        self._family = family
        self._layout = layout
        self._environment = environment
        self._postgres = postgres
        self._memory = layout.var / "prepared.json"

    def migrate(self) -> bool:
        """Apply the migrations unless nothing changed; whether it did anything.

        Raises StackError when they fail. A database of somebody else's is always asked.
        """
        wanted = fingerprint(self._layout.root, migration_files(self._layout.root))
        done = self._remembered()
        if self._postgres is not None and done.get("migrations") == wanted:
            rows = self._rows()
            if rows and rows == done.get("rows"):
                return False
        self._manage("migrate", MIGRATE_SECONDS, "Migrating the database", "migrate", "--noinput")
        if self._postgres is not None:
            self._remember(migrations=wanted, rows=self._rows(), seed="")
        return True

    def is_seeded(self) -> bool:
        """Whether this clone's demo company is in the embedded database already."""
        if self._postgres is None or not (self._layout.var / "demo-accounts.txt").exists():
            return False
        return self._remembered().get("seed") == self._sources()

    def seed(self) -> None:
        """Put the demo company in; StackError when that fails."""
        wanted = self._sources()
        self._manage("seed", SEED_SECONDS, "Loading the demo data", "seed_demo")
        if self._postgres is not None:
            self._remember(seed=wanted)

    def sync_catalog(self) -> None:
        """Read the gateway's models into the catalog; StackError when that fails."""
        self._manage("catalog", SEED_SECONDS, "Reading the gateway's models", "sync_catalog")

    def _sources(self) -> str:
        return fingerprint(self._layout.root, source_files(self._layout.root))

    def _manage(self, name: str, seconds: float, what: str, *words: str) -> None:
        part = management(name, self._layout.root, self._environment, *words)
        self._family.run(part, seconds=seconds, what=what)

    def _rows(self) -> str:
        """Which migrations the database says it has; empty when it has none."""
        if self._postgres is None or self._postgres.query(TABLES_QUERY) != "t":
            return ""
        return self._postgres.query(MIGRATIONS_QUERY)

    def _remembered(self) -> dict[str, str]:
        try:
            found = json.loads(self._memory.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _remember(self, **values: str) -> None:
        write_private(self._memory, json.dumps({**self._remembered(), **values}))


def migration_files(root: Path) -> list[Path]:
    """Our migrations, and the requirements, which decide about those of the libraries."""
    found = [file for name in PACKAGES for file in (root / name).rglob("migrations/*.py")]
    return [root / "requirements.txt", *found]


def source_files(root: Path) -> list[Path]:
    """Everything that the demo data is made from or by."""
    kinds = {".py", ".json", ".jsonl", ".csv", ".toml", ".md", ".txt"}
    found = [file for name in PACKAGES for file in (root / name).rglob("*") if file.suffix in kinds]
    return [root / "requirements.txt", *found]


def fingerprint(root: Path, files: Iterable[Path]) -> str:
    """A digest over names, sizes and times of change: as good as the content, and instant."""
    digest = hashlib.sha256()
    for file in sorted(files):
        facts = file.stat()
        line = f"{file.relative_to(root)}\0{facts.st_size}\0{facts.st_mtime_ns}\n"
        digest.update(line.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
