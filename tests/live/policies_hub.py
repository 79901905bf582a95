"""The hub's part of PART=policies: what our Policies, Placements and bindings become for each cluster.

Played: the placement controller (played_placement.py), the namespaces and the ManagedCluster local-cluster that ACM makes,
and the Secrets that administrators make: each has every key that a credential may ask for, with values of its own.
"""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path as File
from typing import Any, NamedTuple

from generator import hub, pipeline
from generator.fleet.fleet import Fleet
from generator.hub.platform.credentials import named_secrets
from generator.objects.manifest import Manifest

from . import crds, policies_programs
from .client import Client
from .control_plane import ControlPlane, control_plane
from .played_placement import GROUP, play_placements

POLICY = "policy.open-cluster-management.io/v1"
LOCAL = "local-cluster"
FIRST = (
    "Namespace",
    "ManagedClusterSet",
    "ManagedClusterSetBinding",
    "ManagedCluster",
    "ServiceAccount",
    "Role",
)
OURS = (*FIRST, "RoleBinding", "Placement", "PlacementBinding", "Policy")
"""Kinds of a hub's folder that Policies depend on, in the order in which they are applied."""
DOCKER = ".dockerconfigjson"


class Hub(NamedTuple):
    """A hub that runs: its objects, as they were applied."""

    plane: ControlPlane
    client: Client
    fleet: Fleet
    objects: tuple[Manifest, ...]

    def replicated(self, cluster: str) -> dict[str, Manifest]:
        """The Policies of a cluster by the names that they have in Git."""
        prefix = f"{self.fleet.spec.hub.policyNamespace}."
        found = self.client.list(POLICY, "Policy", cluster)
        return {item["metadata"]["name"].removeprefix(prefix): item for item in found}

    def decide(self, *, growing: bool = False) -> dict[str, list[str]]:
        """What the placement controller does now: Placement -> clusters; `growing`: nobody is left out yet."""
        return play_placements(self.client, growing=growing)

    def apply(self, objects: Iterable[Manifest]) -> None:
        """Objects in the order of their kinds, as administrators apply a folder; decisions follow."""
        listed = [*objects]
        for space in sorted({item["metadata"].get("namespace", "") for item in listed} - {""}):
            if self.client.get(namespace(space)) is None:
                self.client.apply(namespace(space))
        for item in (one for kind in OURS for one in listed if one["kind"] == kind):
            self.client.apply(item)
        for item in listed:
            if item["kind"] == "ManagedCluster":
                self.client.apply(namespace(item["metadata"]["name"]))
        self.decide()


@contextlib.contextmanager
def running_hub(folder: File, root: File, name: str) -> Iterator[Hub]:
    """A hub of a fleet with everything applied that Policies need, and with decisions."""
    fleet, objects = compiled(root, name)
    folder.mkdir(parents=True)
    with control_plane(folder) as plane:
        _kinds(plane.client)
        with policies_programs.propagator(plane):
            found = Hub(plane, plane.client, fleet, objects)
            plane.client.apply(namespace(fleet.spec.hub.policyNamespace))
            for item in secrets(fleet):
                plane.client.apply(item)
            if fleet.hub is not None:
                plane.client.apply(local_cluster())
                plane.client.apply(namespace(LOCAL))
            found.apply(objects)
            yield found


def compiled(root: File, name: str) -> tuple[Fleet, tuple[Manifest, ...]]:
    """A hub's view of a fleet, and its objects that Policies depend on."""
    rendered = pipeline.render(root).fleet
    if rendered is None:
        raise AssertionError(f"{root.name} does not compile")
    (fleet,) = (view for view in rendered.views() if view.spec.hub.cluster == name)
    objects = (item for files in hub.emit(fleet).values() for item in files)
    return fleet, tuple(item for item in objects if item["kind"] in OURS)


def bound(hub: Hub) -> dict[str, list[str]]:
    """Policy -> the clusters that it is meant for, as its bindings and the decisions say."""
    meant = hub.decide()
    found: dict[str, set[str]] = {}
    for item in hub.objects:
        if item["kind"] == "PlacementBinding":
            names = meant[f"{item['metadata']['namespace']}/{item['placementRef']['name']}"]
            for subject in item["subjects"]:
                found.setdefault(subject["name"], set()).update(names)
    return {
        name: sorted(found.get(name, ()))
        for name in (policy["metadata"]["name"] for policy in of(hub, "Policy"))
    }


def of(hub: Hub, kind: str) -> list[Manifest]:
    """The objects of a kind that were applied."""
    return [item for item in hub.objects if item["kind"] == kind]


def secrets(fleet: Fleet) -> Iterator[Manifest]:
    """The Secrets of the policy namespace that Policies read."""
    for name in named_secrets(fleet):
        yield secret(name, fleet.spec.hub.policyNamespace, values(name))


def values(name: str, edition: int = 1) -> dict[str, str]:
    """What a Secret holds, played; another edition is another value of each."""
    login = {
        "auths": {f"{name}.example.com": {"auth": base64.b64encode(f"u:{name}-{edition}".encode()).decode()}}
    }
    plain = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "HF_TOKEN", "username", "password")
    return {**{key: f"{name}/{key}/{edition}" for key in plain}, "type": "git", DOCKER: json.dumps(login)}


def secret(name: str, space: str, data: Mapping[str, str]) -> Manifest:
    """A Secret with these values."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": space},
        "data": {key: base64.b64encode(value.encode()).decode() for key, value in sorted(data.items())},
    }


def namespace(name: str) -> Manifest:
    """A namespace that somebody else makes."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def local_cluster() -> Manifest:
    """The hub as ACM registers it with itself."""
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "ManagedCluster",
        "metadata": {"name": LOCAL, "labels": {LOCAL: "true"}},
        "spec": {"hubAcceptsClient": True},
    }


def told(replicated: Manifest) -> dict[str, Any]:
    """What a hub says of a Policy of a cluster: its state, and that of each template with its last words."""
    status = replicated.get("status", {})
    details = status.get("details") or ()
    return {
        "compliant": status.get("compliant"),
        "templates": {
            item["templateMeta"]["name"]: {
                "compliant": item.get("compliant"),
                "message": next((one["message"] for one in item.get("history") or ()), None),
            }
            for item in details
        },
    }


def accepted(hub: Hub) -> Iterator[str]:
    """What is wrong with what the hub made of our objects: each Policy goes where its Placement means, and nowhere else."""
    for policy, clusters in bound(hub).items():
        for cluster in [item["metadata"]["name"] for item in (*of(hub, "ManagedCluster"), local_cluster())]:
            there = policy in hub.replicated(cluster)
            if there != (cluster in clusters):
                yield f"Policy {policy}: {'is' if there else 'is not'} in the hub's namespace of {cluster}"


def _kinds(client: Client) -> None:
    folder = crds.module_folder("open-cluster-management.io/api", "v1.3.0") / "cluster"
    files = [path for path in sorted(folder.glob("*/*.crd.yaml")) if "addonplacementscores" not in path.name]
    files += sorted(policies_programs.kinds(policies_programs.PROPAGATOR).glob("*.yaml"))
    crds.install(client, crds.in_files(files))
