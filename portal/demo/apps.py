"""App of portal.demo."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """The demo company and its data."""

    name = "portal.demo"
    label = "portal_demo"
