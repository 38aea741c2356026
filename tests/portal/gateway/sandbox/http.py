"""Ask the sandbox over real HTTP on the loopback."""

import asyncio
import io
import json
from dataclasses import dataclass
from typing import Any

from aiohttp.test_utils import TestClient, TestServer

from portal.gateway.sandbox.server import DEFAULT_KEY, Settings, create_app

CHAT = "/v1/chat/completions"


@dataclass(frozen=True)
class Answer:
    """Status, headers and body of one answer."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)

    @property
    def content(self) -> str:
        return str(self.body["choices"][0]["message"]["content"])


def call(
    path: str,
    body: object = None,
    *,
    raw: bytes | None = None,
    key: str | None = DEFAULT_KEY,
    settings: Settings | None = None,
) -> Answer:
    """One request: GET without a body, POST with one."""

    async def ask() -> Answer:
        app = create_app(settings or Settings(latency_scale=0))
        async with TestClient(TestServer(app)) as client:
            headers = {"Authorization": f"Bearer {key}"} if key is not None else {}
            data = json.dumps(body).encode() if raw is None else raw
            method = "GET" if body is None and raw is None else "POST"
            async with client.request(
                method, path, data=io.BytesIO(data) if method == "POST" else None, headers=headers
            ) as got:
                return Answer(
                    got.status,
                    {name.lower(): value for name, value in got.headers.items()},
                    await got.text(),
                )

    return asyncio.run(ask())


def chat(**fields: object) -> Answer:
    """A chat call with sensible defaults."""
    return call(
        CHAT,
        {"model": "aurora-large", "messages": [{"role": "user", "content": "Hello!"}]} | fields,
    )
