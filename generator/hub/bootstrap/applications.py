"""The steps as Applications of the hub's own Argo CD: a person gives it these, and it applies the rest and keeps it.

They need no order: what comes too early fails, as its kinds are not there, and is tried again for ever. Nothing is ever
deleted. It needs rights that nobody but a person can give it: docs/hub.md.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...fleet.fleet import Fleet
from ...objects.manifest import Manifest
from ..delivery.gitops import IN_CLUSTER, NOWHERE
from ..delivery.roots import application, project
from .files import HUB_READY, OPERATORS

PROJECT = "bootstrap"
"""Name of their AppProject, and what begins their names: a root Application is called nearedge-<cluster>."""


def applications(fleet: Fleet) -> Iterator[Manifest]:
    """The project, and an Application for each step and for the hub's folder, which is the last."""
    namespace, folder = fleet.spec.hub.argocdNamespace, f"acm/{fleet.spec.hub.cluster}"
    yield project(PROJECT, namespace, _project(fleet))
    for name, path in (
        ("operators", f"{folder}/{OPERATORS}"),
        ("hub", f"{folder}/{HUB_READY}"),
        ("fleet", folder),
    ):
        yield application(f"{PROJECT}-{name}", namespace, _step(fleet, path))


def _project(fleet: Fleet) -> Manifest:
    everything = {"group": "*", "kind": "*"}
    return {
        "sourceRepos": [fleet.spec.repository.url],
        "destinations": [{"server": IN_CLUSTER, "namespace": "*"}],
        "clusterResourceWhitelist": [everything],
        "namespaceResourceWhitelist": [everything],
    }


def _step(fleet: Fleet, path: str) -> Manifest:
    # As its overlay: what breaks a hub stops the delivery to all others, so it takes a change last.
    source = {
        "repoURL": fleet.spec.repository.url,
        "targetRevision": fleet.rings[-1].revision,
        "path": path,
    }
    return {
        "project": PROJECT,
        "source": source,
        "destination": {"server": IN_CLUSTER, "namespace": NOWHERE},
        "syncPolicy": {
            "automated": {"prune": False, "selfHeal": True, "allowEmpty": False},
            # -1: for ever (argo-cd v3.5.1 docs/operator-manual/application.yaml).
            "retry": {"limit": -1, "backoff": {"duration": "30s", "factor": 2, "maxDuration": "5m"}},
            # Kinds that an operator of an earlier step brings are not known when the first sync begins.
            "syncOptions": ["ServerSideApply=true", "SkipDryRunOnMissingResource=true"],
        },
    }
