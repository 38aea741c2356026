"""The web server while its database is gone, and while its queue is."""

import socket
import time
import urllib.error
import urllib.request
from http.client import HTTPMessage

import pytest

from tests.faults.conftest import Workers, wait_for
from tests.faults.cutter import Cutter

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(port: int, path: str) -> tuple[int, HTTPMessage | None, str]:
    """GET a page as somebody who has a session, or as a probe; status 0 while nobody listens."""
    probed = path in ("/healthz", "/readyz")
    cookie = {} if probed else {"Cookie": f"sessionid={'a' * 32}"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=cookie)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read().decode()
    except OSError:
        return 0, None, ""


def test_pages_say_try_again_while_the_database_is_gone_and_come_back_by_themselves(
    workers: Workers, cutter: Cutter, tmp_path: object
) -> None:
    # given a web server that has answered, with a queue that nobody listens on
    workers.environment["REDIS_URL"] = f"unix://{tmp_path}/nobody.sock"
    port = free_port()
    workers.web(port)
    wait_for(lambda: ask(port, "/readyz")[0] == 200, seconds=90, every=0.2)
    assert ask(port, "/accounts/login/")[0] == 200
    # when the database drops every connection and takes no new one
    cutter.away(True)
    # then pages and programs are told to come back, at once, and the process lives
    began = time.monotonic()
    for path in ("/accounts/login/", "/api/v1/catalog"):
        status, headers, body = ask(port, path)
        assert (status, path) == (503, path)
        assert headers is not None
        assert int(headers["Retry-After"]) > 0
        assert "Traceback" not in body
    assert time.monotonic() - began < 10
    assert ask(port, "/readyz")[0] == 503
    assert ask(port, "/healthz")[0] == 200
    # and when it is back, so are the pages, without a restart
    cutter.away(False)
    wait_for(lambda: ask(port, "/accounts/login/")[0] == 200, seconds=10)
    assert ask(port, "/readyz")[0] == 200
