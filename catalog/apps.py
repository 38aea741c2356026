"""App of catalog."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """The approved models, their prices, and how they match a brief."""

    name = "catalog"
    label = "catalog"

    def ready(self) -> None:
        """Put the catalog into the navigation."""
        from portal.shell.navigation import register

        register("Catalog", "catalog:catalog", 30)
