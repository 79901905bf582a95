"""What verify compares with: the manifests that components mean, cluster by cluster and for the hub.

Recomputed from the specs instead of kept from the render, so that ten thousand clusters need no memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path as File

from . import hub
from .compile import compile_cluster
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
            yield Expected(f"overlays/{cluster.name}", overlay.manifests, cluster.profile.schemas)
    emitted = hub.emit(rendered.fleet)
    if emitted:
        manifests = tuple(item for items in emitted.values() for item in items)
        yield Expected(f"acm/{rendered.fleet.spec.hub.cluster}", manifests, hub.schemas(rendered.fleet))
