"""What delivered the applications until now: ApplicationSets, Placements and the set of clusters, as fields of the fleet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..account import Account, Reading
from ..files.source import Source

_NOT_OURS = "a spec says of the hub how it delivers; what else is on it stays as it is"
_LEFT = {
    "MultiClusterObservability": "observability of the fleet says it: docs/observability.md",
    "Policy": "nearedge brings no Policies of others; an application of extraApps can",
    "ManagedCluster": "nearedge writes a ManagedCluster for each cluster of the specs; import it by --cluster NAME",
}
_WHY = {
    "ApplicationSet": "nearedge writes one ApplicationSet for each ring, and every cluster pulls one overlay with all its applications",
    "Application": "nearedge writes one Application for each cluster, of all that it runs",
    "AppProject": "nearedge writes the AppProjects of its Applications",
    "Placement": "nearedge writes the Placement of the fleet: all clusters of the set, also those out of reach",
    "ManagedClusterSetBinding": "nearedge writes the binding of hub.clusterSet",
    "GitOpsCluster": "nearedge writes it: it makes the set's clusters known to the hub's Argo CD",
}


def read(objects: Iterable[Source]) -> tuple[dict[str, Any], tuple[Account, ...]]:
    """Fields of the fleet that the hub's objects say, and what became of all others."""
    said: dict[str, Any] = {}
    accounts = []
    for item in objects:
        reading = Reading(item, "fleet" if item.kind in _WHY else "")
        for key in item.manifest if item.kind in _WHY else ():
            reading.intend((key,), _WHY[item.kind])
        if item.kind in {"ApplicationSet", "Application"}:
            _application(reading, said)
        if item.kind == "Placement" and item.listed("spec", "clusterSets"):
            _once(reading, said, "clusterSet", ("spec", "clusterSets", 0), "hub.clusterSet")
        if item.kind == "ManagedClusterSetBinding":
            _once(reading, said, "clusterSet", ("spec", "clusterSet"), "hub.clusterSet")
        accounts.append(reading.account(rest=_LEFT.get(item.kind, _NOT_OURS)))
    return said, tuple(accounts)


def _application(reading: Reading, said: dict[str, Any]) -> None:
    template = ("spec", "template", "spec") if reading.source.kind == "ApplicationSet" else ("spec",)
    if reading.source.namespace:
        said.setdefault("argocdNamespace", reading.source.namespace)
    _once(reading, said, "url", (*template, "source", "repoURL"), "repository.url")
    _once(reading, said, "revision", (*template, "source", "targetRevision"), "delivery.rings")
    jitter = "polling is delivery.pollInterval: every cluster asks Git itself"
    for i in range(len(reading.source.listed("spec", "generators"))):
        reading.intend(("spec", "generators", i, "clusterDecisionResource", "requeueAfterSeconds"), jitter)


def _once(
    reading: Reading, said: dict[str, Any], field: str, path: tuple[str | int, ...], place: str
) -> None:
    """A field of the fleet: the first object that says it decides."""
    value = reading.get(*path)
    if isinstance(value, str) and said.setdefault(field, value) == value:
        reading.carry(path, f"fleet: {place}")
    elif value is not None:
        reading.leave(path, f"the fleet has one {place}: {said.get(field)}")
