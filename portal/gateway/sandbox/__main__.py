"""Start the sandbox gateway: ``python -m portal.gateway.sandbox --host 127.0.0.1 --port 4000``."""

import argparse
import asyncio
import math
import os
import signal
import sys

from aiohttp import web

from portal.gateway.sandbox.cast import MODELS
from portal.gateway.sandbox.server import DEFAULT_KEY, Settings, create_app


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM. Exit status 0 after a signal, 1 when the port is taken, 2
    for a bad setting."""
    parser = argparse.ArgumentParser(
        prog="sandbox", description="OpenAI-compatible gateway of simulated models."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument(
        "--port", type=int, default=4000, help="0 takes any free port and prints it"
    )
    options = parser.parse_args(arguments)
    scale = _latency_scale(os.environ.get("SANDBOX_LATENCY_SCALE", "1.0"))
    if scale is None:
        sys.stderr.write("SANDBOX_LATENCY_SCALE must be a number from 0 to 100, for example 1.0.\n")
        return 2
    settings = Settings(
        api_key=os.environ.get("SANDBOX_API_KEY") or DEFAULT_KEY, latency_scale=scale
    )
    try:
        asyncio.run(_serve(options.host, options.port, settings))
    except (OSError, OverflowError) as error:
        where = f"{options.host}:{options.port}"
        sys.stderr.write(f"The sandbox gateway cannot listen on {where}: {error}\n")
        return 1
    return 0


async def _serve(host: str, port: int, settings: Settings) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    runner = web.AppRunner(create_app(settings), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, backlog=1024).start()
        host, port = runner.addresses[0][:2]
        sys.stdout.write(
            f"sandbox gateway on http://{host}:{port}, {len(MODELS)} simulated models\n"
        )
        sys.stdout.flush()
        await stopped.wait()
    finally:
        await runner.cleanup()


def _latency_scale(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and 0 <= value <= 100 else None


if __name__ == "__main__":
    raise SystemExit(main())
