"""Phase 4 by its stand-in, the gateway by the stub."""

from tests.factories.phase_four import gateway, phase_four, stub

__all__ = ["gateway", "phase_four", "stub"]
