"""What verify compares with: the manifests that components mean, cluster by cluster and for the hub.

Recomputed from the specs instead of kept from the render, so that ten thousand clusters need no memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path as File

from . import hub
from .compile import Overlay, compile_cluster
from .component import Cluster
from .components.credentials import STORAGE_CONFIG, given
from .components.credentials.uses import uses
from .hub.credentials import named_secrets
from .manifest import identify
from .pipeline import Memo, Rendered, read, read_site
from .verify import Expected


def expected(root: File, rendered: Rendered) -> Iterator[Expected]:
    """One Expected for each overlay, then one for the hub."""
    _, shared, _ = read(root)
    assert shared is not None  # noqa: S101 - the fleet has been rendered
    assert rendered.fleet is not None  # noqa: S101
    memo = Memo()
    for site in rendered.sites:
        cluster, _, _ = read_site(root, shared, site.file, memo)
        if cluster is None:
            continue
        overlay, _ = compile_cluster(cluster, memo.bases)
        if overlay is not None:
            yield _overlay(cluster, overlay)
    emitted = hub.emit(rendered.fleet)
    if emitted:
        manifests = tuple(item for items in emitted.values() for item in items)
        yield Expected(
            f"acm/{rendered.fleet.spec.hub.cluster}",
            manifests,
            hub.schemas(rendered.fleet),
            _hub_secrets(rendered),
            # Argo CD's own namespace is there before nearedge is.
            frozenset({rendered.fleet.spec.hub.argocdNamespace}),
        )


def _overlay(cluster: Cluster, overlay: Overlay) -> Expected:
    namespaces = {identity.namespace for item in overlay.manifests if (identity := identify(item)).namespace}
    # odh-model-controller makes it wherever there is a data connection.
    platform = [(item, STORAGE_CONFIG) for item in namespaces if cluster.profile.family == "odh"]
    # Of one that nobody brings there is a finding; who accepts it has the Secret made.
    named = {(use.namespace, use.name) for use in uses(cluster)}
    secrets = frozenset((*given(cluster), *named, *platform))
    return Expected(
        f"overlays/{cluster.name}",
        overlay.manifests,
        cluster.profile.schemas,
        secrets,
        pod_security=cluster.profile.podSecurityVersion,
    )


def _hub_secrets(rendered: Rendered) -> frozenset[tuple[str, str]]:
    assert rendered.fleet is not None  # noqa: S101 - asked by the caller
    spec = rendered.fleet.spec
    named = {(spec.hub.policyNamespace, secret) for secret in named_secrets(rendered.fleet)}
    if spec.observability is not None:
        named.add((hub.observability.NAMESPACE, spec.observability.objectStorageSecret))
    return frozenset(named)
