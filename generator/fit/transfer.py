"""How long a model takes over a cluster's link, and whether that is shorter than its maintenance window.

`transfer_time` and `window_seconds` are for everyone who plans a change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from ..components.kit.component import Cluster
from ..components.kit.runtime import seconds
from ..components.models import MODELS, cache_nodes, claims_of, servers
from ..components.models.spec import Claim
from ..components.serving.spec import DOWNLOADS, Service
from ..findings.finding import Path, Severity
from ..findings.rule import Problem, rule
from .memory import ceil, whole_bytes
from .nodes import landing

EFFICIENCY = Fraction(85, 100)
"""Share of a link that a download gets. At most 0.94 by arithmetic: a frame of 1,538 bytes on the wire carries
1,448 (Ethernet with preamble and gap, IPv4, TCP with timestamps); the rest is assumed for losses, TLS and other
traffic.
"""

_BITS = {"kbit": 10**3, "Mbit": 10**6, "Gbit": 10**9}
DAY = 24 * 3600
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@lru_cache(maxsize=256)
def bits_per_second(bandwidth: str) -> Fraction:
    """The nominal rate of a link; ValueError when the text is no bandwidth, or none at all.

    >>> int(bits_per_second("1.5Mbit"))
    1500000
    """
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)(kbit|Mbit|Gbit)", bandwidth)
    rate = Fraction(match[1]) * _BITS[match[2]] if match else Fraction(0)
    if rate == 0:
        message = f"{bandwidth!r} is no bandwidth"
        raise ValueError(message)
    return rate


def transfer_time(size: int, bandwidth: str, efficiency: Fraction = EFFICIENCY) -> int:
    """Seconds, rounded up, that `size` bytes take over a link of connectivity.bandwidth.

    >>> transfer_time(5 * 2**30, "16Mbit"), transfer_time(10**6, "8Mbit", Fraction(1))
    (3159, 1)
    """
    rate = bits_per_second(bandwidth) * efficiency
    return -(-size * 8 * rate.denominator // rate.numerator)


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


def duration_text(duration: int) -> str:
    """Seconds as people say them.

    >>> duration_text(2684), duration_text(14400), duration_text(90061)
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
    server that downloads by itself does so once for each replica, a cache once on each of its nodes.
    """
    found: dict[str, dict[tuple[str, ...], int]] = {}
    first: dict[str, int] = {}
    loaded = {(claim.namespace, claim.model) for claim in claims_of(cluster) if claim.load}
    for i, item in servers(cluster):
        if item.model not in cluster.models:
            continue
        first.setdefault(item.model, i)
        key, copies = _copies(item, loaded, cluster)
        of_model = found.setdefault(item.model, {})
        of_model[key] = max(of_model.get(key, 0), copies)
    counted = ((name, sum(copies.values())) for name, copies in found.items())
    sizes = {name: whole_bytes(cluster.models[name].size) for name in found}
    return tuple(Transfer(first[name], name, count, sizes[name]) for name, count in counted if count)


def _copies(item: Service, loaded: set[tuple[str, str]], cluster: Cluster) -> tuple[tuple[str, ...], int]:
    """How often a server makes its model come over the link, and with whom it shares that."""
    if item.storage.type == "pvc":
        # What a Ray job of the cluster writes, and volumes that exist already, come over no link.
        volume = (item.namespace, item.model)
        return volume, int(volume in loaded)
    if item.storage.type in DOWNLOADS:
        return (item.namespace, item.name, "download"), item.replicas.max
    if item.storage.type == "cache":
        return ("cache",), cache_nodes(cluster)
    nodes = sum(node.count for _, node in landing(item, cluster)) if item.replicas.max > 1 else 1
    return ("image",), min(item.replicas.max, nodes or 1)


def _link(cluster: Cluster) -> str | None:
    """The bandwidth of the cluster's link, where it says a usable one."""
    said: str | None = cluster.spec.connectivity.bandwidth
    return said if said is not None and float(said[:-4]) > 0 else None


@rule("FIT011", Severity.WARNING)
def models_arrive_within_the_window(cluster: Cluster) -> Iterator[Problem]:
    """A new version of a model arrives within one maintenance window.

    Otherwise it takes the link into the opening hours, or begins anew in the next window.
    """
    rate, text = _link(cluster), cluster.spec.connectivity.maintenanceWindow
    if rate is None or text is None:
        return
    window = window_seconds(text)
    if transfer_time(_most(cluster), rate) <= window:
        return
    for found in transfers(cluster):
        taken = transfer_time(found.copies * found.size, rate)
        if taken > window:
            size = cluster.models[found.model].size
            times = f"{found.copies} x {size}" if found.copies > 1 else size
            said = (
                f"{found.model}: {times} at {rate} takes {duration_text(taken)} ({float(EFFICIENCY):g} of the link), "
                f"the window {text} has {duration_text(window)}"
            )
            hint = f"it needs {_rate(found, window)} or a window of {duration_text(-(-taken // 60) * 60)}"
            yield Problem(("serving", found.item, "model"), said, hint)


def _most(cluster: Cluster) -> int:
    """Bytes of everything if nothing were shared: when that arrives in time, so does each model."""
    return sum(
        whole_bytes(cluster.models[item.model].size) * max(1, item.replicas.max)
        for _, item in servers(cluster)
        if item.model in cluster.models
    )


def _rate(found: Transfer, window: int) -> str:
    """The bandwidth that brings everything within the window, in whole Mbit or kbit."""
    bits = ceil(Fraction(found.copies * found.size * 8) / (window * EFFICIENCY))
    return f"{-(-bits // 10**6)}Mbit" if bits > 10**6 else f"{-(-bits // 1000)}kbit"


@rule("FIT012", source="Kubernetes Job activeDeadlineSeconds: the whole Job fails, however often it may try")
def models_arrive_before_the_deadline(cluster: Cluster) -> Iterator[Problem]:
    """models.deadline leaves the load Jobs time to transfer their models.

    The Job is stopped in the middle, begins anew with the next sync, and never gets to the end.
    """
    rate, deadline = _link(cluster), cluster.part(MODELS).deadline
    # The link as it is named, without losses: even then it is too long.
    if rate is None or transfer_time(_most(cluster), rate, Fraction(1)) <= seconds(deadline):
        return
    for claim in claims_of(cluster):
        model = cluster.models[claim.model]
        taken = transfer_time(whole_bytes(model.size), rate, Fraction(1))
        if claim.load and taken > seconds(deadline) > 0:
            said = f"{claim.model}: {model.size} at {rate} takes {duration_text(taken)}, load Jobs stop after {deadline}"
            usual = transfer_time(whole_bytes(model.size), rate)
            hint = f"set models.deadline to {-(-usual // 3600)}h or more"
            yield Problem(_deadline_path(claim, cluster), said, hint)


def _deadline_path(claim: Claim, cluster: Cluster) -> Path:
    """Where the deadline is said; where it is the default one, the server that the model is for."""
    if cluster.part(MODELS).deadline != MODELS.default.deadline:
        return ("models", "deadline")
    wanted = (claim.namespace, claim.model, "pvc")
    users = (i for i, item in servers(cluster) if (item.namespace, item.model, item.storage.type) == wanted)
    return ("serving", next(users), "model")
