"""A brief as a Markdown file: readable as it is, and what people wrote stays text. Pure."""

import re

from portal.shell.formats import moment
from portal.shell.marks import visible
from workloads.briefs.enums import Tier
from workloads.briefs.selectors import Edition
from workloads.briefs.versions import WrittenSection, written_out
from workloads.lifecycle.models import Workload

# Whatever could begin an emphasis, a link, a tag, a table cell, a heading or an entity.
_SPECIAL = re.compile(r"[\\`*_{}\[\]<>#|~&$^]")
# What turns into a link without any mark, where renderers add links themselves.
_LINKED = re.compile(r"(?i)(https?|ftp|mailto|xmpp)(:)|(www)(\.)|()(@)")
# What begins a list, a rule, a heading's underline or a quotation at the start of a line.
_LINE_START = re.compile(r"^([-+=:]|[0-9]+(?=[.)]))")


def markdown(workload: Workload, edition: Edition) -> str:
    """Return the whole file: title, what it is a copy of, the sections; ends with a line feed."""
    by = f" by {as_text(str(edition.by))}" if edition.by else ""
    state = "Draft, last changed" if edition.draft else "Committed"
    lines = [
        f"# Brief: {as_text(workload.name)}",
        "",
        f"- Workload: {workload.ref}",
        f"- Version: {edition.number}{' (draft)' if edition.draft else ''}",
        f"- {state}: {moment(edition.at)} UTC{by}",
        f"- Risk tier: {Tier(str(edition.tier)).label}",
        f"- Digest of the material answers: `{edition.digest}`",
        "",
    ]
    for section in written_out(edition.content):
        lines += [f"## {section.title}", "", *_section(section)]
    return "\n".join(lines).rstrip("\n") + "\n"


def _section(section: WrittenSection) -> list[str]:
    lines: list[str] = []
    for pair in section.pairs:
        lines += [f"**{as_text(pair.question)}**", "", as_text(pair.answer), ""]
    if section.kpis:
        lines += [
            "| KPI | How it is counted | Measured by | Today | Target | Floor | Before launch |",
            "| --- | --- | --- | ---: | ---: | ---: | --- |",
        ]
        names = ("name", "definition", "source", "baseline", "target", "floor", "before_launch")
        for kpi in section.kpis:
            cells = [as_text(" ".join(kpi[name].split())) or "no" for name in names]
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    return lines


def as_text(value: str) -> str:
    """Return ``value`` as Markdown that renders to exactly these words, line by line.

    Nothing in it becomes a link, a tag, a heading or any other mark; characters that hide or
    reorder text show as marks.
    """
    lines = [" ".join(line.split()) for line in visible(value).split("\n")]
    return "\\\n".join(_line(line) for line in lines if line)


def _line(line: str) -> str:
    escaped = _SPECIAL.sub(lambda found: f"\\{found[0]}", line)
    escaped = _LINKED.sub(lambda found: "".join(_parted(found)), escaped)
    return _LINE_START.sub(
        lambda found: found[1] + "\\" if found[1][0].isdigit() else f"\\{found[1]}", escaped
    )


def _parted(found: re.Match[str]) -> list[str]:
    word, sign = [part for part in found.groups() if part is not None]
    return [word, "\\", sign]


def file_name(workload: Workload, edition: Edition) -> str:
    """Return the name of the file: "WL-0001-brief-2.md", "WL-0001-brief-3-draft.md"."""
    return f"{workload.ref}-brief-{edition.number}{'-draft' if edition.draft else ''}.md"
