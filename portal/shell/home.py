"""The registry of the home page: areas register the panels that load into it by URL name."""

from dataclasses import dataclass, field

from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse


@dataclass(frozen=True, slots=True)
class HomePanel:
    """One registered panel; ``wide`` gives it the whole width."""

    url_name: str
    order: int
    label: str
    wide: bool


@dataclass(frozen=True, slots=True)
class Placeholder:
    """Where a panel loads: its address, which is also a page of its own without JavaScript."""

    label: str
    url: str
    wide: bool


@dataclass(slots=True)
class Home:
    """The panels of the home page."""

    panels: dict[str, HomePanel] = field(default_factory=dict)

    def register(self, panel: HomePanel) -> None:
        """Add ``panel``. Raises ImproperlyConfigured when it is registered already."""
        if panel.url_name in self.panels:
            raise ImproperlyConfigured(f"Home page: {panel.url_name} is registered twice.")
        self.panels[panel.url_name] = panel

    def placeholders(self) -> list[Placeholder]:
        """Return where the panels load, in order."""
        found = sorted(self.panels.values(), key=lambda panel: (panel.order, panel.label))
        return [Placeholder(panel.label, reverse(panel.url_name), panel.wide) for panel in found]


home = Home()


def register_panel(url_name: str, order: int, *, label: str, wide: bool = False) -> None:
    """Add a panel to the home page; called from ``AppConfig.ready()`` of the area.

    The view behind ``url_name`` answers a fragment (``render_page(..., partial="panel")``) to
    htmx and a whole page to a browser without JavaScript, which follows ``label`` as a link.
    """
    home.register(HomePanel(url_name, order, label, wide))
