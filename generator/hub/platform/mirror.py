"""The mirror that edges pull from: an ImageDigestMirrorSet, carried by a Policy of the hub.

Not by overlays: an edge's Argo CD would need the right to redirect every image of its cluster. The Machine Config
Operator cordons node after node and restarts CRI-O when a mirror set changes, so it lists repositories, which
change rarely, and no digests. As `musthave` it never takes away what a cluster has.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...fleet.fleet import Fleet
from ...objects.manifest import Manifest
from ...specs.fleet import Mirror
from ..kit import clusters, placement
from ..kit.own import HUB
from ..kit.own import manages_itself as own_policies
from ..kit.policies import binding, inner, must_have, policy
from ..kit.profile import HubProfile
from .catalogs import registries

NAME = "image-mirror"
SET = "nearedge"
"""Name of the mirror set on a cluster."""


def policies(fleet: Fleet, profile: HubProfile) -> Iterator[Manifest]:
    """The Placement of all mirrored clusters, the Policy with their mirror sets, and its bindings."""
    mirror = fleet.spec.mirror
    edges = [member for member in fleet.managed if clusters.is_mirrored(member)]
    own = [fleet.hub] if fleet.hub and own_policies(profile) and clusters.is_mirrored(fleet.hub) else []
    made = sets(mirror, {name for member in (*edges, *own) for name in member.repositories}) if mirror else []
    if not made or not (edges or own):
        return
    if edges:
        labels = {clusters.MIRROR_LABEL: "true"}
        yield placement.placement(fleet, fleet.spec.hub.policyNamespace, NAME, labels=labels)
    yield policy(fleet, NAME, [inner(NAME, [must_have(item) for item in made])])
    if edges:
        yield binding(fleet, NAME, NAME)
    if own:
        yield binding(fleet, NAME, HUB, suffix="-hub")


def sets(mirror: Mirror, repositories: set[str]) -> list[Manifest]:
    """The mirror sets of clusters that pull from these repositories: by digest, and by tag what operators name so."""
    more = {name for name in registries(mirror) if served(mirror, name)}
    found = {name for name in repositories if served(mirror, name)} | more
    made = [mirror_set(mirror, found)] if found else []
    return [*made, tag_set(mirror, more)] if more else made


def mirror_set(mirror: Mirror, sources: set[str]) -> Manifest:
    """Where the nodes find images of these repositories, as oc-mirror v2 lays them out in a registry.

    An image keeps its path and loses its registry: oc-mirror v2 internal/pkg/additional
    local_stored_collector.go.
    """
    return _set("ImageDigestMirrorSet", "imageDigestMirrors", mirror, sources)


def tag_set(mirror: Mirror, sources: set[str]) -> Manifest:
    """The same for images by tag. Nothing of ours has one; bundles of operators do."""
    return _set("ImageTagMirrorSet", "imageTagMirrors", mirror, sources)


def _set(kind: str, field: str, mirror: Mirror, sources: set[str]) -> Manifest:
    policy_of = {"mirrorSourcePolicy": mirror.mirrorSourcePolicy} if mirror.mirrorSourcePolicy else {}
    return {
        "apiVersion": "config.openshift.io/v1",
        "kind": kind,
        "metadata": {"name": SET},
        "spec": {
            field: [
                {"source": name, "mirrors": [_place(mirror, name)], **policy_of}
                for name in sorted(sources)
                if served(mirror, name)
            ]
        },
    }


def _place(mirror: Mirror, source: str) -> str:
    """A repository in the mirror; a registry as a whole is the mirror's own root."""
    path = source.partition("/")[2]
    return f"{mirror.registry}/{path}" if path else mirror.registry


def served(mirror: Mirror, repository: str) -> bool:
    """Whether a repository is another one than its own mirror."""
    return not repository.startswith(f"{mirror.registry}/")
