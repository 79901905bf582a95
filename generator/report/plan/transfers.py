"""The parts of a plan that speak of bytes: what has to be pulled, by whom, and what does not fit into its window."""

from __future__ import annotations

from collections.abc import Iterator

from ...fit.transfer import duration_text
from ...plan.clusters import ClusterChange
from ...plan.downloads import Pull
from ...plan.plan import Plan
from .section import Section
from .words import NAMES, names, number_of, size


def too_slow(plan: Plan) -> Iterator[Section]:
    """Transfers that take longer than the window of their cluster."""
    slow = [item for item in plan.clusters if item.download and item.download.too_slow]
    if slow:
        yield Section(
            "Transfers longer than their maintenance window", tuple(f"! {_download(item)}" for item in slow)
        )


def to_pull(plan: Plan) -> Iterator[Section]:
    """All that has to be pulled, and the clusters that it takes longest on."""
    if not plan.pulls:
        return
    rows = [f"{pull.kind} {pull.what}: {_size(pull)}, {names(where)}" for pull, where in plan.pulls]
    cells = ((pull.kind, pull.what, _size(pull), names(where)) for pull, where in plan.pulls)
    loads = [item for item in plan.clusters if item.download and item.download.size]
    slowest = sorted(loads, key=lambda item: (-_seconds(item), item.name))[:NAMES]
    rows += [f"# {_download(item)}" for item in slowest]
    if len(loads) > NAMES:
        rows.append(f"# {len(loads) - NAMES} more clusters take no longer than the last one")
    if any(pull.size is None for pull, _ in plan.pulls):
        rows.append("# the size of an image is known to its registry only: it comes on top")
    heads = ("KIND", "WHAT", "SIZE", "CLUSTERS")
    yield Section("To pull (unchanged digests cost nothing)", tuple(rows), cells=(heads, *cells))


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
    more = f", and {number_of(found.unknown, 'image')} of unknown size" if found.unknown else ""
    return f"{item.name}: {size(found.size)}{takes}{window}{more}"
