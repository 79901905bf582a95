"""Labels and annotations that a spec puts onto a workload, and those that are somebody else's.

    labels: {team: fleet-vision}                  annotations: {acme.com/runbook: https://wiki.acme.com/weld}

A section has the two fields (Labels of specs/types.py, Annotations), lays them under what it writes itself, and yields
`owned` in a rule of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ...findings.finding import Path
from ...findings.rule import Problem
from ...objects.manifest import Manifest
from ...specs.types import LabelKey, Value

Annotations = dict[LabelKey, Value]
"""Annotations of a workload: their keys are those of labels, their values any text."""

ANNOTATIONS_LIMIT = 256 * 1024
"""Most bytes of all keys and values together (apimachinery v0.33 pkg/api/validation/objectmeta.go TotalAnnotationSizeLimitB)."""


class Owner(NamedTuple):
    """Who writes a label or an annotation, and what to do instead of saying it."""

    name: str
    instead: str = "drop it"


_KSERVE = Owner("KServe")
_KUEUE = Owner("Kueue", "say queue and priorityClass")
_KUBERAY = Owner("KubeRay")
_ODH = Owner("Open Data Hub")
_KUBERNETES = Owner("Kubernetes")
_PARTS = Owner(
    "the controllers of workloads, which find their pods by it", "use a key with a domain of yours"
)

KEYS: Mapping[str, Owner] = {
    # kserve v0.20.0 pkg/constants/constants.go: selectors of Deployments and Services.
    "app": Owner("KServe, which finds its pods by it", "use a key with a domain of yours"),
    "component": _KSERVE,
    "modelFormat": _KSERVE,
    "isvc.generation": _KSERVE,
    # kserve v0.20.0 workload_single_node.go singleNodeLabels; kuberay v1.6.2 controllers/ray/common/pod.go labelPod.
    "app.kubernetes.io/component": _PARTS,
    "app.kubernetes.io/created-by": _PARTS,
    "app.kubernetes.io/instance": Owner("Argo CD, which tracks its objects by it"),
    "app.kubernetes.io/managed-by": Owner("nearedge"),
    "app.kubernetes.io/name": _PARTS,
    "app.kubernetes.io/part-of": _PARTS,
    # kubernetes v1.33: controllers of Deployments, StatefulSets and Jobs.
    "controller-revision-hash": _KUBERNETES,
    "controller-uid": _KUBERNETES,
    "job-name": _KUBERNETES,
    "pod-template-hash": _KUBERNETES,
    # opendatahub-io/kubeflow v1.10.0-11 notebook_controller.go generateStatefulSet.
    "kubeflow-resource-stopped": Owner("Open Data Hub", "say stopped"),
    "notebook-name": _PARTS,
    "statefulset": _PARTS,
    "haproxy.router.openshift.io/timeout": Owner("nearedge", "say timeout"),
    "openshift.io/display-name": Owner("nearedge", "say displayName"),
    "openshift.io/scc": Owner("OpenShift, which notes the SCC of each pod there"),
    "prometheus.io/path": Owner("nearedge", "say metricsPort, whose path is /metrics"),
    "prometheus.io/port": Owner("nearedge", "say metricsPort"),
}
"""Key -> who writes it. In alphabetical order within a source."""

DOMAINS: Mapping[str, Owner] = {
    "argoproj.io": Owner("Argo CD"),
    "autoscaling.knative.dev": Owner("Knative, which is not there"),
    "serving.knative.dev": Owner("Knative, which is not there"),
    "serving.knative.openshift.io": Owner("Knative, which is not there"),
    "codeflare.dev": Owner("the controller of AppWrappers"),
    "kserve.io": _KSERVE,
    "llm-d.ai": _KSERVE,
    "inference.networking.k8s.io": _KSERVE,
    "inference.networking.x-k8s.io": _KSERVE,
    "kubeflow.org": Owner("Kubeflow"),
    "kueue.openshift.io": _KUEUE,
    "kueue.x-k8s.io": _KUEUE,
    "nearedge.io": Owner("nearedge"),
    "open-cluster-management.io": Owner("Open Cluster Management"),
    "opendatahub.io": _ODH,
    "ray.io": _KUBERAY,
    "batch.kubernetes.io": _KUBERNETES,
    "deployment.kubernetes.io": _KUBERNETES,
    "kubectl.kubernetes.io": _KUBERNETES,
    "pod-security.kubernetes.io": _KUBERNETES,
    "statefulset.kubernetes.io": _KUBERNETES,
    "jobset.sigs.k8s.io": _KUBERNETES,
    "leaderworkerset.sigs.k8s.io": _KUBERNETES,
}
"""Domain of keys, with all domains below it -> who writes them."""


def owner_of(key: str) -> Owner | None:
    """Who writes a label or an annotation; None when it is free.

    >>> owner_of("security.opendatahub.io/enable-auth").name, owner_of("acme.com/team")
    ('Open Data Hub', None)
    """
    found = KEYS.get(key)
    domain, sign, _ = key.partition("/")
    while found is None and sign and domain:
        found = DOMAINS.get(domain)
        domain = domain.partition(".")[2]
    return found


def marks(labels: Mapping[str, str], annotations: Mapping[str, str]) -> Manifest:
    """The metadata of pods that have these; empty where there are none."""
    said = (("labels", labels), ("annotations", annotations))
    return {field: dict(sorted(value.items())) for field, value in said if value}


def owned(path: Path, labels: Mapping[str, str], annotations: Mapping[str, str]) -> Iterator[Problem]:
    """A problem for each key that nearedge or a controller writes, and one where annotations are too long.

    `path` is the workload's; its fields are called labels and annotations.
    """
    for field, said in (("labels", labels), ("annotations", annotations)):
        for key in said:
            owner = owner_of(key)
            if owner is not None:
                text = f"{key} belongs to {owner.name}"
                yield Problem((*path, field, key), text, owner.instead)
    size = sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items())
    if size > ANNOTATIONS_LIMIT:
        text = f"annotations have {size} bytes together, an object takes {ANNOTATIONS_LIMIT}"
        yield Problem((*path, "annotations"), text, "keep what is long elsewhere, and a link to it here")
