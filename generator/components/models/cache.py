"""Models on the nodes' own disks: KServe's LocalModelCache.

KServe's controller makes a download Job on each node of the group, and a local volume for each namespace with a
server whose storageUri is the cache's own (kserve v0.20.0 pkg/apis/serving/v1alpha1/storage_uri_utils.go
MatchStorageURI). Where the platform's operator switches it on (DataScienceCluster kserve.modelCache), the operator
makes the node group as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ...facts.profiles import Profile
from ...objects.manifest import CONTENT_HASH, Manifest, Wave, content_hash, meta
from ...specs.model import ModelSpec
from ..kit.base_key import base_key
from ..kit.component import Cluster, Unit, alone, whole
from .spec import Cache, ModelsSpec
from .transfer import parameters

if TYPE_CHECKING:
    from ..serving.spec import Service

GROUP = "workers"
"""The LocalModelNodeGroup that the ODH operator makes (opendatahub-operator
internal/controller/components/kserve/kserve_controller_actions.go createLocalModelNodeGroup); ours has the same name."""

JOB_NAMESPACE = "kserve-localmodel-jobs"
"""Where download Jobs run, and look for credentials (kserve config/configmap/inferenceservice.yaml localModel)."""

NAME_LIMIT = 54
"""Characters of a model's name in that of its cache: 63, less a dash and eight of a hash."""

STORAGE_CLASS = "local-storage"
"""No such class has to exist: claim and volume name each other (kserve website, model cache)."""


def units(cluster: Cluster, spec: ModelsSpec) -> Iterator[Unit]:
    """The node group where nobody else makes it, and one unit per model that is cached."""
    names = cached(cluster)
    if spec.cache is None or not names:
        return
    if cluster.profile.kserve.localModelCache == "manual":
        yield alone((node_group(spec.cache, cluster.profile),))
    for name in names:
        yield _unit(name, cluster.models[name])


def _unit(name: str, model: ModelSpec) -> Unit:
    key = base_key("models", "cache", name)
    return whole(key, (f"clusters/models/{name}.yaml",), (local_model(name, model),))


def cached(cluster: Cluster) -> tuple[str, ...]:
    """Models that some server of the cluster has from its nodes' disks, in the order of the spec."""
    named = (item.model for item in cluster.spec.serving if item.storage.type == "cache")
    return tuple(dict.fromkeys(name for name in named if name in cluster.models))


def holds(labels: Mapping[str, str], cluster: Cluster) -> bool:
    """Whether nodes with these labels have a part of the cache."""
    cache = cluster.spec.models.cache
    return cache is not None and cache.nodeSelector.items() <= labels.items()


def placed_by_cache(item: Service, cluster: Cluster) -> Service:
    """A server with the labels of the nodes that have its model; its own words win.

    The volume would keep its pods there anyhow. Said in the pods, Kueue picks a flavor of these nodes. Where a
    hardware profile places them nothing more is said, since the platform writes these fields then.
    """
    cache = cluster.spec.models.cache
    if item.storage.type != "cache" or cache is None or item.hardwareProfile is not None:
        return item
    return item.model_copy(update={"nodeSelector": {**cache.nodeSelector, **item.nodeSelector}})


def cache_nodes(cluster: Cluster) -> int:
    """How many nodes download each cached model; one where the spec lists no nodes."""
    nodes = cluster.spec.nodes
    return sum(node.count for node in nodes if holds(node.labels, cluster)) if nodes else 1


def cache_name(name: str, model: ModelSpec) -> str:
    """Name of a LocalModelCache: its source never changes, so another source is another cache.

    It becomes a label of download Jobs (kserve pkg/controller/v1alpha1/localmodelnode launchJob), which has 63 characters.
    """
    return f"{name[:NAME_LIMIT].rstrip('-')}-{content_hash(model.source)}"


def local_model(name: str, model: ModelSpec) -> Manifest:
    """The LocalModelCache of a model."""
    labels = {CONTENT_HASH: content_hash(model.source)}
    return {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "LocalModelCache",
        # Before the server: whether a server is served from a cache is decided when it is made.
        "metadata": meta(cache_name(name, model), wave=Wave.RUNTIME, labels=labels),
        "spec": {
            "sourceModelUri": model.source,
            "modelSize": model.size,
            "nodeGroups": [GROUP],
            **_credential(model),
        },
    }


def _credential(model: ModelSpec) -> Manifest:
    """Both kinds are looked up in the Jobs' namespace; a token of Hugging Face only by a ServiceAccount.

    Source: kserve v0.20.0 pkg/credentials/service_account_credentials.go SupportedStorageSpecTypes.
    """
    if model.source.startswith("hf://"):
        return {"serviceAccountName": model.credentialsSecret} if model.credentialsSecret else {}
    said = {key: value for key, value in parameters(model).items() if key != "bucket"}
    return {
        "storage": {"key": model.credentialsSecret or "", **({"parameters": said} if said else {})},
    }


def node_group(cache: Cache, profile: Profile) -> Manifest:
    """The LocalModelNodeGroup: templates of the volumes that KServe makes on each of the nodes."""
    needed = [
        {"key": key, "operator": "In", "values": [value]} for key, value in sorted(cache.nodeSelector.items())
    ]
    return {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "LocalModelNodeGroup",
        "metadata": meta(GROUP, wave=Wave.QUEUE),
        "spec": {
            "storageLimit": cache.size,
            "persistentVolumeSpec": {
                "accessModes": ["ReadWriteOnce"],
                "capacity": {"storage": cache.size},
                "local": {"path": profile.kserve.localModelPath},
                "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": needed}]}},
                "persistentVolumeReclaimPolicy": "Retain",
                "storageClassName": STORAGE_CLASS,
                "volumeMode": "Filesystem",
            },
            "persistentVolumeClaimSpec": {
                "accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": cache.size}},
                "storageClassName": STORAGE_CLASS,
                "volumeMode": "Filesystem",
            },
        },
    }
