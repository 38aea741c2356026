"""App of catalog."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """The approved models, their prices, and how they match a brief."""

    name = "catalog"
    label = "catalog"
