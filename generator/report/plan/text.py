"""A plan in words: as text for a terminal, and as Markdown for a pull request.

Both are made of the same sections, each a title and lines; Markdown keeps to what a comment may hold by leaving
whole sections out, never by cutting one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...findings.finding import Finding, Severity
from ...fit.transfer import duration_text
from ...hub.kit.rings import RING_LABEL
from ...plan.changes import ABSENT, Action, ObjectChange
from ...plan.clusters import ClusterChange
from ...plan.downloads import Pull
from ...plan.effects import DANGERS, Consequence
from ...plan.plan import AlikeClusters, Plan
from .. import count_line
from .capacity import capacity_rows, verdict_rows
from .fields import SIGNS, change_rows, plain

LIMIT = 60_000
"""Characters of a comment; forges take 65,536."""
FINDINGS = 40
"""Errors and refusals that a comment names; a terminal shows all."""
NAMES = 12
"""Clusters that a title names; of more it says how many."""
ROOMS = 24
"""Lines of the table of room: the fullest."""
_UNITS = (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10))


@dataclass(frozen=True)
class Section:
    """A part of a plan that is shown whole or not at all; `lines` are a diff: their first sign says what happens."""

    title: str
    lines: tuple[str, ...]


def as_text(plan: Plan) -> str:
    """The whole plan for a terminal."""
    shown = ("\n".join((part.title, *(f"  {row}" for row in part.lines), "")) for part in sections(plan))
    return "\n".join((head(plan), *shown, f"{last(plan)}\n"))


def as_markdown(plan: Plan, limit: int = LIMIT) -> str:
    """The plan for a comment: at most `limit` characters, the most important first, no section cut."""
    top = f"### nearedge plan\n\n**{last(plan)}**\n\n{_escaped(head(plan))}\n"
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
    """What is compared, and how far the change reaches."""
    number = len(plan.files)
    lines = [f"{plan.commit[:12]} ({plan.ref}) -> the specs on disk: {_count(number, 'spec file')} changed"]
    touched = [
        f"{ring.name or 'no ring'} {ring.touched} of {ring.clusters}" for ring in plan.rings if ring.touched
    ]
    if touched:
        lines.append(f"clusters touched: {plan.touched} of {plan.of}; {', '.join(touched)}")
    if plan.hub:
        lines.append(f"objects touched on the hub: {len(plan.hub)}")
    return "".join(f"{line}\n" for line in lines)


def last(plan: Plan) -> str:
    """The last sentence."""
    if has_stopped(plan):
        return "Nothing was compared: the specs have errors."
    if plan.counts:
        return f"{plan.counts}."
    if plan.files:
        number = _count(len(plan.files), "spec file")
        return f"{number} changed and no object does: nothing to roll out. {plan.counts}."
    return f"Nothing changed. {plan.counts}."


def has_stopped(plan: Plan) -> bool:
    """Whether errors in the specs kept the two sides from being compared."""
    return any(item.severity is Severity.ERROR for item in plan.findings)


def sections(plan: Plan, most: int | None = None) -> Iterator[Section]:
    """All sections, the most important first; of errors and refusals at most so many, the first ones."""
    yield from _problems("Errors", [item for item in plan.findings if item.severity is Severity.ERROR], most)
    yield from _problems("Refused", plan.refused, most)
    gone = [item for item in plan.clusters if item.action is Action.REMOVE]
    new = [item for item in plan.clusters if item.action is Action.ADD]
    if plan.renames:
        yield Section("Renamed clusters", tuple(f"! {item}" for item in plan.renames))
    yield from _whole("Clusters that go", "-", gone)
    yield from _slow(plan)
    yield from _crowded(plan)
    yield from (_group(group) for group in plan.groups if group.dangerous)
    for name, changes in plan.hubs:
        if changes:
            title = "On the hub" if len(plan.hubs) == 1 else f"On hub {name}"
            yield Section(title, tuple(_on_hub(changes)))
    yield from _whole("Clusters that come", "+", new)
    yield from (_group(group) for group in plan.groups if not group.dangerous)
    yield from _room(plan)
    yield from _to_pull(plan)


def _crowded(plan: Plan) -> Iterator[Section]:
    over = [item for item in plan.capacity if item[0].overflows]
    if over:
        yield Section("More asked for than there is", tuple(capacity_rows(over, names)))


def _room(plan: Plan) -> Iterator[Section]:
    rest = [item for item in plan.capacity if not item[0].overflows]
    if rest:
        rows = capacity_rows(rest[:ROOMS], names)
        if len(rest) > ROOMS:
            rows.append(f"# {len(rest) - ROOMS} more, none of them fuller after the change; the JSON has all")
        yield Section("Room before and after: what is asked for, of what there is", tuple(rows))


def _on_hub(changes: Sequence[ObjectChange]) -> Iterator[str]:
    """Objects that come or go by the dozen, such as ManagedClusters, share a line."""
    alike: dict[tuple[Action, str, str], list[ObjectChange]] = {}
    for change in changes:
        if change.action in {Action.ADD, Action.REMOVE}:
            alike.setdefault((change.action, change.identity.kind, change.identity.namespace), []).append(
                change
            )
    for change in changes:
        many = alike.get((change.action, change.identity.kind, change.identity.namespace), [])
        if len(many) <= NAMES:
            yield from (*_moves(change), *change_rows(change))
        elif change is many[0]:
            listed = ", ".join(item.identity.name for item in many[:NAMES])
            place = f" in {change.identity.namespace}" if change.identity.namespace else ""
            more = f"{listed} and {len(many) - NAMES} more"
            yield plain(f"{SIGNS[change.action]} {len(many)} {change.identity.kind}{place}: {more}")


def _moves(change: ObjectChange) -> Iterator[str]:
    for item in change.fields:
        if item.dotted == f"metadata.labels[{RING_LABEL}]" and ABSENT not in {item.before, item.after}:
            yield f"# {change.identity.name} leaves ring {item.before}: it takes over all that the ref of {item.after} has"
            yield f"# {change.identity.name}: with model pull or agent its Application has to be released: docs/delivery.md, Move a cluster"


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
        yield Section(f"{title}: {count_line(findings)}", tuple(plain(row) for row in rows))


def _whole(title: str, sign: str, clusters: Sequence[ClusterChange]) -> Iterator[Section]:
    alike: dict[tuple[str, int], list[str]] = {}
    for item in clusters:
        alike.setdefault((_place(item), len(item.changes)), []).append(item.name)
    if alike:
        rows = (
            f"{sign} {names(named)} ({place}): {_count(number, 'object')}{' each' if len(named) > 1 else ''}"
            for (place, number), named in alike.items()
        )
        yield Section(title, tuple(rows))


def _place(item: ClusterChange) -> str:
    return f"{item.tier}, ring {item.ring}" if item.ring else item.tier


def _slow(plan: Plan) -> Iterator[Section]:
    slow = [item for item in plan.clusters if item.download and item.download.too_slow]
    if slow:
        yield Section(
            "Transfers longer than their maintenance window", tuple(f"! {_download(item)}" for item in slow)
        )


def _group(group: AlikeClusters) -> Section:
    rows = [f"{'!' if item.effect in DANGERS else '#'} {_said(item)}" for item in group.consequences]
    rows += [plain(row) for row in verdict_rows(group.verdicts)]
    rows += [row for change in group.changes for row in change_rows(change)]
    return Section(names(group.clusters), tuple(rows))


def names(clusters: Sequence[str]) -> str:
    """A list of clusters: all of a few, the first of many."""
    if len(clusters) <= NAMES:
        return (
            ", ".join(clusters) if len(clusters) == 1 else f"{len(clusters)} clusters: {', '.join(clusters)}"
        )
    return f"{len(clusters)} clusters: {', '.join(clusters[:NAMES])} and {len(clusters) - NAMES} more"


def _said(item: Consequence) -> str:
    return plain(f"{item.effect.value}: {item.identity}: {item.text}")


def _to_pull(plan: Plan) -> Iterator[Section]:
    if not plan.pulls:
        return
    rows = [f"{pull.kind} {pull.what}: {_size(pull)}, {names(where)}" for pull, where in plan.pulls]
    loads = [item for item in plan.clusters if item.download and item.download.size]
    slowest = sorted(loads, key=lambda item: (-_seconds(item), item.name))[:NAMES]
    rows += [f"# {_download(item)}" for item in slowest]
    if len(loads) > NAMES:
        rows.append(f"# {len(loads) - NAMES} more clusters take no longer than the last one")
    if any(pull.size is None for pull, _ in plan.pulls):
        rows.append("# the size of an image is known to its registry only: it comes on top")
    yield Section("To pull (unchanged digests cost nothing)", tuple(rows))


def _size(pull: Pull) -> str:
    told = size(pull.size) if pull.size is not None else "size unknown"
    return f"{told} once more (no volume: every start of a pod downloads it)" if pull.again else told


def _seconds(item: ClusterChange) -> int:
    return (item.download.seconds or 0) if item.download else 0


def _download(item: ClusterChange) -> str:
    found = item.download
    if found is None:
        return item.name
    rate = f" at {found.bandwidth}" if found.bandwidth else ""
    takes = (
        f", {duration_text(found.seconds)}{rate}" if found.seconds is not None else ", bandwidth not declared"
    )
    window = f", window {found.window}" if found.window else ", no maintenance window"
    more = f", and {_count(found.unknown, 'image')} of unknown size" if found.unknown else ""
    return f"{item.name}: {size(found.size)}{takes}{window}{more}"


def size(number: int) -> str:
    """Bytes as people say them.

    >>> size(188743680), size(512)
    ('180 MiB', '512 B')
    """
    for unit, length in _UNITS:
        if number >= length:
            return f"{number / length:.4g} {unit}"
    return f"{number} B"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
