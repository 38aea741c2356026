"""The portal's own processes: gateway, web, workers, beat, and the steps before them."""

import re
import signal
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from portal.stack.family import Part

# No proxy between us and our own loopback address, whatever the environment says.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def management(name: str, layout_root: Path, environment: Mapping[str, str], *words: str) -> Part:
    """A management command that runs to its end; its output goes to the log NAME."""
    return Part(
        name=name,
        command=(sys.executable, str(layout_root / "manage.py"), *words),
        environment=environment,
        folder=layout_root,
        lasting=False,
    )


def sandbox(root: Path, environment: Mapping[str, str], *, port: int, key: str) -> Part:
    """The gateway with simulated models."""
    return Part(
        name="gateway",
        command=(
            sys.executable,
            "-m",
            "portal.gateway.sandbox",
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
        ),
        environment={**environment, "SANDBOX_API_KEY": key},
        folder=root,
    )


def web(root: Path, environment: Mapping[str, str], listener: socket.socket) -> Part:
    """The web server, on a socket that listens already; see gunicorn.conf.py."""
    descriptor = listener.fileno()
    return Part(
        name="web",
        command=(
            sys.executable,
            "-m",
            "gunicorn",
            "--config",
            str(root / "gunicorn.conf.py"),
            "--bind",
            f"fd://{descriptor}",
            "portal.wsgi:application",
        ),
        environment=environment,
        folder=root,
        orphan_signal=signal.SIGQUIT,
        patience=8.0,
        descriptors=(descriptor,),
    )


def worker(root: Path, environment: Mapping[str, str], *, concurrency: int = 2) -> Part:
    """The Celery worker. A task that is cut off is given out again: see the broker options."""
    return Part(
        name="worker",
        command=(
            *(sys.executable, "-m", "celery", "--app", "portal", "worker"),
            *("--pool", "prefork", "--concurrency", str(concurrency)),
            *("--without-gossip", "--without-mingle"),
        ),
        environment=environment,
        folder=root,
        # SIGQUIT is Celery's cold shutdown; SIGTERM would wait for the tasks to end.
        orphan_signal=signal.SIGQUIT,
        patience=8.0,
    )


def beat(root: Path, environment: Mapping[str, str], *, schedule: Path) -> Part:
    """The clock of the periodic tasks; its memory is a file.

    The worker beside it checks the whole portal; a clock needs none of its pages in memory.
    """
    return Part(
        name="beat",
        command=(
            *(sys.executable, "-m", "celery", "--app", "portal", "beat"),
            *("--schedule", str(schedule), "--pidfile="),
        ),
        environment={**environment, "CELERY_SKIP_CHECKS": "true"},
        folder=root,
    )


def answers(url: str) -> bool:
    """Whether a GET is answered with 200."""
    return status_of(url) == 200


def status_of(url: str) -> int:
    """The status of a GET; 0 when nobody answers."""
    try:
        with OPENER.open(url, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except (OSError, ValueError):
        return 0


def worker_says_ready(log: Path) -> bool:
    """Whether the worker has said that it takes tasks."""
    try:
        return re.search(r"@\S+ ready\.", log.read_text("utf-8", "replace")) is not None
    except OSError:
        return False


def beat_says_ready(log: Path) -> bool:
    """Whether the clock has said that it runs."""
    try:
        return "beat: Starting" in log.read_text("utf-8", "replace")
    except OSError:
        return False


def base_environment(given: Mapping[str, str], root: Path) -> dict[str, str]:
    """What every process of ours gets from the person's environment.

    Another project's DJANGO_SETTINGS_MODULE in the shell must not lead our processes astray.
    """
    return {
        **given,
        "PYTHONPATH": str(root),
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
    }


def hosts_for(host: str) -> str:
    """ALLOWED_HOSTS for an address: loopback, and this machine's names when it is not loopback."""
    names = ["localhost", "127.0.0.1", "[::1]"]
    if host in ("0.0.0.0", "::"):
        names += [socket.gethostname(), socket.getfqdn()]
        try:
            found = socket.getaddrinfo(socket.gethostname(), None)
        except OSError:
            found = []
        names += [str(each[4][0]) for each in found]
        names += [each for each in (_outward_address(),) if each]
    elif host not in names:
        names.append(f"[{host}]" if ":" in host else host)
    return ",".join(dict.fromkeys(names))


def url_for(host: str, port: int) -> str:
    """The address of the pages as a browser on this machine types it."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)
    return (
        f"http://[{shown}]:{port}" if ":" in shown and shown[0] != "[" else f"http://{shown}:{port}"
    )


def _outward_address() -> str:
    """The address that this machine shows to others; empty without a network. Sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return ""
        return str(probe.getsockname()[0])
