"""Services that somebody else runs, tried before anything starts.

Every message names what was tried and never a password: these addresses carry one. The supervisor
runs this as a process of its own (``python -m portal.stack.external``), since it lives long and
would keep both drivers in memory for one question.
"""

import http.client
import json
import os
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from email.message import Message
from functools import partial
from typing import IO
from urllib.parse import SplitResult, unquote, unquote_plus, urlsplit

import psycopg
import redis

from portal.stack.errors import StackError

SECONDS = 5
OLDEST_POSTGRES = 15
# What is printed when everything works and the named database is a new one.
EMPTY = "The database is empty."
# Both greedy: a password may hold every sign that also separates the parts of an address.
USER_AND_PASSWORD = re.compile(r"(://[^:@]*:)(.*)@", re.DOTALL)
SECRET_PARAMETER = re.compile(
    r"([?&](?:password|sslpassword|passfile|token|key|api_key)=)(.*)", re.DOTALL | re.IGNORECASE
)


def probe_all(environment: Mapping[str, str]) -> list[str]:
    """Try each service that the environment names; a sentence for each that fails."""
    probes: list[Callable[[], None]] = []
    if environment.get("DATABASE_URL"):
        probes.append(partial(probe_database, environment["DATABASE_URL"]))
    if environment.get("REDIS_URL"):
        probes.append(partial(probe_queue, environment["REDIS_URL"]))
    if environment.get("GATEWAY_URL"):
        key = environment.get("GATEWAY_API_KEY", "")
        probes.append(partial(probe_gateway, environment["GATEWAY_URL"], key))
    wrong = []
    for probe in probes:
        try:
            probe()
        except StackError as error:
            wrong.append(str(error))
    return wrong


def probe_database(url: str) -> None:
    """Connect to PostgreSQL; StackError when that fails or when it is older than 15."""
    shown = without_secrets(url)
    if urlsplit_or_none(url, ("postgresql", "postgres")) is None:
        raise StackError(
            f"DATABASE_URL cannot be read (tried {shown}):"
            " it should look like postgresql://user:password@host:5432/name."
        )
    try:
        with psycopg.connect(url, connect_timeout=SECONDS) as connection:
            version = connection.info.server_version // 10_000
    except (psycopg.Error, UnicodeError) as error:
        raise StackError(
            f"DATABASE_URL does not work (tried {shown}): {reason(error, url)}."
        ) from None
    if version < OLDEST_POSTGRES:
        raise StackError(
            f"DATABASE_URL leads to PostgreSQL {version} (tried {shown});"
            f" Assay needs {OLDEST_POSTGRES} or newer."
        )


def is_empty(url: str) -> bool:
    """Whether a database that works holds nothing of ours yet."""
    with psycopg.connect(url, connect_timeout=SECONDS) as connection:
        row = connection.execute("select to_regclass('django_migrations') is null").fetchone()
    return bool(row and row[0])


def probe_queue(url: str) -> None:
    """PING Valkey or Redis; StackError when it does not answer."""
    shown = without_secrets(url)
    if urlsplit_or_none(url, ("redis", "rediss", "unix")) is None:
        raise StackError(
            f"REDIS_URL cannot be read (tried {shown}):"
            " it should look like redis://host:6379/0, or unix:///path?db=0."
        )
    try:
        client = redis.Redis.from_url(url, socket_connect_timeout=SECONDS, socket_timeout=SECONDS)
        try:
            client.ping()
        finally:
            client.close()
    except (redis.RedisError, OSError, ValueError) as error:
        raise StackError(
            f"REDIS_URL does not work (tried {shown}): {reason(error, url)}."
        ) from None


def probe_gateway(url: str, key: str) -> None:
    """Ask the gateway for its models; StackError when it refuses or is no such gateway."""
    shown = without_secrets(url)
    if urlsplit_or_none(url, ("http", "https")) is None:
        raise StackError(
            f"GATEWAY_URL cannot be read (tried {shown}):"
            " it should look like https://gateway.example.com."
        )
    status = 0
    for path in ("/v1/models", "/models"):
        shown = without_secrets(url.rstrip("/")) + path
        try:
            status = _get(url.rstrip("/") + path, key)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise StackError(
                f"GATEWAY_URL does not work (tried {shown}): {reason(error, url, key)}."
            ) from None
        if status == 200:
            return
        if status != 404:
            break
    # LiteLLM without a database answers a wrong key with 400.
    hint = "; is GATEWAY_API_KEY right?" if status in (400, 401, 403) else "."
    raise StackError(f"GATEWAY_URL does not work (tried {shown}): it answered {status}{hint}")


def reason(error: BaseException, *secrets: str) -> str:
    """The first line of what a library says, without the secrets that it may repeat."""
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    hidden = {part for secret in secrets for part in (secret, *passwords(secret))}
    for part in sorted(hidden, key=len, reverse=True):
        text = text.replace(part, "***") if part else text
    return re.sub(r"//[^\s/]*@", "//***@", text).rstrip(".")


def without_secrets(url: str) -> str:
    """The URL as it may be shown: no password, no secret parameter.

    Works on text, not on parsed parts: an address with a slip in it is the usual case here, and
    hiding too much of it does no harm.
    """
    return SECRET_PARAMETER.sub(r"\1***", USER_AND_PASSWORD.sub(r"\1***@", url))


def passwords(url: str) -> set[str]:
    """Every spelling of the passwords that a URL carries."""
    written = [match[2] for match in USER_AND_PASSWORD.finditer(url)]
    written += [match[2] for match in SECRET_PARAMETER.finditer(url)]
    written += [text.partition("&")[0] for text in written]
    return {each for text in written for each in (text, unquote(text), unquote_plus(text))}


def urlsplit_or_none(url: str, schemes: tuple[str, ...] = ()) -> SplitResult | None:
    """The parts of a URL; None when it has none, or another scheme than these."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return None if schemes and parts.scheme not in schemes else parts


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the key to somebody else."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Message,
        newurl: str,
    ) -> None:
        """Follow nothing: urllib then reports the status."""


def _get(url: str, key: str) -> int:
    """The status of a GET; OSError when nobody answers, ValueError on something else than JSON."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)
    request = urllib.request.Request(url, headers={"Accept": "application/json"})
    if key:
        request.add_unredirected_header("Authorization", f"Bearer {key}")
    try:
        with opener.open(request, timeout=SECONDS) as answer:
            body = json.loads(answer.read(4_000_000))
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except urllib.error.URLError as error:
        raise OSError(str(error.reason)) from None
    if not isinstance(body, dict) or "data" not in body:
        raise ValueError("the answer is no list of models")
    return 200


if __name__ == "__main__":
    sentences = probe_all(os.environ)
    print("\n".join(sentences))
    if sentences:
        sys.exit(1)
    if os.environ.get("DATABASE_URL") and is_empty(os.environ["DATABASE_URL"]):
        print(EMPTY)
