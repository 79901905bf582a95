"""Rules about models on the nodes' own disks."""

from __future__ import annotations

from collections.abc import Iterator

from ...findings.finding import Path, Severity
from ...findings.rule import Problem, rule
from ...specs.quantity import binary, parse
from ..kit.component import Cluster
from .cache import JOB_NAMESPACE, cached, holds
from .units import MODELS


def _items(cluster: Cluster) -> Iterator[tuple[int, str]]:
    """Index and model of servers that want a cached model."""
    for i, item in enumerate(cluster.spec.serving):
        if item.storage.type == "cache":
            yield i, item.model


@rule(
    "MODEL018",
    source="kserve v0.20.0 pkg/controller/v1alpha1/localmodel; opendatahub-operator v3.5.0 kserve_types.go",
)
def cache_is_there(cluster: Cluster) -> Iterator[Problem]:
    """storage.type cache is used where the platform has LocalModelCache and models.cache names nodes that exist.

    KServe would download the model at every start of a pod instead, or never find a node for it. A server's own
    nodeSelector does not lead away from these nodes.
    """
    cache, able = cluster.part(MODELS).cache, cluster.profile.kserve.localModelCache
    for i, _ in _items(cluster):
        path: Path = ("serving", i, "storage", "type")
        own = cluster.spec.serving[i].nodeSelector
        for key, value in cache.nodeSelector.items() if cache else ():
            if own.get(key, value) != value:
                said = (
                    f"nodeSelector wants {key}: {own[key]}, the cached model is on nodes with {key}: {value}"
                )
                yield Problem(("serving", i, "nodeSelector", key), said, "drop it, or change models.cache")
        if able is None:
            yield Problem(
                path, f"{cluster.profile.name} has no LocalModelCache", "use storage.type pvc or oci"
            )
        elif cache is None:
            yield Problem(
                path, "the cluster says nothing of models.cache", "give models.cache size and nodeSelector"
            )
        elif cluster.spec.nodes and not any(holds(node.labels, cluster) for node in cluster.spec.nodes):
            labels = ", ".join(f"{key}={value}" for key, value in sorted(cache.nodeSelector.items()))
            said = f"no node of the cluster has the labels {labels} of models.cache"
            yield Problem(("models", "cache", "nodeSelector"), said, "name labels that nodes have")
            return


@rule("MODEL019", source="kserve pkg/apis/serving/v1alpha1/local_model_node_group_types.go storageLimit")
def cache_holds_its_models(cluster: Cluster) -> Iterator[Problem]:
    """All cached models together fit into models.cache.size: each of the nodes has all of them.

    The disk of the node runs full in the middle of a download. During an update the old version is still there.
    """
    cache = cluster.part(MODELS).cache
    names = cached(cluster)
    total = sum(parse(cluster.models[name].size) for name in names)
    if cache is not None and total > parse(cache.size):
        listed = " + ".join(f"{cluster.models[name].size} {name}" for name in names)
        said = (
            f"cached models need {binary(total)} on each node ({listed}), models.cache.size is {cache.size}"
        )
        yield Problem(("models", "cache", "size"), said, f"give it {binary(2 * total)}: two versions of each")


@rule(
    "MODEL020",
    covers=("LM-1",),
    source="kserve v0.20.0 pkg/webhook/admission/localmodelcache/localmodelcache_validator.go",
)
def cached_sources_are_unique(cluster: Cluster) -> Iterator[Problem]:
    """No two cached models have the same source.

    The webhook denies the second LocalModelCache.
    """
    first: dict[str, str] = {}
    for i, name in _items(cluster):
        if name in cluster.models:
            source = cluster.models[name].source
            other = first.setdefault(source, name)
            if other != name:
                said = f"models {other} and {name} are cached from the same source {source}"
                yield Problem(("serving", i, "model"), said, f"serve {other} twice")


@rule("MODEL021", Severity.NOTE, source="kserve docs/samples/localmodelcache/README.md")
def cache_finds_its_credential(cluster: Cluster) -> Iterator[Problem]:
    """The credential of a cached model is where KServe's download Jobs look for it.

    They run in a namespace of KServe's own, where an overlay puts nothing. On Open Data Hub a data connection that
    `credentials` brings there is enough for a bucket.
    """
    told: set[str] = set()
    connected = {item.name for item in cluster.spec.credentials if item.type == "s3" and item.from_ == "hub"}
    odh = cluster.profile.family == "odh"
    for i, name in _items(cluster):
        model = cluster.models.get(name)
        if model is None or model.credentialsSecret is None or name in told:
            continue
        if odh and model.source.startswith("s3://") and model.credentialsSecret in connected:
            continue
        told.add(name)
        secret = model.credentialsSecret
        what = (
            f"a ServiceAccount {secret} with a Secret that holds HF_TOKEN"
            if model.source.startswith("hf://")
            else f"a Secret storage-config with key {secret}"
        )
        said = f"the download of {name} needs {what} in namespace {JOB_NAMESPACE}"
        yield Problem(("serving", i, "model"), said, "deliver it there, by policy like other credentials")
