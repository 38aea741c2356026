"""The template library of the portal."""
