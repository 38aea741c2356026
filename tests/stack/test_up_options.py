"""Starting anew, the demo's data, and a machine without Chromium."""

import io
import stat
from pathlib import Path

import pytest

from portal.stack.chromium import find_or_install
from portal.stack.commands.up import parse, reset, wants_demo
from portal.stack.layout import Layout

pytestmark = pytest.mark.stack


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(root=tmp_path, var=tmp_path / "v")
    layout.make_folders()
    (layout.var / "pg").mkdir()
    (layout.var / "pg" / "PG_VERSION").write_text("18\n")
    (layout.var / "secret_key").write_text("x\n")
    (layout.var / "lock").write_text("1\n")
    (tmp_path / "mine.txt").write_text("keep me\n")
    return layout


def test_reset_deletes_the_data_and_nothing_outside(layout: Layout) -> None:
    assert reset(layout, sure=True) is True

    assert sorted(path.name for path in layout.var.iterdir()) == ["lock", "log", "run"]
    assert (layout.root / "mine.txt").read_text() == "keep me\n"
    assert stat.S_IMODE(layout.var.stat().st_mode) == 0o700


@pytest.mark.parametrize("answer", ["", "n\n", "what?\n"])
def test_reset_without_a_yes_deletes_nothing(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))

    assert reset(layout, sure=False) is False

    assert (layout.var / "pg" / "PG_VERSION").exists()


@pytest.mark.parametrize(
    ("words", "kind", "new_database", "wanted"),
    [
        ([], "demo", True, True),
        (["--no-demo"], "demo", True, False),
        ([], "production", True, False),
        ([], "demo", False, False),
    ],
)
def test_the_demo_with_its_public_passwords_goes_into_a_new_demo_database_only(
    words: list[str], kind: str, new_database: bool, wanted: bool
) -> None:
    assert wants_demo(parse(words), kind, new_database) is wanted


def test_a_machine_without_chromium_and_apt_says_why(tmp_path: Path) -> None:
    found, reason = find_or_install({"PATH": str(tmp_path)})

    assert found == ""
    assert reason.startswith("no Chromium here, and ")


def test_a_chromium_that_was_named_is_taken(tmp_path: Path) -> None:
    assert find_or_install({"PATH": str(tmp_path), "ASSAY_CHROMIUM": "/opt/c"}) == ("/opt/c", "")
