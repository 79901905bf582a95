"""Objects of a RayService: ServiceAccount, RayService, and the Route by which others reach it.

KubeRay makes two Services: <name>-head-svc, and <name>-serve-svc for requests, to pods whose proxy answers. A change
of serveConfigV2 is carried out in place; a change of pods gives a second cluster beside the first, which takes over
once it serves (kuberay v1.6.2 controllers/ray/rayservice_controller.go shouldPrepareNewCluster). Other numbers of
workers reach a running cluster in neither way: the comparison leaves them out
(utils GenerateHashWithoutReplicasAndWorkersToDelete).

The queue's label stands on the RayService. From Kueue 0.18 that is what is admitted; before, KubeRay copies the
label to each RayCluster that it makes, and Kueue admits these (constructRayClusterForRayService).
"""

from __future__ import annotations

from ...facts.profiles import Profile
from ...objects.manifest import Manifest, Wave, meta
from .emit import API_VERSION, account, cluster_spec, elastic_notes, queue_labels
from .flavor import Place, placed
from .serve import GRPC_PORT, PORT, ServeConfig, serve_config_text
from .shapes import served_cluster
from .spec import RayService

TIMEOUT = "ray.io/initializing-timeout"
PORT_NAME = "serve"
"""KubeRay looks for the port by this name, in the head for its Service and in workers for their probe."""

SERVE_SERVICE = "-serve-svc"
"""End of the name of the Service for requests (kuberay utils GenerateServeServiceName)."""


def emit_service(service: RayService, profile: Profile, place: Place = ()) -> tuple[Manifest, ...]:
    """A RayService and what it needs, with what its queue would add to its pods (flavor.py)."""
    ray = placed(served_cluster(service), place)
    known = profile.kuberay.serviceOptions
    notes = {TIMEOUT: service.initializingTimeout} if service.initializingTimeout and known else {}
    manifest = {
        "apiVersion": API_VERSION,
        "kind": "RayService",
        "metadata": meta(
            service.name,
            service.namespace,
            wave=Wave.WORKLOAD,
            labels={**service.labels, **queue_labels(service)},
            annotations={**service.annotations, **(elastic_notes(ray) or {}), **notes},
        ),
        "spec": {
            "serveConfigV2": serve_config_text(service.serveConfigV2),
            "upgradeStrategy": {"type": service.upgradeStrategy},
            **_options(service, known=known),
            "rayClusterConfig": _listening(cluster_spec(ray, profile), service),
        },
    }
    return (*account(ray), manifest, *_route(service))


def _options(service: RayService, *, known: bool) -> Manifest:
    delay = service.rayClusterDeletionDelaySeconds
    return {
        **({"excludeHeadPodFromServeSvc": True} if service.excludeHeadPodFromServeSvc else {}),
        **({"rayClusterDeletionDelaySeconds": delay} if delay is not None and known else {}),
    }


def _listening(spec: Manifest, service: RayService) -> Manifest:
    """The RayClusterSpec with the ports of Ray Serve's proxies, which run in the head and in workers.

    A name that begins with serve- is a port of the Service too, from KubeRay 1.6 on (common/service.go isServingPort).
    """
    config = service.serveConfigV2
    grpc = isinstance(config, ServeConfig) and config.grpc_options is not None
    named = {PORT_NAME: PORT, **({f"{PORT_NAME}-grpc": GRPC_PORT} if grpc else {})}
    listens = [{"name": name, "containerPort": port, "protocol": "TCP"} for name, port in named.items()]
    for group in (spec["headGroupSpec"], *spec.get("workerGroupSpecs", ())):
        container = group["template"]["spec"]["containers"][0]
        container["ports"] = [*container.get("ports", ()), *listens]
    return spec


def _route(service: RayService) -> tuple[Manifest, ...]:
    """Encrypted up to the router; the host is the router's to choose."""
    if not service.exposed:
        return ()
    route = {
        "apiVersion": "route.openshift.io/v1",
        "kind": "Route",
        "metadata": meta(service.name, service.namespace, wave=Wave.WORKLOAD),
        "spec": {
            "to": {"kind": "Service", "name": f"{service.name}{SERVE_SERVICE}", "weight": 100},
            "port": {"targetPort": PORT_NAME},
            "tls": {"termination": "edge", "insecureEdgeTerminationPolicy": "Redirect"},
            "wildcardPolicy": "None",
        },
    }
    return (route,)
