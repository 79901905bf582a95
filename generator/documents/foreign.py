"""Words that people bring along from Kubernetes, KServe, Kueue, KubeRay, Argo CD and Helm, and ours for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

MEANT: Mapping[str, tuple[str, ...]] = {
    "branch": ("revision",),
    "capacity": ("allocatable",),
    "deployments": ("serving",),
    "digest": ("source", "image"),
    "environment": ("env",),
    "groupName": ("name",),
    "headGroupSpec": ("head",),
    "inferenceServices": ("serving",),
    "kubeReserved": ("reserved",),
    "labels": ("nodeLabels",),
    "maxReplicas": ("replicas.max",),
    "maximum": ("max",),
    "minReplicas": ("replicas.min",),
    "minimum": ("min",),
    "modelFormat": ("format",),
    "models": ("serving", "model"),
    "nominalQuota": ("nominal",),
    "priorityClassName": ("priorityClass",),
    "queueName": ("queue",),
    "ref": ("revision",),
    "repoURL": ("url",),
    "replicaCount": ("replicas",),
    "servers": ("serving",),
    "services": ("serving",),
    "servingRuntime": ("runtime",),
    "storageClass": ("class", "storage.class"),
    "storageClassName": ("class", "storage.class"),
    "storageUri": ("source", "model"),
    "systemReserved": ("reserved",),
    "tag": ("version",),
    "targetRevision": ("revision",),
    "uri": ("source", "url"),
    "valueFrom": ("secret",),
    "workerGroupSpecs": ("workers",),
}
"""Another tool's key -> ours at the same level, the first that there is."""

REMOVES = frozenset({"$patch", "absent", "delete", "deleted"})
"""Keys by which other tools take an item away."""

_POD = frozenset(
    {
        *(
            "affinity",
            "command",
            "containers",
            "hostNetwork",
            "imagePullPolicy",
            "initContainers",
            "lifecycle",
        ),
        *("livenessProbe", "pod", "podSpec", "podTemplate", "ports", "predictor", "readinessProbe"),
        *("restartPolicy", "securityContext", "serviceAccountName", "sidecars", "startupProbe", "template"),
        *("topologySpreadConstraints", "transformer", "volumeMounts"),
    }
)
_OF_PODS = (
    *(
        "image",
        "args",
        "env",
        "resources",
        "requests",
        "nodeSelector",
        "tolerations",
        "port",
        "readinessPath",
    ),
    *("rayStartParams", "sharedMemory", "volumes"),
)
_OF_MODELS = {"checksums", "format", "size", "source", "version"}
_OBJECT = {"apiVersion", "kind", "metadata", "status"}
_RECORD = {"annotations", "creationTimestamp", "generation", "managedFields", "resourceVersion", "uid"}

DEVICES = {"gpu": "nvidia.com/gpu", "gpus": "nvidia.com/gpu", "mem": "memory", "ram": "memory", "cpus": "cpu"}
"""What people call a resource -> its name in Kubernetes."""


def advice(word: str, above: str | int, known: Iterable[str]) -> str:
    """What to do about a key that is that of another object; empty of other keys. `above` is the key it stands below."""
    fields = set(known)
    own = [field for field in _OF_PODS if field in fields]
    said = ""
    if above == "metadata" and word == "namespace":
        said = (
            "a spec is in no namespace; what runs says its own: serving, ray and kueue.queues have the field"
        )
    elif above == "metadata" and word in _RECORD:
        said = "a spec has a name and labels: leave it out"
    elif word in _OBJECT and isinstance(above, int):
        said = "an item is no object of Kubernetes: name and namespace stand in it, beside the other fields"
    elif word == "spec" and "tier" in fields:
        said = "spec stands above it already: indent what is below it one level less"
    elif word in _OF_MODELS and "model" in fields:
        said = "the model's own file says it: clusters/models/"
    elif word == "status" and "spec" in fields:
        said = "a spec has no status: leave it out"
    elif word in _POD and own:
        said = f"nearedge writes the pod; what can be said of it here: {', '.join(own)}"
    return said
