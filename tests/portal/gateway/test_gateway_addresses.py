"""Where a connection may go: the text of an address, and the number behind it at the moment of
connecting.
"""

import asyncio
import ipaddress
import socket
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from portal.gateway.addresses import AddressError, AddressPolicy, AllowedTarget
from portal.gateway.errors import GatewayError
from portal.gateway.transport import GatewayClient
from tests.portal.gateway.calling import LOOPBACK, ask, failure
from tests.stubs.gateway import StubGateway

LISTED = AddressPolicy.parse(
    [
        "https://gateway.example.com",
        "*.models.example.com:8443",
        "http://litellm:4000=10.0.0.0/8|fd12::/16",
        "https://everything.example.com=0.0.0.0/0|::/0",
        "https://203.0.113.7",
    ]
)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1",
        "http://127.1",
        "http://0x7f.1",
        "http://0x7f000001",
        "http://2130706433",
        "http://017700000001",
        "http://0177.0.0.1",
        "http://127.0.0.1.:80",
        "http://0",
        "http://0.0.0.0",
        "http://[::1]",
        "http://[::]",
        "http://[::ffff:127.0.0.1]",
        "http://[::ffff:7f00:1]",
        "http://[::127.0.0.1]",
        "http://[64:ff9b::7f00:1]",
        "http://[2002:7f00:1::]",
        "http://localhost",
        "http://LOCALHOST:8000",
        "http://gateway.localhost",
        "http://169.254.169.254/latest/meta-data/",
        "http://[fe80::1]",
        "http://[fd00:ec2::254]",
        "http://10.0.0.1",
        "https://224.0.0.1",
        "https://240.0.0.1",
        "https://255.255.255.255",
        "https://8.8.8.8",
        "https://other.example.com",
        "https://models.example.com:8443",
        "https://evilmodels.example.com:8443",
        "https://gateway.example.com.evil.test",
        "http://gateway.example.com",
        "https://gateway.example.com:8443",
    ],
)
def test_a_target_that_is_not_listed_is_not_allowed(url: str) -> None:
    with pytest.raises(AddressError) as caught:
        LISTED.check_url(url)

    assert caught.value.code == "url_not_allowed"


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://gateway.example.com",
        "ftp://gateway.example.com",
        "//gateway.example.com",
        "gateway.example.com",
        "https://",
        "https://user@gateway.example.com",
        "https://user:secret@gateway.example.com",
        "https://gateway.example.com@evil.test",
        "https://gateway.example.com#x",
        "https://gateway.example.com#",
        "https://gateway.example.com:0",
        "https://gateway.example.com:22",
        "https://gateway.example.com:6379",
        "https://gateway.example.com:99999",
        "https://gateway.example.com:",
        "https://gateway.example.com:443x",
        "https://gateway.example.com\n",
        "https://gateway.example.com\r\nX: 1",
        "https://gate\tway.example.com",
        " https://gateway.example.com",
        "https://gateway.example.com.",
        "https://gateway..example.com",
        "https://gäteway.example.com",
        "https://gateway。example.com",
        "https://１２７.0.0.1",
        "https://gateway.example.com\\@evil.test",
        "https://[::1",
        "https://[fe80::1%25eth0]",
        "https://[not-an-address]",
        "https://xn--a",
        f"https://{'a' * 64}.example.com",
    ],
)
def test_a_form_that_leaves_something_to_interpret_is_invalid(url: str) -> None:
    with pytest.raises(AddressError) as caught:
        LISTED.check_url(url)

    assert caught.value.code == "url_invalid"


@pytest.mark.parametrize(
    "url",
    [
        "https://gateway.example.com",
        "https://gateway.example.com:443/v1",
        "https://GATEWAY.example.com/v1",
        "https://eu.models.example.com:8443",
        "https://a.b.models.example.com:8443",
        "http://litellm:4000/v1",
        "https://203.0.113.7/v1",
    ],
)
def test_a_listed_target_is_allowed(url: str) -> None:
    LISTED.check_url(url)


@pytest.mark.parametrize(
    ("host", "port", "scheme", "address", "allowed"),
    [
        ("gateway.example.com", 443, "https", "93.184.216.34", True),
        ("gateway.example.com", 443, "https", "2606:2800:220:1::1", True),
        ("gateway.example.com", 443, "https", "::ffff:93.184.216.34", True),
        ("gateway.example.com", 443, "https", "10.0.0.1", False),
        ("gateway.example.com", 443, "https", "192.168.0.1", False),
        ("gateway.example.com", 443, "https", "100.64.0.1", False),
        ("gateway.example.com", 443, "https", "::ffff:10.0.0.1", False),
        ("gateway.example.com", 443, "https", "fd12::1", False),
        ("gateway.example.com", 443, "https", "127.0.0.1", False),
        ("gateway.example.com", 80, "http", "93.184.216.34", False),
        ("litellm", 4000, "http", "10.1.2.3", True),
        ("litellm", 4000, "http", "fd12::1", True),
        ("litellm", 4000, "http", "192.168.0.1", False),
        ("litellm", 4000, "http", "93.184.216.34", False),
        ("everything.example.com", 443, "https", "10.0.0.1", True),
        # No entry lifts these.
        ("everything.example.com", 443, "https", "127.0.0.1", False),
        ("everything.example.com", 443, "https", "::1", False),
        ("everything.example.com", 443, "https", "0.0.0.0", False),
        ("everything.example.com", 443, "https", "169.254.169.254", False),
        ("everything.example.com", 443, "https", "::ffff:169.254.169.254", False),
        ("everything.example.com", 443, "https", "fe80::1", False),
        ("everything.example.com", 443, "https", "fec0::1", False),
        ("everything.example.com", 443, "https", "fd00:ec2::254", False),
        ("everything.example.com", 443, "https", "64:ff9b::a00:1", False),
        ("everything.example.com", 443, "https", "64:ff9b:1::1", False),
        ("everything.example.com", 443, "https", "2002:a00:1::", False),
        ("everything.example.com", 443, "https", "::10.0.0.1", False),
        ("everything.example.com", 443, "https", "224.0.0.1", False),
        ("everything.example.com", 443, "https", "ff02::1", False),
        ("everything.example.com", 443, "https", "255.255.255.255", False),
    ],
)
def test_the_number_decides(host: str, port: int, scheme: str, address: str, allowed: bool) -> None:
    number = ipaddress.ip_address(address)

    if allowed:
        LISTED.check_address(number, scheme=scheme, host=host, port=port)
    else:
        with pytest.raises(AddressError):
            LISTED.check_address(number, scheme=scheme, host=host, port=port)


def test_loopback_needs_leave_and_no_entry() -> None:
    for url in (
        "http://127.0.0.1:9000",
        "http://[::1]:9000",
        "http://localhost:9000",
        "http://127.8.8.8:9000",
    ):
        LOOPBACK.check_url(url)
        with pytest.raises(AddressError):
            AddressPolicy().check_url(url)


def test_leave_for_loopback_is_no_leave_for_a_name_that_resolves_to_it() -> None:
    with pytest.raises(AddressError):
        LOOPBACK.check_address(
            ipaddress.ip_address("127.0.0.1"), scheme="http", host="rebound.test", port=80
        )


@pytest.mark.parametrize(
    "entry",
    [
        "ftp://a.example",
        "https://",
        "a b",
        "a.example:0",
        "a.example:70000",
        "a.example=10.0.0.0/99",
        "a.example=x",
        "127.1:80",
        "gäteway",
    ],
)
def test_an_entry_that_cannot_be_read_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match=r"host|must|10\.0\.0\.0/99|'x'"):
        AllowedTarget.parse(entry)


class Rebinding(AbstractResolver):
    """A name server that gives its answers one after the other, then the last for ever."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked += 1
        addresses = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=0,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        pass


@pytest.mark.parametrize(
    "answers",
    [
        ["127.0.0.1"],
        ["93.184.216.34", "127.0.0.1"],
        ["::ffff:127.0.0.1"],
        ["169.254.169.254"],
        ["10.0.0.1"],
    ],
)
def test_a_name_that_points_inside_gets_nowhere(stub: StubGateway, answers: list[str]) -> None:
    port = stub.url.rsplit(":", 1)[1]
    policy = AddressPolicy.parse([f"http://rebound.test:{port}"])
    policy.check_url(f"http://rebound.test:{port}")

    error = failure(f"http://rebound.test:{port}", ask(), allow=policy, resolver=Rebinding(answers))

    assert (error.code, error.retryable, error.stops_candidate) == (
        "address_not_allowed",
        False,
        True,
    )
    assert not any(address in str(error) for address in answers)
    assert stub.connections == 0


def test_a_name_is_connected_to_at_the_address_that_was_checked(stub: StubGateway) -> None:
    port = int(stub.url.rsplit(":", 1)[1])
    policy = AddressPolicy.parse([f"http://gateway.test:{port}"], allow_loopback=True)
    names = Rebinding(["127.0.0.1"], ["169.254.169.254"])

    async def one() -> Any:
        async with GatewayClient(
            f"http://gateway.test:{port}", "", allow=policy, resolver=names
        ) as client:
            return await client.complete(ask())

    asyncio.run(one())

    assert names.asked == 1
    assert stub.calls[0].headers["host"] == f"gateway.test:{port}"


def test_a_name_without_an_address_is_unreachable() -> None:
    class Nothing(Rebinding):
        async def resolve(
            self, host: str, port: int = 0, family: Any = None
        ) -> list[ResolveResult]:
            raise OSError("no such name: secret.internal")

    policy = AddressPolicy.parse(["https://secret.internal"])

    error = failure("https://secret.internal", ask(), allow=policy, resolver=Nothing([]))

    assert error.code == "unreachable"
    assert "secret" not in str(error)


def test_a_client_for_a_forbidden_address_is_not_made() -> None:
    with pytest.raises(GatewayError) as caught:
        GatewayClient("http://169.254.169.254/", "sk-1", allow=LOOPBACK)

    assert caught.value.code == "address_not_allowed"
    assert "169.254" not in caught.value.message


def test_the_environment_names_no_proxy(stub: StubGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    async def one() -> str:
        async with GatewayClient(stub.url, "", allow=LOOPBACK) as client:
            return (await client.complete(ask())).text

    assert asyncio.run(one())
