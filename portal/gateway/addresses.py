"""Where an outgoing connection may go.

Two checks. ``AddressPolicy.check_url`` looks at the text of an address when it is saved or first
used: a courtesy with a clear answer. ``AddressPolicy.check_address`` decides, at the moment of
connecting, on the number that a name resolved to (``portal.gateway.resolving`` calls it), so that a
name that changes its mind between the two checks gets nowhere.
"""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Self
from urllib.parse import SplitResult, urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# No entry of an allow list can lift these. Cloud metadata services, "this host", ways to write an
# IPv4 address inside an IPv6 one (translators would carry the connection to an address that was
# never checked), groups, reserved blocks.
DENIED: tuple[Network, ...] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "169.254.0.0/16",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/96",
        "::ffff:0:0:0/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2002::/16",
        "fd00:ec2::/32",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)
DEFAULT_PORTS = {"http": 80, "https": 443}
# Ports above 1023 that browsers refuse too, because another protocol listens there that reads what
# we would write.
BAD_PORTS = frozenset(
    {
        1719,
        1720,
        1723,
        2049,
        3659,
        4045,
        4190,
        5060,
        5061,
        6000,
        6379,
        6566,
        6679,
        6697,
        10080,
        *range(6665, 6670),
    }
)
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\Z")
ENTRY = re.compile(
    r"(?:(?P<scheme>https?)://)?(?P<host>\[[^\]]+\]|[^:/=\[\]]+)(?::(?P<port>\d+))?/?(?:=(?P<nets>.+))?\Z"
)


class AddressError(Exception):
    """An address that is not used. ``code`` is ``url_invalid`` (its form) or ``url_not_allowed``
    (its target).
    """

    def __init__(self, code: Literal["url_invalid", "url_not_allowed"], message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(message)


NOT_LISTED = "This address is not on the list of allowed addresses."


def _invalid(message: str) -> AddressError:
    return AddressError("url_invalid", message)


def _not_allowed(message: str = NOT_LISTED) -> AddressError:
    return AddressError("url_not_allowed", message)


@dataclass(frozen=True, slots=True)
class AllowedTarget:
    """One entry of an allow list: scheme, host (a leading dot allows every name below it), port,
    networks.

    Without networks the host's addresses must all be public. ``parse`` reads
    ``[scheme://]host[:port][=network[|network...]]``, for example ``https://gateway.example.com``,
    ``*.models.example.com:8443`` or ``http://litellm:4000=10.0.0.0/8|fd12::/16``. The scheme is
    https and the port that of the scheme unless said otherwise. A host given as a number stands for
    exactly that number.
    """

    scheme: str
    host: str
    port: int
    networks: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one entry. Raises ``ValueError`` that says what is wrong with it."""
        match = ENTRY.match(text.strip().lower())
        if match is None:
            raise ValueError(
                f"{text!r} is not an allowed host: write [scheme://]host[:port][=network]"
            )
        scheme = match["scheme"] or "https"
        host = match["host"].removeprefix("*").strip("[]")
        port = int(match["port"] or DEFAULT_PORTS[scheme])
        if not 0 < port < 65536:
            raise ValueError(f"{text!r}: the port must lie between 1 and 65535")
        try:
            networks = tuple(
                ipaddress.ip_network(part.strip())
                for part in (match["nets"] or "").split("|")
                if part.strip()
            )
        except ValueError as error:
            raise ValueError(f"{text!r}: {error}") from None
        literal = literal_address(host)
        if literal is not None:
            networks = networks or (ipaddress.ip_network(literal),)
        elif looks_numeric(host) or not _is_name(host.removeprefix(".")):
            raise ValueError(f"{text!r}: the host must be a name in ASCII or a plain IP address")
        return cls(scheme, host, port, networks)

    def names(self, scheme: str, host: str, port: int) -> bool:
        """Whether this entry is about that target."""
        if (scheme, port) != (self.scheme, self.port):
            return False
        return (
            host.endswith(self.host) and host != self.host
            if self.host.startswith(".")
            else host == self.host
        )


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """Which targets one surface (the gateway, a workload endpoint, a webhook) may reach.

    Loopback needs ``allow_loopback`` (tests and the demo), and then no entry.
    """

    entries: tuple[AllowedTarget, ...] = ()
    allow_loopback: bool = False

    @classmethod
    def parse(cls, entries: Iterable[str], *, allow_loopback: bool = False) -> Self:
        """A policy from the text of its entries. Raises ``ValueError`` that names the entry that
        cannot be read.
        """
        return cls(
            tuple(AllowedTarget.parse(entry) for entry in entries if entry.strip()), allow_loopback
        )

    def check_url(self, url: str) -> SplitResult:
        """The parts of a URL whose form is right and whose host may be tried.

        Raises ``AddressError``: ``url_invalid`` for its form, ``url_not_allowed`` for a target
        outside the list.
        """
        parts = split_url(url)
        host = str(parts.hostname)
        port = parts.port or DEFAULT_PORTS[parts.scheme]
        literal = literal_address(host)
        if literal is not None:
            self.check_address(literal, scheme=parts.scheme, host=host, port=port)
        elif is_local_name(host):
            if not self.allow_loopback:
                raise _not_allowed()
        elif not self._matching(parts.scheme, host, port):
            raise _not_allowed()
        return parts

    def check_address(self, address: Address, *, scheme: str, host: str, port: int) -> None:
        """Decide on the number that is about to be connected to. Raises ``AddressError`` when it
        may not be.
        """
        address = unwrap(address)
        if address.is_loopback:
            if self.allow_loopback and (
                literal_address(host) is not None
                or is_local_name(host)
                or self._matching(scheme, host, port)
            ):
                return
            raise _not_allowed()
        if any(address in network for network in DENIED):
            raise _not_allowed("This address belongs to a range that is never connected to.")
        for entry in self._matching(scheme, host, port):
            if any(address in network for network in entry.networks) or (
                not entry.networks and address.is_global
            ):
                return
        raise _not_allowed()

    def _matching(self, scheme: str, host: str, port: int) -> tuple[AllowedTarget, ...]:
        return tuple(entry for entry in self.entries if entry.names(scheme, host, port))


def split_url(url: str) -> SplitResult:
    """The parts of an http or https URL in a form that leaves nothing to interpret. Raises
    ``AddressError``.
    """
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise _invalid(
            "The address must be plain ASCII without spaces, line breaks or backslashes."
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _invalid("The address has a port or a bracket that cannot be read.") from None
    if parts.scheme not in DEFAULT_PORTS:
        raise _invalid("The address must start with https:// or http://.")
    if "@" in parts.netloc:
        raise _invalid("The address must not hold a user name or password.")
    if "#" in url:
        raise _invalid("The address must not hold a fragment (#).")
    if port is not None and (
        port in BAD_PORTS or (port < 1024 and port not in DEFAULT_PORTS.values())
    ):
        raise _invalid("The port must be 80, 443 or a usual port from 1024 to 65535.")
    host = parts.hostname or ""
    if parts.netloc.endswith(":") or not host:
        raise _invalid("The address needs a host name.")
    if "[" in parts.netloc:
        if literal_address(host) is None:
            raise _invalid("The host in brackets is not an IPv6 address.")
    elif looks_numeric(host):
        # 127.1, 0x7f.1, 2130706433, 0177.0.0.1: forms that some resolvers read as an address and
        # others do not.
        if literal_address(host) is None:
            raise _not_allowed()
    elif not _is_name(host):
        raise _invalid(
            "The host must be a name of letters, digits and hyphens, without a dot at the end."
        )
    return parts


def literal_address(host: str) -> Address | None:
    """The address that a host writes out as a number in its usual form, else ``None``."""
    if "%" in host:
        return None
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def looks_numeric(host: str) -> bool:
    """Whether the last label could be read as a number, which makes the whole host one (WHATWG URL,
    IPv4 parser).
    """
    last = host.rstrip(".").rsplit(".", 1)[-1]
    return last.isdigit() or re.fullmatch(r"0x[0-9a-f]*", last) is not None


def is_local_name(host: str) -> bool:
    """Whether the name stands for this machine by definition (RFC 6761)."""
    return host == "localhost" or host.endswith(".localhost")


def unwrap(address: Address) -> Address:
    """The IPv4 address inside an IPv4-mapped IPv6 one (``::ffff:127.0.0.1``); any other address
    unchanged.
    """
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _is_name(host: str) -> bool:
    if len(host) > 253 or not all(LABEL.match(label) for label in host.split(".")):
        return False
    # A label that claims to be internationalised must be what encoding its own text gives again.
    if "xn--" in host:
        try:
            return host.encode("ascii").decode("idna").encode("idna").decode("ascii") == host
        except UnicodeError:
            return False
    return True
