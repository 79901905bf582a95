"""A plan of one cluster alone: all that it is told of it, and of the hub's objects those that reach it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .plan import HubReach, Plan, alike_clusters, capacity, counts, of_clusters, pulls
from .platforms import OperatorMove, PlatformMove
from .reach import HubChange


def narrowed(plan: Plan, name: str) -> Plan:
    """The plan with nothing left out of one cluster, and nothing told of the others.

    What stands against the change, and how much of the fleet it touches, stays.
    """
    clusters = tuple(item for item in plan.clusters if item.name == name)
    hubs = tuple(_hub(item, name) for item in plan.hubs)
    return replace(
        plan,
        only=name,
        renames=tuple(item for item in plan.renames if name in {item.before, item.after}),
        clusters=clusters,
        groups=alike_clusters(clusters),
        hubs=hubs,
        pulls=pulls(clusters),
        capacity=capacity(clusters),
        counts=counts((*of_clusters(clusters), *(change for hub in hubs for change in hub.changes))),
        reach=HubReach(tuple(item for item in plan.reach.clusters if item == name)),
        moves=tuple(_moves(plan, name)),
        # Nothing of it is left to words.
        by_moves=frozenset(),
    )


def _hub(hub: HubChange, name: str) -> HubChange:
    """What reaches the cluster; of the hub's own cluster also what the hub keeps for itself."""
    own = name == hub.name
    kept = tuple(
        change
        for change in hub.changes
        if name in hub.reached.get(change.identity, ())
        or (change.identity.kind == "ManagedCluster" and change.identity.name == name)
        or (own and change.identity not in hub.reached and change.identity.kind != "ManagedCluster")
    )
    reached = {identity: (name,) for identity, names in hub.reached.items() if name in names}
    gained, lost = ({name: side[name]} if name in side else {} for side in (hub.gained, hub.lost))
    return replace(hub, changes=kept, reached=reached, gained=gained, lost=lost, stay=hub.stay & {name})


def _moves(plan: Plan, name: str) -> Iterator[PlatformMove]:
    for move in plan.moves:
        if name in move.clusters:
            operators = tuple(
                OperatorMove(item.name, item.before, item.after, (name,))
                for item in move.operators
                if name in item.clusters
            )
            contents = tuple(item for item in move.contents if item[0] == name)
            yield replace(move, clusters=(name,), operators=operators, contents=contents)
