"""The connection to the company's gateway, as Django's settings describe it."""

from django.conf import settings

from portal.gateway.addresses import (
    DEFAULT_PORTS,
    AddressError,
    AddressPolicy,
    AllowedTarget,
    split_url,
)
from portal.gateway.errors import GatewayError
from portal.gateway.transport import GatewayClient, address_error


def connect(*, max_connections: int = 128) -> GatewayClient:
    """A client for ``GATEWAY_URL`` with ``GATEWAY_API_KEY``; enter it with ``async with``.

    ``GATEWAY_ALLOWED_HOSTS`` lists what may be connected to (``AllowedTarget.parse`` says how an
    entry is written). When it is empty, the one allowed target is ``GATEWAY_URL`` itself, on public
    addresses only: a gateway inside the company needs an entry that names its network.
    ``GATEWAY_ALLOW_LOOPBACK`` is for tests and the demo. Raises ``GatewayError``
    (``address_not_allowed``) when there is no gateway or it may not be connected to.
    """
    url: str = settings.GATEWAY_URL
    if not url:
        raise GatewayError("address_not_allowed", "No gateway is set up: set GATEWAY_URL.")
    return GatewayClient(
        url, settings.GATEWAY_API_KEY, max_connections=max_connections, allow=policy_for(url)
    )


def policy_for(url: str) -> AddressPolicy:
    """What the settings allow a connection to ``url`` to reach.

    Raises ``GatewayError`` (``address_not_allowed``) for a URL or an entry that cannot be read.
    """
    loopback: bool = settings.GATEWAY_ALLOW_LOOPBACK
    listed: list[str] = settings.GATEWAY_ALLOWED_HOSTS
    if not listed:
        try:
            parts = split_url(url)
        except AddressError as error:
            raise address_error(error) from None
        port = parts.port or DEFAULT_PORTS[parts.scheme]
        return AddressPolicy((AllowedTarget(parts.scheme, str(parts.hostname), port),), loopback)
    try:
        return AddressPolicy.parse(listed, allow_loopback=loopback)
    except ValueError:
        raise GatewayError(
            "address_not_allowed",
            "An entry of GATEWAY_ALLOWED_HOSTS cannot be read: "
            "write [scheme://]host[:port][=network|network].",
        ) from None


def is_simulated() -> bool:
    """Whether the gateway is the embedded sandbox, which every screen then says."""
    return bool(settings.GATEWAY_SIMULATED)
