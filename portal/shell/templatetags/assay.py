"""The template library of the portal: components as tags, figures as filters.

Every tag draws one template of ``templates/components/``; every filter answers plain text that
the template escapes. See ``/styleguide/`` for how they look.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django import template
from django.core.serializers.json import DjangoJSONEncoder
from django.forms import BaseForm
from django.forms.boundfield import BoundField
from django.template import Context
from django.template.loader import render_to_string
from django.utils.html import format_html

from portal.common.clock import now
from portal.shell import components, formats, marks, plots
from portal.shell.icons import ICONS, TONES, Icon

register = template.Library()

MESSAGE_TONES = {"success": "pass", "error": "fail", "warning": "warn", "info": "info"}


# Figures ---------------------------------------------------------------------------------------
register.filter("money", formats.money)
register.filter("cost_of_one", formats.cost_of_one)
register.filter("percent", formats.percent)
register.filter("points", formats.points)
register.filter("number", formats.number)
register.filter("duration", formats.duration)
register.filter("short_digest", formats.short_digest)


@register.filter
def when(value: datetime | date | None) -> str:
    """Return a moment as ``<time>``, "14 Nov 2026, 09:12"; a missing one is a dash."""
    if not value:
        return formats.MISSING
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), formats.moment(value))


@register.filter
def ago(value: datetime | None) -> str:
    """Return how long ago a moment was, as ``<time>`` with the moment itself as its title."""
    if not value:
        return formats.MISSING
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(),
        formats.moment(value),
        formats.since(value, now()),
    )


@register.filter
def initials(value: object) -> str:
    """Return at most two initials of a name."""
    return formats.initials(str(value))


# Text ------------------------------------------------------------------------------------------
@register.filter
def visible(value: object) -> str:
    """Return text with control, bidi and zero-width characters shown as marks."""
    return marks.visible("" if value is None else str(value))


@register.filter
def json_pretty(value: object) -> str:
    """Return a value as indented JSON text, hidden characters shown as marks."""
    text = json.dumps(value, indent=2, ensure_ascii=False, cls=DjangoJSONEncoder)
    return marks.visible(text)


@register.filter
def message_tone(level: str) -> str:
    """Return the tone of a flash message's level."""
    return MESSAGE_TONES.get(level, "none")


@register.filter
def tone_icon(tone: str) -> str:
    """Return the name of the icon that stands for a tone."""
    return TONES.get(tone, "dash")


@register.inclusion_tag("components/quoted.html")
def quoted(text: object, label: str = "Text", *, code: bool = True) -> dict[str, Any]:
    """Show text that somebody or a model wrote: as it is, marked, never processed by htmx."""
    return {"text": "" if text is None else str(text), "label": label, "code": code}


@register.inclusion_tag("components/diff.html")
def diff(parts: Iterable[tuple[str, str]], label: str = "What changed") -> dict[str, Any]:
    """Show (op, text) pairs as insertions and deletions; op is = + - or equal insert delete."""
    return {"parts": components.diff_parts(parts), "label": label}


# Blocks ----------------------------------------------------------------------------------------
@register.simple_block_tag
def panel(
    content: str, title: str, *, end: object = "", chip: Any = None, flush: bool = False,
    id: str = "",
) -> str:  # fmt: skip
    """Draw a panel. ``flush`` leaves out the padding, for tables and lists up to the edge."""
    return render_to_string(
        "components/panel.html",
        {"content": content, "title": title, "end": end, "chip": chip, "flush": flush, "id": id},
    )


@register.simple_block_tag
def callout(content: str, tone: str = "info", title: str = "") -> str:
    """Draw a remark that matters; ``tone`` is one of pass, fail, warn, info, none."""
    return render_to_string(
        "components/callout.html", {"content": content, "tone": tone, "title": title}
    )


@register.simple_block_tag
def scroll(content: str, label: str) -> str:
    """Draw a region that scrolls sideways when a table is wider than the screen."""
    return render_to_string("components/scroll.html", {"content": content, "label": label})


@register.simple_block_tag
def empty_state(content: str, title: str, icon: str = "inbox") -> str:
    """Draw what stands where nothing is yet; the content says what to do next."""
    return render_to_string(
        "components/empty_state.html", {"content": content, "title": title, "icon": icon}
    )


@register.simple_block_tag
def dialog(content: str, id: str, title: str) -> str:
    """Draw a ``<dialog>`` that a button with ``data-dialog-open="<id>"`` opens."""
    return render_to_string(
        "components/dialog.html", {"content": content, "id": id, "title": title}
    )


# Status ----------------------------------------------------------------------------------------
@register.inclusion_tag("components/icon.html")
def icon(name: str) -> dict[str, Icon]:
    """Draw one icon of portal.shell.icons; it is decoration, words stand beside it."""
    return {"icon": ICONS[name]}


@register.inclusion_tag("components/chip.html")
def chip(value: Any, label: str = "", symbol: str = "") -> dict[str, components.Chip]:
    """Draw a status from an enum member, or from a tone and a label."""
    return {"chip": components.chip(value, label, symbol)}


@register.inclusion_tag("components/checks.html")
def checks(items: Iterable[Any]) -> dict[str, Any]:
    """Draw checks; each has state, label, and may have detail, link, link_label and who."""
    return {"rows": components.check_rows(items)}


@register.inclusion_tag("components/rail.html")
def rail(phases: Iterable[Any], label: str = "Phases") -> dict[str, Any]:
    """Draw the rail of phases; each has number, label, state, and may have note, url, current."""
    return {"steps": components.rail_steps(phases), "label": label}


@register.inclusion_tag("components/facts.html")
def facts(items: Iterable[Any]) -> dict[str, Any]:
    """Draw few large figures; each is (label, value[, note]) or has label, value, note, tone."""
    return {"rows": components.pairs(items)}


@register.inclusion_tag("components/definitions.html")
def definitions(items: Iterable[Any]) -> dict[str, Any]:
    """Draw labels and values line by line; each is (label, value[, note]) or has url as well."""
    return {"rows": components.pairs(items)}


@register.inclusion_tag("components/seal.html")
def seal(digest: str, text: str = "") -> dict[str, Any]:
    """Draw a digest as a seal, with what it covers in words."""
    return {"digest": digest, "shown": formats.grouped_digest(digest), "text": text}


# Plots -----------------------------------------------------------------------------------------
@register.inclusion_tag("components/interval_plot.html")
def interval_plot(
    value: float | None,
    low: float | None,
    high: float | None,
    floor: float | None = None,
    label: str = "",
    lo: float = 0,
    hi: float = 1,
    digits: int = 2,
) -> dict[str, Any]:
    """Draw an estimate with its interval and floor; nothing but a dash without figures."""
    if value is None or low is None or high is None:
        return {"plot": None}
    plot = plots.interval_plot(
        float(value), float(low), float(high),
        floor=None if floor is None else float(floor),
        label=label, lo=float(lo), hi=float(hi), digits=digits,
    )  # fmt: skip
    return {"plot": plot}


@register.inclusion_tag("components/interval_chart.html")
def interval_chart(chart: plots.IntervalChart) -> dict[str, Any]:
    """Draw a chart of portal.shell.plots: estimates under each other, with the floor."""
    return {"chart": chart}


@register.inclusion_tag("components/bars.html")
def bars(items: Iterable[Any], label: str, maximum: float | None = None) -> dict[str, Any]:
    """Draw bars beside their figures; each item has label, value, and may have text and tone."""
    rows = list(items)
    top = maximum
    if top is None:
        top = max((float(components.part(row, "value", 0)) for row in rows), default=0.0)
    return {
        "label": label,
        "rows": [
            {
                "label": components.part(row, "label"),
                "text": components.part(row, "text")
                or formats.number(components.part(row, "value", 0)),
                "tone": components.part(row, "tone", "brand"),
                "width": plots.bar_width(float(components.part(row, "value", 0)), float(top)),
            }
            for row in rows
        ],
    }


@register.inclusion_tag("components/sparkline.html")
def sparkline(values: Sequence[float | None], label: str = "") -> dict[str, Any]:
    """Draw the course of a figure, oldest first; a dash when there are fewer than two."""
    return {"spark": plots.sparkline(values, label=label)}


@register.inclusion_tag("components/progress.html")
def progress(value: float, maximum: float, label: str, text: str = "") -> dict[str, Any]:
    """Draw how far a piece of work is, with the same in figures."""
    shown = text or f"{formats.number(value)} of {formats.number(maximum)}"
    return {
        "value": f"{float(value):g}",
        "maximum": f"{float(maximum) or 1.0:g}",
        "label": label,
        "text": shown,
    }


# Moving about ----------------------------------------------------------------------------------
@register.inclusion_tag("components/tabs.html")
def tabs(items: Iterable[Any], label: str) -> dict[str, Any]:
    """Draw links to pages that belong together; each has label, url, current, maybe count."""
    return {"tabs": components.tab_rows(items), "label": label}


@register.inclusion_tag("components/pager.html", takes_context=True)
def pager(context: Context, next_cursor: str, parameter: str = "cursor") -> dict[str, Any]:
    """Draw the way to the next page; other parameters of the address stay."""
    query = context["request"].GET.copy()
    started = parameter in query
    query.pop(parameter, None)
    first = query.urlencode()
    query[parameter] = next_cursor
    return {
        "started": started,
        "first": f"?{first}",
        "next": f"?{query.urlencode()}" if next_cursor else "",
    }


# Forms -----------------------------------------------------------------------------------------
@register.simple_tag
def control(field: BoundField) -> str:
    """Draw the control of a form field alone, with its classes and its description."""
    return field.as_widget(attrs=components.control_attributes(field))


@register.filter
def field_kind(field: BoundField) -> str:
    """Return how a field is laid out: hidden, check, group, prefix, suffix or plain."""
    if field.is_hidden:
        return "hidden"
    if getattr(field.field.widget, "input_type", "") == "checkbox" and not field.use_fieldset:
        return "check"
    if field.use_fieldset:
        return "group"
    unit = str(getattr(field.field, "unit", ""))
    if not unit:
        return "plain"
    # Signs of money and comparison stand before the figure, units after it.
    return "prefix" if len(unit) == 1 and not unit.isalnum() and unit != "%" else "suffix"


@register.inclusion_tag("components/error_summary.html")
def error_summary(form: BaseForm) -> dict[str, Any]:
    """Draw what is wrong in a refused form, each with a link to its field."""
    return {"problems": components.form_problems(form) if form.is_bound else []}
