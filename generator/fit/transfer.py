"""How long a model takes over a cluster's link, and whether that is shorter than its maintenance window.

`transfer_time` and `window_seconds` are for everyone who plans a change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from ..component import Cluster
from ..components.models import MODELS
from ..components.models.claims import claims
from ..components.serving.spec import known
from ..finding import Problem, Severity, rule
from ..quantity import parse
from ..runtime import seconds
from .nodes import landing

EFFICIENCY = Fraction(85, 100)
"""Share of a link that a download gets. At most 0.94 by arithmetic: a frame of 1,538 bytes on the wire carries
1,448 (Ethernet with preamble and gap, IPv4, TCP with timestamps); the rest is assumed for losses, TLS and other
traffic.
"""

_BITS = {"kbit": 10**3, "Mbit": 10**6, "Gbit": 10**9}
DAY = 24 * 3600
WEEK = 7 * DAY
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def transfer_time(size: int, bandwidth: str, efficiency: Fraction = EFFICIENCY) -> int:
    """Seconds, rounded up, that `size` bytes take over a link of connectivity.bandwidth.

    >>> transfer_time(5 * 2**30, "16Mbit"), transfer_time(10**6, "8Mbit", Fraction(1))
    (3159, 1)
    """
    match = re.fullmatch(r"([0-9.]+)(kbit|Mbit|Gbit)", bandwidth)
    rate = Fraction(match[1]) * _BITS[match[2]] * efficiency if match else Fraction(0)
    if rate == 0:
        message = f"{bandwidth!r} is no bandwidth"
        raise ValueError(message)
    taken = Fraction(size * 8) / rate
    return -(-taken.numerator // taken.denominator)


def window_seconds(text: str) -> int:
    """Seconds of one window of connectivity.maintenanceWindow, the zone aside.

    A window whose end is not after its begin runs over midnight. Whole days that follow each other are one
    window.

    >>> window_seconds("Sun 02:00-06:00 Europe/Berlin"), window_seconds("daily 22:00-04:30 UTC")
    (14400, 23400)
    """
    days, hours, *_ = text.split(" ")
    begin, end = (60 * int(clock[:2]) + int(clock[3:]) for clock in hours.split("-"))
    length = ((end - begin) % (24 * 60) or 24 * 60) * 60
    return length if length < DAY else DAY * _in_a_row(days.split(","))


def _in_a_row(days: list[str]) -> int:
    """The longest run of days, Sunday followed by Monday."""
    if "daily" in days or set(days) == set(_DAYS):
        return len(_DAYS)
    run = longest = 0
    for day in (*_DAYS, *_DAYS):
        run = run + 1 if day in days else 0
        longest = max(longest, run)
    return longest


def spoken(duration: int) -> str:
    """Seconds as people say them.

    >>> spoken(2684), spoken(14400), spoken(90061)
    ('44 min 44 s', '4 h', '1 d 1 h 1 min 1 s')
    """
    found = []
    for unit, length in (("d", DAY), ("h", 3600), ("min", 60), ("s", 1)):
        count, duration = divmod(duration, length)
        if count:
            found.append(f"{count} {unit}")
    return " ".join(found) or "0 s"


class Transfer(NamedTuple):
    """A new version of one model on its way to a cluster."""

    item: int
    """Index of the first server of the model."""
    model: str
    copies: int
    size: int
    """Bytes of one copy."""


def transfers(cluster: Cluster) -> tuple[Transfer, ...]:
    """What comes over the link when each model has a new version, by the first server of it.

    A volume is filled once. An image is pulled once by each node that runs it, at most one for each replica; a
    server that downloads by itself does so once for each replica.
    """
    first: dict[str, int] = {}
    copies: dict[tuple[str, str], int] = {}
    for i, item, model in known(cluster):
        kind = item.storage.type
        if model.source.startswith("pvc://"):
            continue
        first.setdefault(item.model, i)
        key = (item.model, item.namespace if kind == "pvc" else "s3" if kind == "s3" else "oci")
        if kind == "pvc":
            copies[key] = int(_loaded(item.namespace, item.model, cluster))
        elif kind == "s3":
            copies[key] = copies.get(key, 0) + item.replicas.max
        else:
            nodes = sum(node.count for _, node in landing(item, cluster)) or 1
            copies[key] = max(copies.get(key, 0), min(item.replicas.max, nodes))
    return tuple(_transfer(name, i, copies, cluster) for name, i in first.items())


def _loaded(namespace: str, model: str, cluster: Cluster) -> bool:
    """Whether a Job fills the volume; what a Ray job of the cluster produces comes over no link."""
    return any(c.load for c in claims(cluster) if (c.namespace, c.model) == (namespace, model))


def _transfer(name: str, i: int, copies: dict[tuple[str, str], int], cluster: Cluster) -> Transfer:
    count = sum(number for (model, _), number in copies.items() if model == name)
    return Transfer(i, name, count, int(parse(cluster.models[name].size)))


def _has_rate(cluster: Cluster) -> bool:
    rate = cluster.spec.connectivity.bandwidth
    return rate is not None and Fraction(rate[:-4]) > 0


@rule("FIT011", Severity.WARNING)
def models_arrive_within_the_window(cluster: Cluster) -> Iterator[Problem]:
    """A new version of a model arrives within one maintenance window.

    Otherwise it takes the link into the opening hours, or begins anew in the next window.
    """
    link = cluster.spec.connectivity
    if link.maintenanceWindow is None or not _has_rate(cluster):
        return
    window = window_seconds(link.maintenanceWindow)
    for found in transfers(cluster):
        total = found.copies * found.size
        taken = transfer_time(total, link.bandwidth)
        if taken > window:
            size = cluster.models[found.model].size
            times = f"{found.copies} x {size}" if found.copies > 1 else size
            said = (
                f"{found.model}: {times} at {link.bandwidth} takes {spoken(taken)} "
                f"({float(EFFICIENCY):g} of the link), the window {link.maintenanceWindow} has {spoken(window)}"
            )
            needed = -(-total * 8 // int(window * EFFICIENCY * 1000))
            hint = f"it needs {-(-needed // 1000)}Mbit or a window of {spoken(-(-taken // 3600) * 3600)}"
            yield Problem(("serving", found.item, "model"), said, hint)


@rule("FIT012", source="Kubernetes Job activeDeadlineSeconds: the whole Job fails, however often it may try")
def models_arrive_before_the_deadline(cluster: Cluster) -> Iterator[Problem]:
    """models.deadline leaves the load Jobs time to transfer their models.

    The Job is stopped in the middle, begins anew with the next sync, and never gets to the end.
    """
    rate, deadline = cluster.spec.connectivity.bandwidth, cluster.part(MODELS).deadline
    if not _has_rate(cluster) or seconds(deadline) == 0:
        return
    for claim in claims(cluster):
        model = cluster.models[claim.model]
        # The link as it is named: even then it is too long.
        taken = transfer_time(int(parse(model.size)), rate, Fraction(1))
        if claim.load and taken > seconds(deadline):
            said = f"{claim.model}: {model.size} at {rate} takes {spoken(taken)}, load Jobs stop after {deadline}"
            usual = transfer_time(int(parse(model.size)), rate)
            yield Problem(
                ("models", "deadline"), said, f"set models.deadline to {-(-usual // 3600)}h or more"
            )
