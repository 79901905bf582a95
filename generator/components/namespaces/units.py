"""The component: one unit per namespace."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ...facts.profiles import Profile
from ...objects.manifest import ResourceId, identify
from ..kit.base_key import base_key
from ..kit.component import Cluster, Component, Unit
from ..kit.recipe import recipe
from .emit import emit
from .features import features_of, namespace_features
from .spec import Namespace

NOTHING = "plain"
"""What the base of a namespace is called that nothing is put into; no feature has this name."""


def units(cluster: Cluster) -> Iterator[Unit]:
    """One unit per namespace, by name."""
    own = {item.name: item for item in cluster.part(NAMESPACES)}
    shared = {item.name: item for item in cluster.shared_part(NAMESPACES) or ()}
    used_for = namespace_features(cluster)
    for name in sorted({*own, *used_for}):
        item = own.get(name, Namespace(name=name))
        yield _unit(item, shared.get(name), features_of(used_for.get(name, ()), item), cluster)


def _unit(item: Namespace, shared: Namespace | None, features: tuple[str, ...], cluster: Cluster) -> Unit:
    final = emit(item, features, cluster.profile)
    steps = item.name, features or (NOTHING,)
    plain = Namespace(name=item.name)
    # A cluster may have removed a rule that its groups give: then it shares no more than the features.
    kept = shared is not None and _known(shared, features, cluster.profile) <= {*map(identify, final)}
    common = shared if shared is not None and kept else plain
    return Unit(
        base_key("namespaces", "use", *steps) if common is plain else cluster.group_key("namespaces", *steps),
        # Without a group's word it comes from what the clusters use, whichever of them.
        origins=("clusters/",) if common is plain else cluster.group_files,
        common=recipe(emit, common, features, cluster.profile),
        final=final,
    )


def _known(item: Namespace, features: Collection[str], profile: Profile) -> set[ResourceId]:
    return {identify(manifest) for manifest in emit(item, features, profile)}


def used(cluster: Cluster) -> tuple[str, ...]:
    """Names of all namespaces that this cluster gets, sorted."""
    return tuple(sorted({*(item.name for item in cluster.part(NAMESPACES)), *namespace_features(cluster)}))


NAMESPACES: Component[tuple[Namespace, ...]] = Component(
    key="namespaces",
    spec=tuple[Namespace, ...],
    default=(),
    description="More namespaces; and labels, quota, limits and network rules of any namespace.",
    units=units,
)
