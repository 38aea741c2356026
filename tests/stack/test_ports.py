"""A taken port moves on; a wrong address is named."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from portal.stack.errors import StackError
from portal.stack.parts import hosts_for, url_for
from portal.stack.ports import listen

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.stack


def test_a_taken_port_moves_to_the_next_free_one() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]

        with listen("127.0.0.1", port) as moved:
            assert port < moved.getsockname()[1] <= port + 50
            with socket.create_connection(moved.getsockname(), timeout=2):
                pass


def test_an_address_of_another_machine_is_named() -> None:
    with pytest.raises(StackError, match=r"--host 192\.0\.2\.7 cannot be listened on"):
        listen("192.0.2.7", 0)


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "http://127.0.0.1:8001"),
        ("0.0.0.0", "http://127.0.0.1:8001"),
        ("::1", "http://[::1]:8001"),
        ("::", "http://[::1]:8001"),
        ("assay.local", "http://assay.local:8001"),
    ],
)
def test_the_printed_address_can_be_typed_into_a_browser(host: str, shown: str) -> None:
    assert url_for(host, 8001) == shown


def test_the_host_that_was_asked_for_is_allowed() -> None:
    assert hosts_for("192.168.1.7").split(",")[-1] == "192.168.1.7"
    assert hosts_for("fd00::7").split(",")[-1] == "[fd00::7]"
    # In a process of its own: it asks the kernel for this machine's outward address.
    program = "from portal.stack.parts import hosts_for; print(hosts_for('0.0.0.0'))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    assert {"localhost", socket.gethostname()} <= set(done.stdout.strip().split(","))
    assert "*" not in done.stdout
