"""The mirror that edges pull from: an ImageDigestMirrorSet, carried by a Policy of the hub.

Not by overlays: an edge's Argo CD would need the right to redirect every image of its cluster. The Machine Config
Operator cordons node after node and restarts CRI-O when a mirror set changes, so it lists repositories, which
change rarely, and no digests. As `musthave` it never takes away what a cluster has.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..fleet import Fleet
from ..manifest import Manifest
from ..spec import Mirror
from . import clusters, placement
from .policies import enforced, must_have

NAME = "image-mirror"
SET = "nearedge"
"""Name of the mirror set on a cluster."""


def policies(fleet: Fleet) -> Iterator[Manifest]:
    """The Placement of all mirrored clusters, the Policy with their mirror set, and its binding."""
    members = [member for member in fleet.managed if clusters.is_mirrored(member)]
    mirror = fleet.spec.mirror
    sources = {name for member in members for name in member.repositories}
    if mirror is None or not any(served(mirror, name) for name in sources):
        return
    yield placement.placement(
        fleet, fleet.spec.hub.policyNamespace, NAME, labels={clusters.MIRROR_LABEL: "true"}
    )
    yield from enforced(fleet, NAME, NAME, [must_have(mirror_set(mirror, sources))])


def mirror_set(mirror: Mirror, sources: set[str]) -> Manifest:
    """Where the nodes find images of these repositories, as oc-mirror v2 lays them out in a registry.

    An image keeps its path and loses its registry: oc-mirror v2 internal/pkg/additional
    local_stored_collector.go.
    """
    policy_of = {"mirrorSourcePolicy": mirror.mirrorSourcePolicy} if mirror.mirrorSourcePolicy else {}
    return {
        "apiVersion": "config.openshift.io/v1",
        "kind": "ImageDigestMirrorSet",
        "metadata": {"name": SET},
        "spec": {
            "imageDigestMirrors": [
                {"source": name, "mirrors": [f"{mirror.registry}/{name.partition('/')[2]}"], **policy_of}
                for name in sorted(sources)
                if served(mirror, name)
            ]
        },
    }


def served(mirror: Mirror, repository: str) -> bool:
    """Whether a repository is another one than its own mirror."""
    return not repository.startswith(f"{mirror.registry}/")
