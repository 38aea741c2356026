"""What is said about an answer, as a mark beside its label."""

from collections.abc import Mapping
from typing import Any

from django import template

from workloads.briefs.threads import Thread

register = template.Library()


@register.inclusion_tag("workloads/briefs/talk.html")
def talk(
    ref: str,
    name: str,
    threads: Mapping[str, Thread],
    *,
    may_discuss: bool = False,
    drawer: bool = True,
    label: str = "",
) -> dict[str, Any]:
    """Show how much is said about the answer ``name``, as the way to its thread.

    Nothing said and not allowed to say anything shows nothing. ``drawer`` opens the thread beside
    the page, which then has to hold ``workloads/briefs/drawer.html``.
    """
    found = threads.get(name)
    return {
        "ref": ref,
        "name": name,
        "thread": found,
        "shown": found is not None or may_discuss,
        "drawer": drawer,
        "label": label or (found.label if found else ""),
    }
