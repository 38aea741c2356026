"""Phase 4 by its stand-in, the gateway by the stub."""

from tests.factories.phase_four import for_module, gateway, phase_four, stub

__all__ = ["for_module", "gateway", "phase_four", "stub"]
