"""The registry of the navigation: each area registers its entry when its app is ready.

The shell stands below the areas and cannot import them, so it knows them by URL name alone.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.urls import reverse

Section = Literal["main", "account"]
Visible = Callable[[HttpRequest], bool]


@dataclass(frozen=True, slots=True)
class Entry:
    """One registered entry. ``section`` is "main" (the top bar) or "account" (the user menu)."""

    label: str
    url_name: str
    order: int
    section: Section
    visible: Visible | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as the page shows it; ``current`` marks where the reader is."""

    label: str
    url: str
    current: bool


@dataclass(slots=True)
class Navigation:
    """The entries of one site."""

    entries: dict[str, Entry] = field(default_factory=dict)

    def register(self, entry: Entry) -> None:
        """Add ``entry``. Raises ImproperlyConfigured when its page is registered already."""
        if entry.url_name in self.entries:
            raise ImproperlyConfigured(f"Navigation: {entry.url_name} is registered twice.")
        self.entries[entry.url_name] = entry

    def links(self, request: HttpRequest, section: Section) -> list[Link]:
        """Return the links of ``section`` for this request, in order.

        Current is the entry whose address is the longest start of the present path; the home
        page ("/") is current only on itself.
        """
        entries = sorted(
            (
                entry
                for entry in self.entries.values()
                if entry.section == section and (entry.visible is None or entry.visible(request))
            ),
            key=lambda entry: (entry.order, entry.label),
        )
        urls = [reverse(entry.url_name) for entry in entries]
        here = max((url for url in urls if _leads_to(url, request.path)), key=len, default=None)
        return [
            Link(entry.label, url, url == here) for entry, url in zip(entries, urls, strict=True)
        ]


def _leads_to(url: str, path: str) -> bool:
    if url == "/":
        return path == "/"
    return path == url or path.startswith(f"{url.rstrip('/')}/")


navigation = Navigation()


def register(
    label: str,
    url_name: str,
    order: int,
    section: Section = "main",
    *,
    visible: Visible | None = None,
) -> None:
    """Add a page to the navigation; called from ``AppConfig.ready()`` of the area.

    ``visible`` hides the entry from those it is not for; the page itself still checks.
    """
    navigation.register(Entry(label, url_name, order, section, visible))
