"""The section `monitoring`: PodMonitors for what the platform does not collect the metrics of itself.

Open Data Hub makes a monitor for every ServingRuntime that names its metrics port. A model inside its server's
image has no ServingRuntime, plain KServe makes no monitors at all, and nobody makes one for Ray: a namespace with
RayServices gets one for its Ray pods.

monitoring: {monitors: true, interval: 1m}
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from ..component import Cluster, Component, Unit
from ..manifest import SYNC_OPTIONS, Manifest, Wave, content_hash, meta
from ..spec import Duration, Flag, Strictly
from .namespaces.network import RAY as RAY_PODS
from .namespaces.network import SERVING_POD
from .ray import RAY
from .serving.emit import Endpoint, endpoint
from .serving.spec import Service, known


class Monitoring(Strictly):
    """How the metrics of a cluster's model servers are collected."""

    monitors: Flag = Field(
        True,
        description="With the fleet's observability: have model servers and RayServices scraped where the platform does not; needs the Prometheus operator.",
    )
    interval: Duration = Field("1m", description="How often they are scraped.")


def units(cluster: Cluster) -> Iterator[Unit]:
    """One unit per model server that nobody else would scrape, and one per namespace with RayServices."""
    section = cluster.part(MONITORING)
    if cluster.fleet.observability is None or not section.monitors:
        return
    for _, item, model in known(cluster):
        place = endpoint(item, model, cluster.fleet.images)
        if place is not None and _is_alone(item, cluster):
            yield _unit(item, place, section.interval)
    for namespace in sorted({service.namespace for service in cluster.part(RAY).services}):
        yield _ray_unit(namespace, section.interval)


def _ray_unit(namespace: str, interval: str) -> Unit:
    made = (ray_monitor(namespace, interval),)
    folder = f"monitoring/{namespace}.ray-{content_hash(interval)}"
    return Unit(folder=folder, origins=("clusters/",), common=lambda: made, final=made)


def _unit(item: Service, place: Endpoint, interval: str) -> Unit:
    made = (pod_monitor(item, place, interval),)
    folder = f"monitoring/{item.namespace}.{item.name}-{content_hash(place, interval)}"
    return Unit(folder=folder, origins=("clusters/",), common=lambda: made, final=made)


def _is_alone(item: Service, cluster: Cluster) -> bool:
    """Whether the platform makes no monitor: odh-model-controller does for servers with a ServingRuntime."""
    return not cluster.profile.kserve.monitors or item.storage.type == "image"


def pod_monitor(item: Service, place: Endpoint, interval: str) -> Manifest:
    """Scrapes the pods of an InferenceService.

    Prometheus finds the ports that containers declare. Where the metrics are on another one, a declared port is
    taken and its number replaced.
    """
    elsewhere = {
        "sourceLabels": ["__address__"],
        "regex": "(.+):[0-9]+",
        "replacement": f"$1:{place.metrics}",
        "targetLabel": "__address__",
    }
    end = {
        "port": place.port,
        "path": "/metrics",
        "interval": interval,
        **({"relabelings": [elsewhere]} if place.number != place.metrics else {}),
    }
    return _monitor(item.name, item.namespace, {"matchLabels": {SERVING_POD: item.name}}, end)


def ray_monitor(namespace: str, interval: str) -> Manifest:
    """Scrapes the Ray pods of a namespace; KubeRay gives each a port for it (kuberay common/pod.go)."""
    end = {"port": "metrics", "path": "/metrics", "interval": interval}
    return _monitor("ray", namespace, RAY_PODS, end)


def _monitor(name: str, namespace: str, pods: Manifest, end: Manifest) -> Manifest:
    # The kind comes with the platform's monitoring, which may be installed later.
    notes = {SYNC_OPTIONS: "SkipDryRunOnMissingResource=true"}
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PodMonitor",
        "metadata": meta(name, namespace, wave=Wave.WORKLOAD, annotations=notes),
        "spec": {"selector": pods, "podMetricsEndpoints": [end]},
    }


MONITORING: Component[Monitoring] = Component(
    key="monitoring",
    spec=Monitoring,
    default=Monitoring(),
    description="Metrics of model servers.",
    units=units,
)
