"""Rules about words of Ray workloads that are not Ray's own: labels and annotations, how workers are spread."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings.finding import Severity
from ....findings.rule import Problem, rule
from ...kit.component import Cluster
from ...kit.metadata import owned
from ..serve import GRPC_PORT, ServeConfig
from ..shapes import shapes
from ..units import RAY
from .cluster import items

PODS = "kubernetes v1.33 pkg/apis/core/validation ValidateTopologySpreadConstraints"


@rule(
    "RAY074",
    source="kuberay v1.6.2 ray-operator/controllers/ray/common/pod.go labelPod; kueue v0.19.2 pkg/controller/constants",
)
def marks_are_free(cluster: Cluster) -> Iterator[Problem]:
    """Labels and annotations of a Ray workload are keys that neither nearedge nor a controller writes.

    Of two writers one loses: a pod that its Service does not find any more, or a difference that Argo CD sees for ever.
    """
    for path, item in items(cluster):
        yield from owned(path, item.labels, item.annotations)


@rule("RAY075", source=PODS)
def spread_is_well_formed(cluster: Cluster) -> Iterator[Problem]:
    """A group of workers says each topologyKey once for each whenUnsatisfiable, and minDomains only with DoNotSchedule.

    The API server refuses its pods otherwise, and KubeRay tries again for ever.
    """
    for shape in shapes(cluster.part(RAY)):
        for i, worker in enumerate(shape.ray.workers):
            seen: set[tuple[str, str]] = set()
            for j, one in enumerate(worker.topologySpreadConstraints):
                path = (*shape.path, "workers", i, "topologySpreadConstraints", j)
                if (one.topologyKey, one.whenUnsatisfiable) in seen:
                    text = f"group {worker.name} has {one.topologyKey} with {one.whenUnsatisfiable} twice"
                    yield Problem((*path, "topologyKey"), text, "keep one")
                seen.add((one.topologyKey, one.whenUnsatisfiable))
                if one.minDomains and one.whenUnsatisfiable != "DoNotSchedule":
                    text = f"minDomains {one.minDomains} has no meaning with {one.whenUnsatisfiable}"
                    yield Problem(
                        (*path, "minDomains"), text, "drop it, or set whenUnsatisfiable: DoNotSchedule"
                    )


@rule(
    "RAY076",
    Severity.WARNING,
    source="kuberay v1.6.2 ray-operator/controllers/ray/common/service.go isServingPort; v1.4.2 BuildServeService",
)
def grpc_has_a_service(cluster: Cluster) -> Iterator[Problem]:
    """A RayService answers gRPC where KubeRay gives its Service the port.

    Releases before 1.6 take one port into it, that of HTTP: callers find gRPC at the pods only.
    """
    known = cluster.profile.kuberay
    for i, item in enumerate(cluster.part(RAY).services):
        config = item.serveConfigV2
        if isinstance(config, ServeConfig) and config.grpc_options and not known.servesGrpc:
            text = f"KubeRay {known.version} of {cluster.profile.name} leaves port {GRPC_PORT} out of the Service of {item.name}"
            path = ("ray", "services", i, "serveConfigV2", "grpc_options")
            yield Problem(path, text, "call HTTP, or bring a Service for the port (extraApps)")
