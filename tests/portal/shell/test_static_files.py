"""What the browser gets is what was vendored, and nothing in a template needs a weaker CSP."""

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage

ROOT = Path(settings.BASE_DIR)
VENDOR = ROOT / "static" / "vendor"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text())
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))

INLINE = re.compile(
    r"""<style|\sstyle\s*=|\son[a-z]+\s*=\s*["'{]|javascript:|hx-on|hx-vals=['"]js:"""
    r"""|hx-trigger=["'][^"']*\[|<script(?![^>]*\ssrc=)(?![^>]*application/json)"""
    r"""|\|\s*safe\b|autoescape\s+off""",
    re.IGNORECASE,
)


def sha384(path: Path) -> str:
    return "sha384-" + base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()


@pytest.mark.parametrize("package", MANIFEST["packages"], ids=lambda package: package["name"])
def test_vendored_files_are_the_recorded_ones(package: dict[str, object]) -> None:
    files = package["files"]
    assert isinstance(files, dict)
    folder = VENDOR / str(package["folder"])
    assert {file.name: sha384(file) for file in folder.iterdir()} == files
    assert package["version"]
    assert package["licence"]
    assert "LICENSE" in files


def test_nothing_is_vendored_without_a_record() -> None:
    recorded = {package["folder"] for package in MANIFEST["packages"]}
    assert {path.name for path in VENDOR.iterdir() if path.is_dir()} == recorded


def test_templates_hold_no_style_no_script_and_no_unescaped_text() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in TEMPLATES
        for match in INLINE.finditer(path.read_text())
    ]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        '<p style="x">',
        '<a onclick="x">',
        "<script>x</script>",
        "{{ x|safe }}",
        '<a href="javascript:x">',
    ],
)
def test_the_search_for_inline_code_finds_it(source: str) -> None:
    assert INLINE.search(source)


def test_styles_and_scripts_ask_nobody_else() -> None:
    for path in [*(ROOT / "static/css").iterdir(), *(ROOT / "static/js").iterdir()]:
        outside = re.findall(r"""(?:https?:)?//[\w.-]+\.\w+""", path.read_text())
        assert [url for url in outside if "www.w3.org" not in url] == [], path.name


def test_the_files_can_be_published_with_names_by_content(tmp_path: Path) -> None:
    storage = ManifestStaticFilesStorage(location=tmp_path, base_url="/static/")
    files = {
        str(path.relative_to(ROOT / "static")): path
        for path in (ROOT / "static").rglob("*")
        if path.is_file()
    }
    for name, path in files.items():
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    outcomes = list(storage.post_process({name: (storage, name) for name in files}))
    assert [outcome for _, _, outcome in outcomes if isinstance(outcome, Exception)] == []
    assert "tokens" in storage.stored_name("css/tokens.css")
