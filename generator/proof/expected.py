"""What verify compares with: the manifests that components mean, cluster by cluster and for the hub.

Made of a cluster while it is compiled, and not kept, so that ten thousand clusters need no memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path as File

from .. import hub
from ..components import config_maps, priority_classes
from ..components.credentials import STORAGE_CONFIG, given, secret_uses
from ..components.kit.component import Cluster
from ..fleet.fleet import Fleet
from ..fleet.member import member_of
from ..flow.clusters import emitted_of
from ..flow.read import cluster_in, read
from ..flow.rendered import CompiledCluster, Emitted, Memo, Rendered
from ..hub.delivery import standalone
from ..hub.kit.installs import variants
from ..hub.platform.credentials import named_secrets
from ..objects.manifest import identify
from ..overlays.overlay import Overlay, overlay_if_sound
from .meant import BOOTSTRAP, Expected
from .security.added import added_by


def expected(root: File, rendered: Rendered) -> Iterator[Expected]:
    """One Expected for each overlay, then one for each hub."""
    assert rendered.fleet is not None  # noqa: S101 - the fleet has been rendered
    yield from expected_of_clusters(root, rendered.clusters)
    yield from expected_of_hubs(rendered.fleet.views())


def expected_of_clusters(root: File, clusters: Iterable[CompiledCluster]) -> Iterator[Expected]:
    """One for each folder of these clusters, whose specs lie below `root`."""
    _, shared, _ = read(root)
    assert shared is not None  # noqa: S101 - they have been compiled
    memo = Memo()
    for compiled in clusters:
        cluster, _, _ = cluster_in(root, shared, compiled.file, memo)
        if cluster is None:
            continue
        overlay, _ = overlay_if_sound(cluster, memo.bases, emitted_of(cluster))
        if overlay is not None:
            yield from of_cluster(cluster, overlay)


def expected_of_hubs(views: Iterable[Fleet]) -> Iterator[Expected]:
    """One for each hub that is given as what it sees of the fleet."""
    for view in views:
        emitted = hub.emit(view)
        if emitted:
            yield from _hub(view, emitted)


def of_cluster(cluster: Cluster, overlay: Overlay) -> Iterator[Expected]:
    """What the folders of a compiled cluster mean."""
    yield from _overlay(cluster, overlay)
    yield from _bootstrap(cluster, overlay)


def of_hubs(fleet: Fleet, emitted: Mapping[str, Emitted]) -> Iterator[Expected]:
    """What the folders of the hubs mean, of what was emitted for each."""
    for view in fleet.views():
        files = emitted.get(view.spec.hub.cluster)
        if files:
            yield from _hub(view, files)


def _hub(view: Fleet, files: Emitted) -> Iterator[Expected]:
    folder, argocd = f"acm/{view.spec.hub.cluster}", view.spec.hub.argocdNamespace
    yield Expected(
        folder,
        tuple(
            item for name, items in files.items() if not hub.bootstrap.is_bootstrap(name) for item in items
        ),
        hub.schemas(view),
        _hub_secrets(view),
        # Argo CD's own namespace is there before nearedge is.
        frozenset({argocd}),
    )
    said = view.spec.hub.install
    pulled = frozenset(
        {(hub.bootstrap.NAMESPACE, said.imagePullSecret)} if said and said.imagePullSecret else ()
    )
    for step, made in hub.bootstrap.folders(files).items():
        yield Expected(
            f"{folder}/{step}",
            tuple(item for items in made.values() for item in items),
            (*hub.schemas(view), "olm-v0.45.0"),
            pulled,
            # The first step makes the namespace of ACM or OCM for the second, and its operators that of Argo CD.
            frozenset({argocd, hub.bootstrap.NAMESPACE}),
        )


def _overlay(cluster: Cluster, overlay: Overlay) -> Iterator[Expected]:
    """The overlay's folder, then those of workloads with an Application of their own: each may use what the others bring."""
    namespaces = {identity.namespace for item in overlay.manifests if (identity := identify(item)).namespace}
    # odh-model-controller makes it wherever there is a data connection.
    platform = [(item, STORAGE_CONFIG) for item in namespaces if cluster.profile.family == "odh"]
    # Of one that nobody brings there is a finding; who accepts it has the Secret made.
    named = {(use.namespace, use.name) for use in secret_uses(cluster)}
    secrets = frozenset((*given(cluster), *named, *platform))
    brought = frozenset((*config_maps.brought(cluster), *priority_classes.brought(cluster)))
    place = f"overlays/{cluster.name}"
    whole = Expected(
        place,
        overlay.manifests,
        cluster.profile.schemas,
        secrets,
        pod_security=cluster.profile.podSecurityVersion,
        added=added_by(cluster.profile),
        brought=brought,
    )
    if not overlay.apart:
        yield whole
        return
    from ..hub.delivery import workloads  # noqa: PLC0415 - most fleets have none

    everything = frozenset(map(identify, overlay.manifests)) | brought
    apart = frozenset(identify(item) for part in overlay.apart for item in part.manifests)
    yield replace(
        whole,
        emitted=tuple(item for item in overlay.manifests if identify(item) not in apart),
        schemas=workloads.schemas(cluster),
        namespaces=workloads.namespaces(cluster),
        brought=brought | apart | workloads.project_brought(cluster),
    )
    for part in overlay.apart:
        own = frozenset(map(identify, part.manifests))
        yield replace(
            whole, folder=f"{place}/{part.folder}", emitted=part.manifests, brought=everything - own
        )


def _bootstrap(cluster: Cluster, overlay: Overlay) -> Iterator[Expected]:
    if cluster.fleet.delivery.model != "standalone":
        return
    member = member_of(cluster, overlay.manifests)
    argocd = standalone.edge_of(member).namespace
    for folder, files in standalone.emit(cluster, member).items():
        manifests = tuple(item for items in files.values() for item in items)
        # The first folder makes the namespaces of operators for the second, an operator that of Argo CD.
        made = frozenset({argocd, *(item.namespace for item, _, _ in variants(member))})
        place = f"overlays/{cluster.name}/{BOOTSTRAP}/{folder}"
        yield Expected(place, manifests, standalone.schemas(cluster), frozenset(), made)


def _hub_secrets(view: Fleet) -> frozenset[tuple[str, str]]:
    spec = view.spec
    named = {(spec.hub.policyNamespace, secret) for secret in named_secrets(view)}
    if spec.observability is not None:
        named.add((hub.observability.NAMESPACE, spec.observability.objectStorageSecret))
    named |= {
        (spec.hub.policyNamespace, said.pullSecret) for said in spec.hub.klusterletConfigs if said.pullSecret
    }
    return frozenset(named)
