"""A programmable OpenAI-compatible gateway for tests, on a loopback port of its own.

In a test::

    with StubGateway() as stub:
        stub.behave("slow", "latency=200")
        ... call stub.url with model "slow" ...
        assert stub.count("slow") == 1

By itself: ``python -m tests.stubs.gateway --port 8300``; a model name that is a behaviour behaves
so (``status=500``). ``behaviours`` lists what can be asked for.
"""

from tests.stubs.gateway.server import StubCall, StubGateway

__all__ = ["StubCall", "StubGateway"]
