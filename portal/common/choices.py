"""Enums that carry their label, tone and symbol, so that no view or template picks a colour."""

from typing import Any, ClassVar

from django.db import models

SYMBOLS = {"pass": "✓", "fail": "✕", "warn": "!", "info": "•", "none": "–"}


class ToneChoices(models.TextChoices):
    """TextChoices whose members answer ``.tone`` (pass, fail, warn, info, none) and ``.symbol``.

    A subclass lists its tones in ``__tones__`` and, where the tone's own symbol does not fit,
    its symbols in ``__symbols__``, both keyed by value; what is not listed is ``none``.
    """

    __tones__: ClassVar[dict[str, str]]
    __symbols__: ClassVar[dict[str, str]]

    @property
    def tone(self) -> str:
        """The meaning of this value as the styles know it."""
        tones: dict[str, str] = getattr(type(self), "__tones__", {})
        return tones.get(self.value, "none")

    @property
    def symbol(self) -> str:
        """The mark that stands before the label, so that colour is never the only sign."""
        symbols: dict[str, Any] = getattr(type(self), "__symbols__", {})
        return str(symbols.get(self.value, SYMBOLS[self.tone]))
