"""`./assay up`: everything that the portal needs, started in order, watched, stopped together."""

import argparse
import json
import os
import shutil
import socket
import time
from collections.abc import Mapping
from pathlib import Path

from portal.stack.errors import StackError, StopRequested
from portal.stack.family import Family
from portal.stack.layout import Layout, layout_for, write_private
from portal.stack.lock import Lock
from portal.stack.parts import (
    answers,
    beat,
    beat_says_ready,
    hosts_for,
    url_for,
    web,
    worker,
    worker_says_ready,
)
from portal.stack.ports import listen
from portal.stack.preparation import Preparation
from portal.stack.services import Services, probe_external
from portal.stack.terminal import complain, confirmed, say

WEB_SECONDS = 60.0
WORKER_SECONDS = 60.0


def main(arguments: list[str]) -> int:
    """Run until Ctrl-C (0) or until something fails (1)."""
    options = parse(arguments)
    given = dict(os.environ)
    started = time.monotonic()
    layout = layout_for(given)
    layout.make_folders()
    with Lock(layout.var / "lock") as lock:
        if options.reset and not reset(layout, sure=options.yes):
            say("Nothing was deleted.")
            return 1
        new_database = probe_external(given, layout.root)
        with Family(layout.logs, keep=(lock.fileno(),)) as family:
            try:
                serve(options, given, layout, lock, family, new_database, started)
            except StopRequested:
                say("\nStopping ...")
            except StackError as error:
                complain(str(error), error.log)
                say("Stopping the rest ...")
                return 1
            finally:
                joinable(layout).unlink(missing_ok=True)
    say("Stopped.")
    return 0


def parse(arguments: list[str]) -> argparse.Namespace:
    """The options; a wrong one ends the process with status 2 and a sentence."""
    parser = argparse.ArgumentParser(prog="assay up", description=__doc__)
    parser.add_argument("--port", type=port_number, default=8000)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--no-demo", action="store_true")
    parser.add_argument("--reset", action="store_true")
    parser.add_argument("--yes", action="store_true")
    parser.add_argument("--with-models", action="store_true")
    return parser.parse_args(arguments)


def port_number(text: str) -> int:
    """A TCP port; 0 lets the system choose one."""
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; use a number up to 65535.")
    return int(text)


def serve(
    options: argparse.Namespace,
    given: Mapping[str, str],
    layout: Layout,
    lock: Lock,
    family: Family,
    new_database: bool,
    started: float,
) -> None:
    """Start everything and stay until something ends.

    Leaves by StopRequested on Ctrl-C, by StackError when a part fails; the caller stops the rest.
    """
    listener = listen(options.host, options.port)
    port = int(listener.getsockname()[1])
    address = url_for(options.host, port)
    if options.port not in (0, port):
        say(f"Port {options.port} is taken; using {port}.")
    services = Services(family, layout, given, models=options.with_models)
    services.settings["ASSAY_BASE_URL"] = given.get("ASSAY_BASE_URL") or address
    services.settings["ALLOWED_HOSTS"] = given.get("ALLOWED_HOSTS") or hosts_for(options.host)
    services.begin()
    services.finish_storage()
    for line in services.lines():
        say(line)
    environment = services.environment
    preparation = Preparation(family, layout, environment, services.postgres)
    say("schema    " + ("migrated" if preparation.migrate() else "up to date"))
    demo = wants_demo(options, services.settings["ASSAY_ENV"], new_database)
    if demo and not preparation.is_seeded():
        services.finish_gateway()
        preparation.seed()
        say("demo      loaded")
    if options.with_models:
        services.finish_gateway()
        preparation.sync_catalog()
        say("catalog   read from the gateway")
    start_portal(family, layout, environment, listener, address)
    services.finish_gateway()
    write_private(joinable(layout), json.dumps(services.settings))
    lock.note(f"{address}/")
    say(f"\nAssay is served at {address}/  (after {time.monotonic() - started:.1f} s)")
    if demo:
        show_accounts(layout.var / "demo-accounts.txt")
    say(f"Logs: {layout.logs}    Stop: Ctrl-C")
    family.watch()


def start_portal(
    family: Family,
    layout: Layout,
    environment: Mapping[str, str],
    listener: socket.socket,
    address: str,
) -> None:
    """Start web, worker and beat, and wait for each.

    Each imports Django for two seconds of one core. Web and worker share two cores; beat, which
    nobody waits for, comes when the first page can be served.
    """
    pages = family.start(web(layout.root, environment, listener))
    # The web server has it now; with our copy open the port would stay taken after its end.
    listener.close()
    tasks = family.start(worker(layout.root, environment))
    family.wait_until(pages, lambda: answers(f"{address}/readyz"), seconds=WEB_SECONDS)
    clock = family.start(beat(layout.root, environment, schedule=layout.var / "beat-schedule"))
    family.wait_until(tasks, lambda: worker_says_ready(tasks.log), seconds=WORKER_SECONDS)
    family.wait_until(clock, lambda: beat_says_ready(clock.log), seconds=WORKER_SECONDS)


def wants_demo(options: argparse.Namespace, kind: str, new_database: bool) -> bool:
    """Whether to put the demo company in: its passwords are known to everybody.

    So it never enters production, nor a database of somebody's that was in use before.
    """
    return not options.no_demo and kind == "demo" and new_database


def show_accounts(file: Path) -> None:
    """The demo's sign-ins, as the command that made them wrote them down."""
    if not file.exists():
        return
    say("\nSign in as:")
    for line in file.read_text(encoding="utf-8").splitlines():
        say(f"  {line}")
    say()


def joinable(layout: Layout) -> Path:
    """The file by which `./assay manage` joins a running stack."""
    return layout.var / "settings.json"


def reset(layout: Layout, *, sure: bool) -> bool:
    """Delete what the embedded services keep, after a question; whether it was done.

    A database, queue or gateway that the person named is not touched.
    """
    question = f"Delete the embedded database and everything else in {layout.var}?"
    if not sure and not confirmed(question):
        return False
    away = Path("/var/tmp") / f"assay-{layout.mark}"
    for folder in (layout.sockets, away):
        if folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder)
    for entry in layout.var.iterdir():
        if entry.name == "lock":
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    layout.make_folders()
    return True
