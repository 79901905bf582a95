"""A plan in words: as text for a terminal, and as Markdown for a pull request.

Both are made of the same sections, each a title and lines; Markdown keeps to what a comment may hold by leaving
whole sections out, never by cutting one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...findings.finding import Finding, Severity
from ...plan.changes import Action
from ...plan.effects import DANGERS, Consequence
from ...plan.plan import AlikeClusters, Plan
from ...plan.plan_class import class_of
from .. import count_line
from ..terminal import terminal_table
from ..text import printable
from .capacity import capacity_cells, capacity_rows, verdict_rows
from .colour import row as painted
from .colour import rows as painted_rows
from .colour import title_of
from .fields import change_rows
from .hub import hub_sections
from .platforms import platform_sections
from .section import Section
from .transfers import to_pull, too_slow
from .whole import whole_sections
from .words import names, number_of, some

LIMIT = 60_000
"""Characters of a comment; forges take 65,536."""
TITLE = "### nearedge plan"
"""First line of the Markdown."""
FINDINGS = 40
"""Errors and refusals that a comment names; a terminal shows all."""
ROOMS = 24
"""Lines of the table of room: the fullest."""


def as_text(plan: Plan, *, colour: bool = False, width: int | None = None) -> str:
    """The whole plan; on a terminal with its tables and sentences as wide as that is."""
    heads = _told(head(plan).splitlines(), colour=colour, width=width)
    return "".join(f"{line}\n" for line in (*heads, "", *_body(plan, colour=colour, width=width)))


def _body(plan: Plan, *, colour: bool, width: int | None) -> Iterator[str]:
    yield from section_rows(sections(plan), colour=colour, width=width)
    yield title_of(last(plan), colour=colour)


def of_edit(plan: Plan, *, whole: bool, colour: bool = False, width: int | None = None) -> str:
    """What an edit does, before it is on disk: the sentences, or the `whole` plan."""
    rows = _told(head(plan).splitlines()[1:], colour=colour, width=width)
    body = _body(plan, colour=colour, width=width) if whole else [title_of(last(plan), colour=colour)]
    return "".join(f"{line}\n" for line in (*rows, *([""] if whole else []), *body))


def section_rows(
    parts: Iterator[Section], *, colour: bool = False, width: int | None = None
) -> Iterator[str]:
    """The lines of sections, an empty one behind each; with the `width` of a terminal laid out for it."""
    for part in parts:
        yield title_of(part.title, colour=colour)
        rows = [f"  {row}" for row in part.lines]
        if width and part.cells:
            table = terminal_table(part.cells, width - 2, colour=colour)
            yield from (f"  {line}" for line in table.splitlines())
            rows = rows[len(part.cells) - 1 :]
        yield from _told(rows, colour=colour, width=width)
        yield ""


def _told(rows: Sequence[str], *, colour: bool, width: int | None) -> Iterator[str]:
    for row in rows:
        yield from (painted_rows(row, width, colour=colour) if width else [painted(row, colour=colour)])


def as_markdown(plan: Plan, limit: int = LIMIT) -> str:
    """The plan for a comment: at most `limit` characters, the most important first, no section cut."""
    rows = (
        f"**{_escaped(row)}**" if row.startswith("!") else _escaped(row) for row in head(plan).splitlines()
    )
    # Two blanks in front of it make the line break stay.
    said = "  \n".join(rows)
    top = f"{TITLE}\n\n**{last(plan)}**\n\n{said}\n"
    room = limit - len(top) - len(_left_out(10**6))
    shown: list[str] = []
    listed = tuple(sections(plan, FINDINGS))
    for i, section in enumerate(listed):
        text = _folded(section, unfolded=i == 0)
        if len(text) <= room:
            shown.append(text)
            room -= len(text)
    left = len(listed) - len(shown)
    return top + "".join(shown) + (_left_out(left) if left else "")


def _left_out(number: int) -> str:
    return f"\n{number} more sections are left out here; `nearedge plan` shows them all.\n"


def _folded(section: Section, *, unfolded: bool) -> str:
    body = "\n".join(section.lines)
    fence = "```"
    while fence in body:
        fence += "`"
    state = " open" if unfolded else ""
    title = _escaped(section.title)
    return f"\n<details{state}><summary>{title}</summary>\n\n{fence}diff\n{body}\n{fence}\n\n</details>\n"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def head(plan: Plan) -> str:
    """What is compared, how far the change reaches, and what no ring holds back."""
    number = len(plan.files)
    before = f"{plan.commit[:12]} ({plan.ref})" if plan.commit else "nothing (no commit yet)"
    changed = f"{number_of(number, 'spec file')} changed"
    if not number and plan.clusters:
        changed += ", but files in folders that jobs name did"
    lines = [f"{before} -> the specs on disk: {changed}"]
    touched = [
        f"{ring.name or 'no ring'} {ring.touched} of {ring.clusters}" for ring in plan.rings if ring.touched
    ]
    if touched and not plan.only:
        lines.append(f"clusters touched: {plan.touched} of {plan.of}; {', '.join(touched)}")
    if plan.hub:
        lines.append(f"objects touched on the hub: {len(plan.hub)}")
    lines += _applications(plan)
    lines += _reach(plan)
    if plan.only:
        lines.append(f"shown: {plan.only} only")
    lines.append(class_line(plan))
    return "".join(f"{line}\n" for line in lines)


def class_line(plan: Plan) -> str:
    """The class of the plan, and what decides it."""
    found = class_of(plan)
    said = (f"{item.means}{f' ({some(item.clusters)})' if item.clusters else ''}" for item in found.deciding)
    return printable(": ".join(filter(None, (f"class: {found.level}", "; ".join(said)))))


def _applications(plan: Plan) -> Iterator[str]:
    """How many Applications of workloads there are on sites, where that or their mode is another."""
    found = plan.applications
    if found.before != found.after or found.switched:
        number, sites = number_of(found.after.applications, "Application"), found.after.clusters
        where = f" on {number_of(sites, 'cluster')}" if sites else ""
        yield f"{number} of workloads{where}, {found.before.applications} before; still one root Application for each cluster"
    if found.switched:
        safe = "root Applications take nothing away meanwhile (handOver)"
        lost = "root Applications may take workloads away before they have another owner: set delivery.handOver first"
        yield f"! workloads go to other Applications, see docs/delivery.md: {safe if found.kept else lost}"


def _reach(plan: Plan) -> Iterator[str]:
    """Whom the hub's changes reach: no ring holds them back, so they are a danger of their own."""
    reached = plan.reach.clusters
    if reached:
        rings = [f"{ring.name or 'no ring'} {ring.touched} of {ring.clusters}" for ring in plan.reach.rings]
        whom = reached[0] if len(reached) == 1 else f"{len(reached)} clusters at once"
        said = "; ".join((whom, *([", ".join(rings)] if rings else ())))
        yield f"! acm/ follows no ring: once it is applied, what changes there reaches {said}"


def last(plan: Plan) -> str:
    """The last sentence."""
    if has_stopped(plan):
        return "Nothing was compared: the specs have errors."
    if plan.counts:
        return f"{plan.counts}."
    if plan.only:
        return f"Nothing changes on {plan.only}. {plan.counts}."
    if plan.files:
        number = number_of(len(plan.files), "spec file")
        rings = ", but the rings are moved in another way" if plan.order else ""
        return f"{number} changed and no object does: nothing to roll out{rings}. {plan.counts}."
    return f"Nothing changed. {plan.counts}."


def has_stopped(plan: Plan) -> bool:
    """Whether errors in the specs kept the two sides from being compared."""
    return any(item.severity is Severity.ERROR for item in plan.findings)


def sections(plan: Plan, most: int | None = None) -> Iterator[Section]:
    """All sections, the most important first; of errors and refusals at most so many, the first ones."""
    every = bool(plan.only)
    yield from _problems("Errors", [item for item in plan.findings if item.severity is Severity.ERROR], most)
    yield from _problems("Refused", plan.refused, most)
    gone = [item for item in plan.clusters if item.action is Action.REMOVE]
    new = [item for item in plan.clusters if item.action is Action.ADD]
    if plan.renames:
        yield Section("Renamed clusters", tuple(f"! {item}" for item in plan.renames))
    yield from whole_sections("Clusters that go", "-", gone, every=every)
    yield from _rings(plan)
    yield from platform_sections(plan.moves)
    yield from too_slow(plan)
    yield from _crowded(plan)
    yield from (_group(group, every=every) for group in plan.groups if group.dangerous)
    yield from hub_sections(plan)
    yield from whole_sections("Clusters that come", "+", new, every=every)
    yield from (_group(group, every=every) for group in plan.groups if not group.dangerous)
    yield from _room(plan)
    yield from to_pull(plan)


def _rings(plan: Plan) -> Iterator[Section]:
    order = plan.order
    rows = [f"# ring {name} moves by {now}, no longer by {was}" for name, was, now in order.advance]
    if order.before != order.after:
        was, now = (", ".join(side) or "none" for side in (order.before, order.after))
        rows.insert(0, f"! order of the rollout: {was} -> {now}")
    if rows:
        yield Section("Rings", tuple(map(printable, rows)))


def _crowded(plan: Plan) -> Iterator[Section]:
    over = [item for item in plan.capacity if item[0].overflows]
    if over:
        rows, cells = capacity_rows(over, names), capacity_cells(over, names)
        yield Section("More asked for than there is", tuple(rows), cells=cells)


def _room(plan: Plan) -> Iterator[Section]:
    rest = [item for item in plan.capacity if not item[0].overflows]
    if rest:
        rows, cells = capacity_rows(rest[:ROOMS], names), capacity_cells(rest[:ROOMS], names)
        if len(rest) > ROOMS:
            rows.append(f"# {len(rest) - ROOMS} more, none of them fuller after the change; the JSON has all")
        yield Section("Room before and after: what is asked for, of what there is", tuple(rows), cells=cells)


def _problems(title: str, findings: Sequence[Finding], most: int | None) -> Iterator[Section]:
    rows = [
        row
        for item in findings[:most]
        for row in (
            f"! {item.where}: {item.code}: {item.message}",
            f"  hint: {item.hint}" if item.hint else "",
        )
        if row
    ]
    if most is not None and len(findings) > most:
        rows.append(f"{len(findings) - most} more; `nearedge plan` tells all of them")
    if rows:
        yield Section(f"{title}: {count_line(findings)}", tuple(printable(row) for row in rows))


def _group(group: AlikeClusters, *, every: bool) -> Section:
    rows = [f"{'!' if item.effect in DANGERS else '#'} {_said(item)}" for item in group.consequences]
    rows += [printable(row) for row in verdict_rows(group.verdicts)]
    rows += [row for change in group.changes for row in change_rows(change, every=every)]
    if group.by_hand:
        rows.append("! nobody brings what follows: apply bootstrap/ again on each of these clusters")
        rows += [row for change in group.by_hand for row in change_rows(change, every=every)]
    return Section(names(group.clusters), tuple(rows), group.clusters)


def _said(item: Consequence) -> str:
    return printable(f"{item.effect.value}: {item.identity}: {item.text}")
