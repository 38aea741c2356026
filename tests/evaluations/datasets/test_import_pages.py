"""Importing in two steps: what a file holds is shown, and only then stored, all or nothing."""

import gzip
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from evaluations.datasets.models import Dataset, DraftExample, ExampleRevision, ImportUpload
from tests.factories import datasets, lives

pytestmark = pytest.mark.django_db

TICKETS = Path(__file__).parents[3] / "portal" / "demo" / "data" / "support_tickets.jsonl"


@pytest.fixture
def made() -> Dataset:
    workload = lives.draft()
    return datasets.dataset(workload.owner, workload)


@pytest.fixture
def client(made: Dataset) -> Client:
    client = Client()
    client.force_login(made.workload.owner)
    return client


def url(made: Dataset, rest: str = "import/") -> str:
    return f"/workloads/{made.workload.ref}/datasets/{made.ref}/{rest}"


def send(client: Client, made: Dataset, data: bytes, name: str = "f.jsonl", **more: Any) -> Any:
    return client.post(url(made), {"file": SimpleUploadedFile(name, data), "mode": "add", **more})


def text(answer: Any) -> str:
    return str(answer.content.decode())


def line(**values: Any) -> bytes:
    return json.dumps(values).encode() + b"\n"


def csv(rows: int) -> bytes:
    return b"input,expected\n" + b"".join(b"row %d,yes\n" % n for n in range(rows))


def zipped() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return held.getvalue()


AB, CD = {"input": "a", "expected": "b"}, {"input": "c", "expected": "d"}
GOOD = line(**AB)
REFUSED = [
    ("empty", "e.jsonl", b"", "file is empty"),
    ("only_blank_lines", "e.jsonl", b"\n\n  \n", "no examples"),
    ("only_a_header", "e.csv", b"input,expected\n", "no examples"),
    ("byte_order_mark_alone", "e.csv", b"\xef\xbb\xbf", "no examples"),
    ("nul", "n.jsonl", GOOD + b'{"input": "a\x00b"}\n', "null character"),
    ("escaped_nul", "n.jsonl", b'{"input": "a\\u0000b"}\n', "null character"),
    ("nul_in_csv", "n.csv", b"input\na\x00b\n", "null character"),
    ("lone_surrogate", "s.jsonl", b'{"input": "\\ud800"}\n', "not valid text"),
    ("surrogate_in_a_name", "s.jsonl", b'{"input": {"\\ud800": "x"}}\n', "not valid text"),
    ("surrogate_bytes", "s.csv", b"input\n\xed\xa0\x80\n", "UTF-8"),
    ("deep", "d.jsonl", b"[" * 100_000, "nested deeper than 32"),
    ("deep_input", "d.jsonl", b'{"input": ' + b"[" * 100_000 + b"}", "nested deeper than 32"),
    ("deep_in_csv", "d.csv", b'expected,input\n"' + b"[" * 100_000 + b'",x\n', "64 KiB"),
    ("duplicate_keys", "k.jsonl", b'{"input": "a", "input": "b"}\n', "appears twice"),
    ("nan", "n.jsonl", b'{"input": "a", "expected": NaN}\n', "NaN is not JSON"),
    ("infinity", "n.jsonl", b'{"input": "a", "weight": Infinity}\n', "Infinity is not JSON"),
    ("nan_weight", "n.csv", b"input,weight\na,nan\n", "between 0.1 and 10"),
    ("integer_bomb", "i.jsonl", b'{"input": "a", "expected": ' + b"9" * 5_000 + b"}", "too long"),
    ("float_bomb", "i.jsonl", b'{"input": "a", "expected": 1e999}', "too large"),
    ("many_keys", "m.jsonl", line(input={f"k{n}": 1 for n in range(300)}), "more than 256 keys"),
    ("utf16", "u.csv", "input\nä\n".encode("utf-16"), "UTF-16"),
    ("utf16_jsonl", "u.jsonl", '{"input": "ä"}'.encode("utf-16-be"), "UTF-8"),
    ("latin1", "l.csv", "input\nGrüße\n".encode("latin-1"), "not valid UTF-8"),
    ("zip", "z.csv", zipped(), "zip file"),
    ("xlsx", "z.csv", b"PK\x03\x04" + b"\x00" * 50, "Excel"),
    ("gzip", "g.csv", gzip.compress(b"input\na\n"), "gzip file"),
    ("pdf", "p.jsonl", b"%PDF-1.7 rest", "a PDF"),
    ("image", "p.csv", b"\x89PNG\r\n\x1a\n", "an image"),
    ("extension", "f.exe", GOOD, "Choose a file that ends in"),
    ("no_extension", "CON", GOOD, "Choose a file that ends in"),
    ("too_many_rows", "r.csv", csv(5_001), "5,000"),
    ("field_too_long", "b.jsonl", line(input="x" * 65_537), "64 KiB"),
    ("field_too_long_in_utf8", "b.csv", b"input\n" + ("ä" * 32_769).encode() + b"\n", "64 KiB"),
    ("open_quote", "q.csv", b'input,expected\na,b\n"open,x\ny,z\n', "line 3 is never closed"),
    ("text_after_quote", "q.csv", b'input,expected\n"a"b,c\n', "text after a closing quote"),
    ("duplicate_columns", "c.csv", b"input,expected,expected\na,b,c\n", "appears twice"),
    ("nameless_column", "c.csv", b"input,,x\na,b,c\n", "has no name"),
    ("input_twice_over", "c.csv", b"input,input.a\nx,y\n", "not both"),
    ("ragged", "c.csv", b"input,expected\na\n", "1 cells, the header has 2"),
    ("broken_json", "j.jsonl", GOOD + GOOD.replace(b"a", b"c") + b'{"a":\n', "not valid JSON"),
    ("an_array", "j.jsonl", b"[1, 2]\n", "one JSON object"),
    ("no_input", "j.jsonl", line(expected="b"), "input"),
    ("empty_input", "j.jsonl", line(input="  "), "input is empty"),
    ("number_as_input", "j.jsonl", line(input=7), "a text or an object"),
    ("kind", "j.jsonl", line(input="a", kind="Edgy"), "Use one of typical, edge, adversarial"),
    ("expects", "j.jsonl", line(input="a", expects="maybe"), "Use one of answer, refuse"),
    ("weight", "j.jsonl", line(input="a", weight=11), "between 0.1 and 10"),
    ("weight_true", "j.jsonl", line(input="a", weight=True), "between 0.1 and 10"),
    ("context", "j.jsonl", line(input="a", context=[1]), "list of texts"),
    ("tags", "j.jsonl", line(input="a", tags={"a": 1}), "list of texts"),
    ("key_twice", "j.jsonl", line(key="k", **AB) + line(key="k", **CD), "k"),
    ("input_twice", "j.jsonl", line(key="k", **AB) + line(key="l", **AB), "same input"),
    ("hidden_key", "j.jsonl", line(key="a\u202eb", input="a"), "U+202E"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "data", "said"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_a_wrong_file_is_refused_in_a_sentence_and_nothing_is_stored(
    client: Client, made: Dataset, name: str, data: bytes, said: str
) -> None:
    answer = send(client, made, data, name, mode="replace")

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in text(answer)
    assert said in re.sub(r"\s+", " ", text(answer)).replace("&quot;", '"')
    assert re.search(r'value="replace"[^>]* checked', text(answer)), "the typed choice is gone"
    assert not ExampleRevision.objects.exists()
    assert not DraftExample.objects.exists()
    assert not ImportUpload.objects.filter(state="waiting").exists()
    assert all(not bytes(upload.data) for upload in ImportUpload.objects.all())


def test_each_wrong_row_stands_in_a_table_with_its_line_and_field(
    client: Client, made: Dataset
) -> None:
    data = (
        line(**AB)
        + line(**CD, kind="edgy")
        + b"\n{oops\n"
        + line(input="", expected="b")
        + line(input="<script>alert(1)</script>", expected="b", kind="<b>{{7*7}}")
    )

    page = text(send(client, made, data))

    rows = re.findall(r'<tr><td class="n">(\d+)</td><td class="mono">([^<]*)</td>', page)
    assert rows[:2] == [("2", "kind"), ("4", "–")]
    assert {("5", "input"), ("6", "kind")} <= set(rows)
    assert "What is wrong, and what would be right" in page
    assert "in 5 rows" in page
    assert "<b>{{7*7}}" not in page
    assert "&lt;b&gt;{{7*7}}" in page


def test_a_hundred_problems_are_listed_and_all_are_counted(client: Client, made: Dataset) -> None:
    page = text(
        send(client, made, b"".join(line(input=f"i{n}", expected=1, kind="x") for n in range(150)))
    )

    assert "150 problems in 150 rows" in page
    assert len(re.findall(r'<tr><td class="n">', page)) == 100
    assert "The first 100 are shown." in page


def test_without_a_file_or_with_an_unknown_choice_the_form_comes_back(
    client: Client, made: Dataset
) -> None:
    nothing = client.post(url(made), {"mode": "replace"})
    assert nothing.status_code == 422
    assert "Choose a file to import." in text(nothing)
    assert re.search(r'value="replace"[^>]* checked', text(nothing))

    assert send(client, made, GOOD, mode="merge").status_code == 422


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/x.jsonl", "x.jsonl"), ("a\tb.jsonl", "ab.jsonl"),
        ("x.php.jsonl", "x.php.jsonl"),
        ("C:\\temp\\t.jsonl", "t.jsonl"), ("<script>.jsonl", "&lt;script&gt;.jsonl"),
        ("n" * 300 + ".jsonl", "n" * 20 + ".jsonl"),
    ],
)  # fmt: skip
def test_the_name_of_a_file_is_only_shown(
    client: Client, made: Dataset, name: str, shown: str
) -> None:
    file = SimpleUploadedFile("x.jsonl", GOOD)
    file._name = name  # past the cleaning that the test client's own class does

    answer = client.post(url(made), {"file": file, "mode": "add"}, follow=True)

    assert answer.status_code == 200
    heading = re.search(r"<h2>([^<]*)</h2><span class=\"chip pass\">", text(answer))
    assert heading is not None
    assert heading[1].endswith(shown)
    assert "/" not in heading[1].replace("&lt;/", "")


def test_a_byte_order_mark_is_accepted(client: Client, made: Dataset) -> None:
    answer = send(client, made, b"\xef\xbb\xbfinput;expected\nGr\xc3\xbc\xc3\x9fe;ja\n", "b.csv")

    assert answer.status_code == 302
    page = text(client.get(answer["Location"]))
    assert "Grüße" in page
    assert "columns separated by semicolon" in page


def test_csv_is_shown_with_its_separator_and_columns_before_it_is_stored(
    client: Client, made: Dataset
) -> None:
    data = (
        b"key\tkind\tinput.subject\tinput.body\texpected.category\tmood\n"
        b'k1\tedge\tHi\t"two\nlines"\tBUG\tgood\n'
        b"k2\ttypical\tYo\t<i>x</i>\tPRAISE\tbad\n"
    )

    answer = send(client, made, data, "t.tsv")

    page = text(client.get(answer["Location"]))
    assert "columns separated by tab" in page
    assert "input.subject" in page
    assert re.search(r"Not read, because it means nothing here:\s*<b>mood</b>", page)
    assert "Import 2 examples" in page
    assert "two\nlines" in page
    assert "<i>x</i>" not in page
    assert not DraftExample.objects.exists()


def test_columns_of_other_names_are_suggested_and_can_be_mapped(
    client: Client, made: Dataset
) -> None:
    # given a file whose columns somebody else named: what they mean is guessed, and shown
    answer = send(client, made, b"Nr;Question;Answer;Mood\n7;Hi?;GREETING;glad\n", "q.csv")
    page = text(client.get(answer["Location"]))
    assert "Import 1 example" in page
    assert re.search(r'value="expected" selected', page)
    # when a person says otherwise, then it is read so; two columns cannot mean the same
    again = answer["Location"] + "columns/"
    twice = client.post(again, {"column-1": "input", "column-2": "input"})
    assert twice.status_code == 422
    assert "Two columns mean" in text(twice)
    chosen = {"column-1": "key", "column-2": "input", "column-3": "expected.Answer",
              "column-4": "tags"}  # fmt: skip
    assert client.post(again, chosen).status_code == 302
    client.post(answer["Location"] + "confirm/", {"confirm": "1"})
    found = DraftExample.objects.get().revision
    assert (found.key, found.input, found.expected, found.tags) == (
        "7", "Hi?", {"Answer": "GREETING"}, ["glad"],
    )  # fmt: skip


def test_columns_that_nobody_can_guess_wait_for_a_person(client: Client, made: Dataset) -> None:
    answer = send(client, made, b"alpha,beta\na,b\n", "c.csv")
    assert answer.status_code == 422
    upload = ImportUpload.objects.get(state="waiting")
    assert "What its columns mean" in text(answer)
    there = url(made, f"imports/{upload.pk}/")
    client.post(f"{there}columns/", {"column-1": "input", "column-2": "expected"})
    assert "Import 1 example" in text(client.get(there))


def test_a_json_array_is_read_with_the_line_of_each_object(client: Client, made: Dataset) -> None:
    rows = json.dumps([AB, CD, {"input": "e"}], indent=1).encode()
    page = text(send(client, made, rows, "f.json"))
    assert re.findall(r'<tr><td class="n">(\d+)</td><td class="mono">([^<]*)</td>', page) == [
        ("10", "expected")
    ]
    assert send(client, made, json.dumps([AB, CD]).encode(), "f.json").status_code == 302
    for broken in (
        b"[",
        b"[{},]",
        b'[{"a":1} {"b":2}]',
        b'[{"input":"a"',
        b"[]",
        b"[1",
        b"[" * 9_000,
    ):
        assert send(client, made, broken, "f.json").status_code == 422


def test_confirming_imports_everything_once(client: Client, made: Dataset) -> None:
    preview = send(client, made, datasets.jsonl(*(datasets.ticket(n) for n in range(12))))
    confirm = preview["Location"] + "confirm/"

    answer = client.post(confirm, {"confirm": "1"}, follow=True)

    assert answer.redirect_chain == [(url(made, ""), 302)]
    assert "12 examples imported into the draft." in text(answer)
    assert DraftExample.objects.filter(dataset=made).count() == 12
    assert client.post(confirm, {"confirm": "1"}).status_code == 404
    assert DraftExample.objects.count() == 12


def test_a_forgotten_file_leaves_nothing(client: Client, made: Dataset) -> None:
    preview = send(client, made, GOOD)

    answer = client.post(preview["Location"] + "confirm/", {"discard": "1"}, follow=True)

    assert "nothing was imported" in text(answer)
    assert not DraftExample.objects.exists()
    assert bytes(ImportUpload.objects.get().data) == b""
    assert client.get(preview["Location"]).status_code == 404


def test_an_input_that_the_draft_holds_is_refused_with_its_key(
    client: Client, made: Dataset
) -> None:
    datasets.fill(made.workload.owner, made, {"key": "old", "input": "a", "expected": "b"})
    preview = send(client, made, line(key="new", input="a", expected="c") + line(**CD))

    answer = client.post(preview["Location"] + "confirm/", {"confirm": "1"})

    assert answer.status_code == 422
    assert "same input as example &quot;old&quot;" in text(answer)
    assert "Nothing was imported" in text(answer)
    assert DraftExample.objects.count() == 1
    # The file still waits: the other way to import it needs no second upload.
    assert client.get(preview["Location"]).status_code == 200


def test_replacing_leaves_only_what_the_file_holds(client: Client, made: Dataset) -> None:
    datasets.fill(made.workload.owner, made, {"key": "old", **AB}, {"key": "x", **CD})

    preview = send(client, made, line(key="new", **AB), mode="replace")
    assert "Replace the whole draft" in text(client.get(preview["Location"]))
    client.post(preview["Location"] + "confirm/", {"confirm": "1"})

    assert [row.key for row in DraftExample.objects.all()] == ["new"]


def test_the_demo_tickets_go_in_and_come_out_the_same(client: Client, made: Dataset) -> None:
    given = [json.loads(row) for row in TICKETS.read_text("utf-8").splitlines()]

    preview = send(client, made, TICKETS.read_bytes(), TICKETS.name)
    assert f"Import {len(given)} examples" in text(client.get(preview["Location"]))
    client.post(preview["Location"] + "confirm/", {"confirm": "1"})
    client.post(url(made, "commit/"), {"note": ""})

    found: list[dict[str, Any]] = []
    path = f"/api/v1/workloads/{made.workload.ref}/datasets/{made.ref}/versions/1/examples"
    cursor = ""
    while cursor or not found:
        body = client.get(path, {"cursor": cursor} if cursor else {}).json()
        found += body["results"]
        cursor = body["next_cursor"]
    assert len(found) == len(given) >= 120
    for was, now in zip(given, found, strict=True):
        assert {name: now[name] for name in ("key", "kind", "input", "expected")} == {
            name: was[name] for name in ("key", "kind", "input", "expected")
        }


def test_five_thousand_rows_are_taken(client: Client, made: Dataset) -> None:
    preview = send(client, made, csv(5_000), "r.csv")

    assert preview.status_code == 302
    assert "Import 5\u202f000 examples" in text(client.get(preview["Location"]))
