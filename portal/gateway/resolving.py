"""The connector whose every connection has been checked by an ``AddressPolicy``."""

import ipaddress
import socket

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from portal.gateway.addresses import AddressPolicy

RESOLVED_FOR_SECONDS = 10


class CheckedResolver(AbstractResolver):
    """Resolves a name and refuses it when *any* of its addresses may not be connected to.

    The connector connects to the very addresses that come back from here, so there is no second
    look-up that could answer differently. A host that is written as a number never comes here:
    ``AddressPolicy.check_url`` decides on it.
    """

    def __init__(
        self, policy: AddressPolicy, scheme: str, resolver: AbstractResolver | None = None
    ) -> None:
        self._policy = policy
        self._scheme = scheme
        self._resolver = resolver or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a name. Raises ``AddressError`` for a forbidden one, ``OSError`` when
        there is none.
        """
        found = await self._resolver.resolve(host, port, family)
        for result in found:
            self._policy.check_address(
                ipaddress.ip_address(result["host"].split("%", 1)[0]),
                scheme=self._scheme,
                host=host,
                port=port,
            )
        return found

    async def close(self) -> None:
        """Release what resolving holds."""
        await self._resolver.close()


def checked_connector(
    policy: AddressPolicy, scheme: str, *, limit: int, resolver: AbstractResolver | None = None
) -> aiohttp.TCPConnector:
    """A connection pool of at most ``limit`` connections for URLs of one scheme that ``check_url``
    has passed.
    """
    return aiohttp.TCPConnector(
        limit=limit,
        resolver=CheckedResolver(policy, scheme, resolver),
        ttl_dns_cache=RESOLVED_FOR_SECONDS,
    )
