"""Rings and their shards: which group of a Placement's decision a cluster is in, and so which ApplicationSet.

A shard follows from a cluster's name and the number of shards alone, so a cluster that comes or goes moves no other.
Another number of shards makes other ApplicationSets, each with a name of its own: an Application has one owner, and
what it is delivered by changes only when the old owner is deleted (docs/delivery.md).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from ...fleet.fleet import Fleet, Member
from ...specs.fleet import Ring

RING_LABEL = "nearedge.io/ring"
SHARD_LABEL = "nearedge.io/shard"

PER_SET = 2000
"""Clusters per ApplicationSet: the report of one with 5,000 has 1.41 MB; etcd takes 1.5 (argo-cd#24689)."""


class DecisionGroup(NamedTuple):
    """A group of a Placement's decision: its name, the labels of its clusters, and the ring it is a part of."""

    name: str
    labels: Mapping[str, str]
    ring: Ring


def decision_groups(fleet: Fleet) -> tuple[DecisionGroup, ...]:
    """The groups of a hub's clusters; where there are several hubs, without rings that it has no cluster of."""
    here = {member.ring for member in fleet.managed}
    rings = [ring for ring in fleet.rings if ring.name in here or not fleet.others]
    return tuple(group for ring in rings for group in groups_of(ring))


def groups_of(ring: Ring) -> tuple[DecisionGroup, ...]:
    """One group for each shard."""
    if ring.shards == 1:
        return (DecisionGroup(ring.name, {RING_LABEL: ring.name}, ring),)
    shards = (f"{number}of{ring.shards}" for number in range(1, ring.shards + 1))
    return tuple(
        DecisionGroup(f"{ring.name}-{shard}", {RING_LABEL: ring.name, SHARD_LABEL: shard}, ring)
        for shard in shards
    )


def labels_of(member: Member, fleet: Fleet) -> dict[str, str]:
    """The labels by which a cluster is found in its group; none outside any ring."""
    if member.ring is None:
        return {}
    count = next((ring.shards for ring in fleet.rings if ring.name == member.ring), 1)
    shard = {SHARD_LABEL: f"{shard_of(member.name, count)}of{count}"} if count > 1 else {}
    return {RING_LABEL: member.ring, **shard}


def shard_of(name: str, count: int) -> int:
    """1 to `count`, the same for a name for ever."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") % count + 1


def fullest(members: list[str], count: int) -> int:
    """How many of these clusters the fullest of so many shards has."""
    return max(Counter(shard_of(name, count) for name in members).values(), default=0)


def enough(members: list[str]) -> int:
    """The least number of shards with which none of them is too full."""
    count = -(-len(members) // PER_SET)
    while fullest(members, count) > PER_SET:
        count += 1
    return count
