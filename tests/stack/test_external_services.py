"""A service of somebody else's that does not work is named before anything starts."""

import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.stack.errors import StackError
from portal.stack.external import probe_gateway, reason, without_secrets

pytestmark = pytest.mark.stack

PASSWORD = "w1nter-palace"


class Gateway(http.server.BaseHTTPRequestHandler):
    """Knows one key, has its models under /models only."""

    def do_GET(self) -> None:
        status, body = 404, b"{}"
        if self.path == "/redirect/v1/models":
            status = 302
        elif self.path == "/prose/v1/models":
            status, body = 200, b"<html>hello</html>"
        elif self.path == "/models":
            right = self.headers["Authorization"] == "Bearer sk-right"
            status, body = (200, b'{"data": []}') if right else (401, b"{}")
        self.send_response(status)
        self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def gateway() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Gateway) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_every_wrong_service_is_named_and_nothing_starts(launch: Callable, var: Path) -> None:
    running = launch(
        *("-m", "portal.stack", "up", "--no-demo"),
        DATABASE_URL=f"postgresql://assay:{PASSWORD}@127.0.0.1:1/assay",
        REDIS_URL=f"redis://:{PASSWORD}@127.0.0.1:1/0",
        GATEWAY_URL="http://127.0.0.1:1",
        GATEWAY_API_KEY=PASSWORD,
    )

    output, errors = running.process.communicate(timeout=30)

    assert running.process.returncode == 1
    assert output == ""
    sentences = errors.splitlines()
    assert len(sentences) == 3
    assert sentences[0].startswith(
        "assay: DATABASE_URL does not work (tried postgresql://assay:***@127.0.0.1:1/assay): "
    )
    assert sentences[1].startswith("REDIS_URL does not work (tried redis://:***@127.0.0.1:1/0): ")
    assert sentences[2].startswith(
        "GATEWAY_URL does not work (tried http://127.0.0.1:1/v1/models): "
    )
    assert PASSWORD not in errors
    assert sorted(path.name for path in var.iterdir()) == ["lock", "log", "run"]


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("DATABASE_URL", f"sqlite:///{PASSWORD}.db", "postgresql://user:password@host:5432/name"),
        ("DATABASE_URL", f"postgresql://u:{PASSWORD}@h:port/x", "postgresql://user:password@host"),
        ("REDIS_URL", f"amqp://u:{PASSWORD}@h/", "redis://host:6379/0"),
        ("GATEWAY_URL", f"ftp://u:{PASSWORD}@h/", "https://gateway.example.com"),
    ],
)
def test_an_address_of_the_wrong_kind_says_what_would_be_right(
    launch: Callable, name: str, value: str, hint: str
) -> None:
    running = launch("-m", "portal.stack", "up", **{name: value})

    _, errors = running.process.communicate(timeout=30)

    assert running.process.returncode == 1
    assert errors.startswith(f"assay: {name} cannot be read (tried ")
    assert hint in errors
    assert len(errors.splitlines()) == 1
    if name != "DATABASE_URL" or "@" in value:
        assert PASSWORD not in errors


def test_a_gateway_is_asked_with_its_key(gateway: str) -> None:
    probe_gateway(gateway, "sk-right")

    with pytest.raises(StackError, match=r"/models\): it answered 401; is GATEWAY_API_KEY right"):
        probe_gateway(gateway, "sk-wrong")


def test_a_gateway_that_redirects_is_not_followed(gateway: str) -> None:
    with pytest.raises(StackError, match=r"it answered 302\."):
        probe_gateway(f"{gateway}/redirect", "sk-right")


def test_a_page_that_is_no_gateway_is_named(gateway: str) -> None:
    with pytest.raises(StackError, match="GATEWAY_URL does not work"):
        probe_gateway(f"{gateway}/prose", "sk-right")


@settings(max_examples=300)
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=30))
def test_a_password_is_never_shown_however_it_is_written(password: str) -> None:
    for written in (password, quote(password, safe="")):
        for url in (
            f"postgresql://assay:{written}@db.example.com:5432/assay",
            f"postgresql://db.example.com/assay?user=assay&password={written}",
        ):
            shown = without_secrets(url)
            said = reason(ValueError(f'cannot read "{url}": {password} is wrong'), url)

            assert password not in shown
            assert password not in said
            assert written not in shown + said


def test_an_address_without_a_password_is_shown_whole() -> None:
    for url in (
        "postgresql://assay@/assay?host=/run/postgresql",
        "redis://queue.example.com:6379/0",
        "unix:///run/valkey.sock?db=3",
        "https://gateway.example.com/base",
    ):
        assert without_secrets(url) == url
