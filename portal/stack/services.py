"""PostgreSQL, Valkey and the gateway: embedded each, unless the environment names one."""

import ipaddress
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from portal.stack.errors import StackError
from portal.stack.family import Family, Member
from portal.stack.layout import Layout
from portal.stack.local_models import LocalModels
from portal.stack.parts import answers, base_environment, sandbox
from portal.stack.ports import free_port
from portal.stack.postgres import Postgres, embedded_postgres
from portal.stack.valkey import Valkey

SANDBOX_SECONDS = 30.0
PROBE_SECONDS = 60.0


class Services:
    """What the portal stands on. `begin` starts what is embedded, `finish` waits for it all.

    ``settings`` then holds what the portal's processes have to be told. With ``models`` the
    gateway is a real LiteLLM proxy before a real model instead of the sandbox.
    """

    def __init__(
        self, family: Family, layout: Layout, given: Mapping[str, str], *, models: bool = False
    ) -> None:
        self.settings: dict[str, str] = {
            "ASSAY_ENV": given.get("ASSAY_ENV") or "demo",
            "ASSAY_VAR": str(layout.var),
            "SECRET_KEY": given.get("SECRET_KEY") or layout.secret("secret_key"),
        }
        self.postgres: Postgres | None = None
        self.valkey: Valkey | None = None
        self.models: LocalModels | None = None
        self._family = family
        self._layout = layout
        self._environment = base_environment(given, layout.root)
        self._sandbox: Member | None = None
        self._gateway_port = 0
        if not given.get("DATABASE_URL"):
            self.postgres = embedded_postgres(
                family,
                var=layout.var,
                sockets=layout.sockets,
                mark=layout.mark,
                environment=self._environment,
            )
            self.settings["DATABASE_URL"] = self.postgres.url
        if not given.get("REDIS_URL"):
            self.valkey = Valkey(family, layout.var / "valkey", layout.sockets, self._environment)
            self.settings["REDIS_URL"] = self.valkey.url
        self._choose_gateway(given, models)

    @property
    def environment(self) -> dict[str, str]:
        """The whole environment of the portal's processes."""
        embedded = self._environment
        if self.postgres is not None:
            # PGHOST, PGPORT and the like would lead the driver to another server.
            embedded = {key: value for key, value in embedded.items() if not key.startswith("PG")}
        return {**embedded, **self.settings}

    def begin(self) -> None:
        """Start every embedded service at once; does not wait.

        Raises StackError when a binary is missing.
        """
        if self.postgres is not None:
            self.postgres.begin()
        if self.valkey is not None:
            self.valkey.begin()
        if self.models is not None:
            self.models.begin()
        elif self._gateway_port:
            key = self.settings["GATEWAY_API_KEY"]
            self._sandbox = self._family.start(
                sandbox(self._layout.root, self._environment, port=self._gateway_port, key=key)
            )

    def finish(self) -> None:
        """Wait until every embedded service answers; StackError when one does not."""
        self.finish_storage()
        self.finish_gateway()

    def finish_storage(self) -> None:
        """Wait for the database and the queue, without which nothing of the portal starts."""
        if self.postgres is not None:
            self.postgres.finish()
        if self.valkey is not None:
            self.valkey.finish()

    def finish_gateway(self) -> None:
        """Wait for the gateway; the portal's processes start without it."""
        if self._sandbox is not None:
            self._family.wait_until(
                self._sandbox,
                lambda: answers(f"http://127.0.0.1:{self._gateway_port}/health"),
                seconds=SANDBOX_SECONDS,
            )
        if self.models is not None:
            self.models.finish()

    def lines(self) -> list[str]:
        """What serves, one line each, for the terminal."""
        database = f"PostgreSQL {self.postgres.version}" if self.postgres else "DATABASE_URL"
        gateway = "GATEWAY_URL"
        if self.models is not None:
            gateway = "LiteLLM with SmolLM2-135M on this machine"
        elif self._gateway_port:
            gateway = "sandbox, simulated models"
        return [
            f"database  {database}",
            f"queue     {'Valkey' if self.valkey else 'REDIS_URL'}",
            f"gateway   {gateway}",
        ]

    def _choose_gateway(self, given: Mapping[str, str], models: bool) -> None:
        url = given.get("GATEWAY_URL", "")
        if url:
            if models:
                raise StackError("--with-models brings its own gateway; unset GATEWAY_URL first.")
            if not given.get("GATEWAY_ALLOW_LOOPBACK") and is_loopback(url):
                self.settings["GATEWAY_ALLOW_LOOPBACK"] = "true"
            return
        key = "sk-" + self._layout.secret("gateway_key")
        self._gateway_port = free_port()
        self.settings |= {
            "GATEWAY_URL": f"http://127.0.0.1:{self._gateway_port}",
            "GATEWAY_API_KEY": key,
            "GATEWAY_SIMULATED": "false" if models else "true",
            "GATEWAY_ALLOW_LOOPBACK": "true",
        }
        if models:
            self.models = LocalModels(
                self._family, self._layout, self._environment, port=self._gateway_port, key=key
            )


def probe_external(given: Mapping[str, str], root: Path) -> bool:
    """Try the services that the person named, before anything starts.

    Returns whether the database is a new one: an embedded one counts as new, one of the person's
    only when it holds nothing of ours. Raises StackError with a sentence for each service that
    does not work.
    """
    if not any(given.get(name) for name in ("DATABASE_URL", "REDIS_URL", "GATEWAY_URL")):
        return True
    done = subprocess.run(
        [sys.executable, "-m", "portal.stack.external"],
        env=base_environment(given, root),
        cwd=root,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PROBE_SECONDS,
    )
    if done.returncode:
        raise StackError(done.stdout.strip() or done.stderr.strip().splitlines()[-1])
    return not given.get("DATABASE_URL") or "is empty" in done.stdout


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine itself."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
