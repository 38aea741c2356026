"""Files made to cost: each is answered with a sentence, and no memory is lost over them.

The web process reads what is uploaded, so that reading is bounded by itself. Here it reads the
largest of each in a process of its own, which says how much more memory it came to hold.
"""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import django

MOST = 20 * 1024 * 1024
GROWN_AT_MOST_MB = 200


def filled(start: bytes, part: bytes, end: bytes) -> bytes:
    """Return as many parts as fit into the largest file that is read."""
    return start + part * ((MOST - len(start) - len(end)) // len(part)) + end


def hostile() -> Iterator[tuple[str, bytes, str]]:
    """Yield name, bytes and the code of the sentence that answers them; "" where it is read."""
    yield "one.jsonl", filled(b'{"expected": "x", "input": [', b"[],", b"[]]}"), "max_length"
    yield "one.json", filled(b'[{"expected": "x", "input": [', b"{},", b"{}]}]"), "max_length"
    yield "deep.json", b"[" * MOST, "max_length"
    yield "quotes.json", filled(b'[{"input": "', b'\\"', b""), "max_length"
    row = b'{"expected": "x", "input": {"n": %d, "a": [' + b"[]," * 1_300 + b"[]]}}\n"
    yield "values.jsonl", b"".join(row % place for place in range(5_000)), "too_many_values"
    names = "".join(
        json.dumps({f"{place}-{name}": 1 for name in range(200)}) + "\n" for place in range(200)
    )
    yield "names.jsonl", names.encode(), "too_many_columns"
    yield (
        "documents.jsonl",
        filled(b'{"input": "a", "context": [', b'"",', b'""]}')[-(2**20) :],
        "parse_error",
    )
    yield "quote.csv", filled(b'input,expected\n"', "\U0001f600".encode(), b""), "max_length"
    yield "wide.csv", filled(b"input", b",", b"\n"), "max_length"
    yield "columns.csv", b"input" + b",a" * 400 + b"\n" + b"x\n", "too_many_columns"
    yield "zipped.csv", b"PK\x03\x04" + bytes(1_000), "file_type"
    words = "\U0001f600" * 900
    yield "faces.jsonl", "".join(
        json.dumps({"input": f"{place} {words}", "expected": "x"}, ensure_ascii=False) + "\n"
        for place in range(5_000)
    ).encode(), ""  # fmt: skip


def megabytes() -> float:
    """Return the most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(folder: Path) -> None:
    """Read each file and print its name, its codes and by how much the process grew so far."""
    django.setup()
    from evaluations.datasets.importing import parse  # noqa: PLC0415

    parse(b'{"input": "a", "expected": "b"}', "warm.jsonl")
    before = megabytes()
    for file in sorted(folder.iterdir()):
        codes = sorted({one.code for one in parse(file.read_bytes(), file.name).errors})
        sys.stdout.write(json.dumps([file.name, codes, round(megabytes() - before)]) + "\n")


def test_the_largest_of_each_is_answered_within_bounds(tmp_path: Path) -> None:
    wanted = {}
    for name, data, code in hostile():
        assert len(data) <= MOST, name
        (tmp_path / name).write_bytes(data)
        wanted[name] = code
    done = subprocess.run(
        [sys.executable, "-m", "tests.evaluations.datasets.test_hostile_files", str(tmp_path)],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings"},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2_000:]
    for name, codes, grown in map(json.loads, done.stdout.splitlines()):
        code = wanted.pop(name)
        assert (code in codes) if code else codes == [], (name, codes)
        # with the bytes of the file, which are held while they are read
        assert grown < GROWN_AT_MOST_MB, (name, grown)
    assert not wanted


if __name__ == "__main__":
    main(Path(sys.argv[1]))
