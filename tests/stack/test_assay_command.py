"""`./assay` itself, with nothing but a bare Python."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.stack


def assay(*words: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    # -I -S: no installed package may be needed to run it.
    return subprocess.run(
        [sys.executable, "-I", "-S", str(folder / "assay"), *words],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")},
        timeout=60,
    )


def test_an_unknown_command_is_one_sentence_and_status_2() -> None:
    done = assay("frobnicate")

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "assay: there is no command 'frobnicate'; use up, test, lint, bench, manage or help.\n"
    )


def test_help_names_every_command() -> None:
    done = assay("help")

    assert done.returncode == 0
    for command in ("up", "test", "lint", "bench", "manage", "help"):
        assert f"./assay {command}" in done.stdout


def test_a_python_that_cannot_make_environments_says_what_to_install(tmp_path: Path) -> None:
    shutil.copy(ROOT / "assay", tmp_path)
    for name in ("requirements.txt", "requirements-embedded.txt"):
        shutil.copy(ROOT / name, tmp_path)
    # What Debian's Python answers without the package python3-venv.
    (tmp_path / "venv.py").write_text(
        "import sys\n"
        "print('The virtual environment was not created successfully because ensurepip is not')\n"
        "print('available.  On Debian/Ubuntu systems, you need to install the python3-venv')\n"
        "sys.exit(1)\n"
    )

    done = assay("up", folder=tmp_path)

    assert done.returncode == 1
    version = "python{}.{}-venv".format(*sys.version_info[:2])
    assert done.stderr.splitlines()[-1] == (
        "assay: Python cannot make a virtual environment here; on Debian this installs what it"
        f" needs: apt-get install -y {version}"
    )


def test_a_wrong_option_is_named_with_status_2() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "portal.stack", "up", "--port", "seventy"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
    )

    assert done.returncode == 2
    assert "'seventy' is not a port; use a number up to 65535." in done.stderr
