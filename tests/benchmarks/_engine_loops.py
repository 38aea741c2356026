"""The two loops beside the engine: the same calls with nothing kept, nothing priced, nothing safe.

    python tests/benchmarks/_engine_loops.py aiohttp|openai URL CALLS CONCURRENCY

What a person writes in an afternoon: `asyncio.gather` under a semaphore. Prints one JSON object
with the seconds and the processor seconds that the calls took. Imports nothing of the portal, so
that any interpreter may run it.
"""

import asyncio
import importlib
import json
import sys
import time
from collections.abc import Awaitable, Callable

MODELS = ("alpha", "beta", "gamma", "delta")
SYSTEM = "You sort support tickets.\n\nAnswer with the category of the ticket."


def messages(number: int) -> list[dict[str, str]]:
    """Return what the engine sends for ticket ``number``."""
    user = f"Ticket {number}\n\nThis is what ticket {number} is about."
    return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": user}]


async def gathered(calls: int, concurrency: int, call: Callable[[int], Awaitable[object]]) -> None:
    """Make all calls, at most ``concurrency`` at once."""
    limit = asyncio.Semaphore(concurrency)

    async def one(number: int) -> None:
        async with limit:
            await call(number)

    await asyncio.gather(*(one(number) for number in range(calls)))


async def with_aiohttp(url: str, calls: int, concurrency: int) -> tuple[float, float]:
    """The barest loop that there is."""
    aiohttp = importlib.import_module("aiohttp")
    connector = aiohttp.TCPConnector(limit=concurrency)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def call(number: int) -> object:
            body = {
                "model": MODELS[number % 4],
                "messages": messages(number // 4),
                "max_tokens": 64,
                "temperature": 0.0,
            }
            async with session.post(f"{url}/v1/chat/completions", json=body) as response:
                return (await response.json())["choices"][0]["message"]["content"]

        return await timed(gathered(calls, concurrency, call))


async def with_openai(url: str, calls: int, concurrency: int) -> tuple[float, float]:
    """The script that most evaluations start as."""
    openai = importlib.import_module("openai")
    async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="sk-bench") as client:

        async def call(number: int) -> object:
            answer = await client.chat.completions.create(
                model=MODELS[number % 4],
                messages=messages(number // 4),
                max_tokens=64,
                temperature=0.0,
            )
            return answer.choices[0].message.content

        return await timed(gathered(calls, concurrency, call))


async def timed(work: Awaitable[None]) -> tuple[float, float]:
    """Return the seconds and the processor seconds of ``work``."""
    began, used = time.perf_counter(), time.process_time()
    await work
    return time.perf_counter() - began, time.process_time() - used


def main() -> None:
    """Run one loop."""
    name, url, calls, concurrency = sys.argv[1:]
    loop = {"aiohttp": with_aiohttp, "openai": with_openai}[name]
    seconds, cpu = asyncio.run(loop(url, int(calls), int(concurrency)))
    sys.stdout.write(json.dumps({"seconds": seconds, "cpu": cpu}) + "\n")


if __name__ == "__main__":
    main()
