"""`./assay lint`: every check of the code; all of them run, each is named with its outcome."""

import os
import secrets
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from portal.stack.layout import layout_for
from portal.stack.local_models import LITELLM_FOLDER
from portal.stack.parts import base_environment
from portal.stack.postgres import without_libpq
from portal.stack.preparation import PACKAGES
from portal.stack.terminal import say

# mypy alone fills one core for most of the time.
AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Check:
    """One tool: its name on the screen, its arguments, what its environment adds.

    A tool without a ``program`` of its own is run by Python.
    """

    name: str
    words: tuple[str, ...]
    more: dict[str, str] = field(default_factory=dict)
    program: str = sys.executable


def main(arguments: list[str]) -> int:
    """Run every check, the slowest first; 1 when one failed, 2 when arguments were given."""
    if arguments:
        print("assay lint takes no arguments.", file=sys.stderr)
        return 2
    given = dict(os.environ)
    root = layout_for(given).root
    environment = {**without_libpq(base_environment(given, root)), **nowhere(root)}
    failed = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        jobs = [(each, pool.submit(run, each, root, environment)) for each in checks(root)]
        for check, job in jobs:
            status, output, seconds = job.result()
            say(f"{'ok    ' if status == 0 else 'FAILED'}  {check.name}  ({seconds:.1f} s)")
            if status:
                failed.append(check.name)
                say("\n".join(f"    {line}" for line in output.splitlines()))
    if failed:
        say(f"\n{len(failed)} failed: {', '.join(failed)}")
    return 1 if failed else 0


def checks(root: Path) -> list[Check]:
    """What is run, the slowest first."""
    templates = sorted(str(file.relative_to(root)) for file in root.glob("templates/**/*.html"))
    # ruff finds neither: the command has no ending, and the environment is not called .venv.
    here = (".", "assay", "--extend-exclude", LITELLM_FOLDER)
    djade = str(Path(sys.executable).parent / "djade")
    sources = [name for name in PACKAGES if (root / name).is_dir()]
    return [
        Check("mypy", ("-m", "mypy", *sources)),
        Check("ruff check", ("-m", "ruff", "check", *here)),
        Check("ruff format", ("-m", "ruff", "format", "--check", *here)),
        Check(
            "import contract",
            ("-c", "from importlinter.cli import lint_imports_command as run; run()"),
        ),
        Check("djlint", ("-m", "djlint", "--lint", "templates")),
        Check("djade", ("--target-version", "5.2", "--check", *templates), program=djade),
        # Looks for a database to compare with and only warns without one.
        Check(
            "missing migrations",
            ("-W", "ignore::RuntimeWarning", "manage.py", "makemigrations", "--check", "--dry-run"),
        ),
        Check(
            "check --deploy",
            ("manage.py", "check", "--deploy", "--fail-level", "WARNING"),
            production(),
        ),
    ]


def nowhere(root: Path) -> dict[str, str]:
    """Settings that lead to no service: no check may need one."""
    return {
        "ASSAY_ENV": "test",
        "DATABASE_URL": "postgresql://assay@/assay?host=/nonexistent",
        "REDIS_URL": "unix:///nonexistent/valkey.sock?db=0",
    }


def production() -> dict[str, str]:
    """A production environment as a company would set it, with a key made for this moment."""
    return {
        "ASSAY_ENV": "production",
        "ASSAY_BASE_URL": "https://assay.example.com",
        "ALLOWED_HOSTS": "assay.example.com",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "DATABASE_URL": "postgresql://assay@db.example.com/assay",
        "REDIS_URL": "rediss://queue.example.com:6379/0",
        "GATEWAY_URL": "https://gateway.example.com",
        "GATEWAY_API_KEY": secrets.token_urlsafe(32),
    }


def run(check: Check, root: Path, environment: dict[str, str]) -> tuple[int, str, float]:
    """Exit status, output, seconds of one check."""
    started = time.monotonic()
    done = subprocess.run(
        [check.program, *check.words],
        cwd=root,
        env={**environment, **check.more},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    return done.returncode, done.stdout, time.monotonic() - started
