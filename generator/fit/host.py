"""Rules about the memory of servers that work on CPUs, and about the words of a maintenance window."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from ..components.kit.component import Cluster
from ..components.serving import devices
from ..components.serving.spec import Service, known
from ..facts.timezones import time_zones
from ..findings.finding import MODELS, Path, Severity
from ..findings.rule import Problem, rule
from ..specs.quantity import binary, parse
from .memory import whole_bytes

OWN = {"mlserver": "128Mi"}
"""Memory of a server before it has a model: MLServer 1.7.1 was measured at 139 MB (resident, idle, no runtime loaded).
Of the others nothing was measured, and none is counted."""


def _needed(item: Service, cluster: Cluster) -> tuple[int, str]:
    """(bytes, how they add up) that a server holds in memory: its models as they lie on disk, and itself."""
    names = [item.model, *(name for name in item.beside if name in cluster.models)]
    sizes = [cluster.models[name].size for name in names]
    own = OWN.get(item.runtime)
    parts = [f"{name} {size}" for name, size in zip(names, sizes, strict=True)]
    parts += [f"{item.runtime} itself {own}"] if own else []
    return sum(map(whole_bytes, [*sizes, *([own] if own else [])])), " + ".join(parts)


@rule(
    "FIT013",
    Severity.WARNING,
    source="kserve/kserve#868, #3792: a server whose model does not fit is killed and starts again",
)
def memory_holds_the_model(cluster: Cluster) -> Iterator[Problem]:
    """A server that works on CPUs has at least as much memory as its models have bytes on disk.

    It reads them into memory when it starts: with less it is killed while it loads, and starts again for ever. On a GPU
    the GPU's memory counts, of which FIT001 speaks.
    """
    for i, item, _ in known(cluster):
        limit = item.resources.get("memory")
        if limit is None or devices(item.resources, item.llm) or item.runtime == "custom":
            continue
        needed, parts = _needed(item, cluster)
        if needed > parse(limit) >= 2**20:
            said = f"{item.name} has {limit} of memory, its models need {binary(needed)}: {parts}"
            where: Path = (MODELS, item.model, "size")
            hint = f"memory: {binary(needed * 2)} leaves room for requests"
            yield Problem(("serving", i, "resources", "memory"), said, hint, (where,))


WINDOW: Path = ("connectivity", "maintenanceWindow")
CLOSE = 0.85
"""How alike two names are for one to be a slip of the other: Europe/Munich is no slip of Europe/Monaco."""


@rule("FIT014", source="IANA time zone database, as tzdata has it: data/timezones.yaml")
def window_has_a_time_zone(cluster: Cluster) -> Iterator[Problem]:
    """The time zone of connectivity.maintenanceWindow is one of the IANA database.

    Plans and simulations would take UTC for it, hours away from what is meant.
    """
    text = cluster.spec.connectivity.maintenanceWindow
    zone = text.rpartition(" ")[2] if text else None
    if zone and zone not in time_zones():
        near = difflib.get_close_matches(zone, sorted(time_zones()), n=1, cutoff=CLOSE)
        hint = (
            f"did you mean {near[0]}?"
            if near and "/" in zone
            else "zones are named after their largest city: Europe/Berlin"
        )
        yield Problem(WINDOW, f"there is no time zone {zone}", hint)


@rule("FIT015")
def window_has_a_length(cluster: Cluster) -> Iterator[Problem]:
    """The maintenance window ends at another time than it begins.

    02:00-02:00 is read as no time by one and as a whole day by another.
    """
    text = cluster.spec.connectivity.maintenanceWindow
    if text:
        days, hours, zone = text.split(" ")
        first, last = hours.split("-")
        if first == last:
            hint = f'write "{days} 00:00-23:59 {zone}" for a whole day, or leave the window out for always'
            yield Problem(WINDOW, f"the window {hours} begins and ends at once", hint)
