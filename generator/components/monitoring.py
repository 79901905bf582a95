"""The section `monitoring`: PodMonitors for what the platform does not collect the metrics of itself.

Open Data Hub makes a monitor for every ServingRuntime that names its metrics port. A model inside its server's
image has no ServingRuntime, plain KServe makes no monitors at all, and nobody makes one for Ray: a namespace with
RayServices gets one for its Ray pods.

monitoring: {monitors: true, interval: 1m, alerts: true}
"""

from collections.abc import Iterator

from pydantic import Field

from ..findings.finding import Severity
from ..findings.rule import Problem, rule
from ..objects.manifest import SYNC_OPTIONS, Manifest, Wave, meta
from ..specs.types import Duration, Flag, Labels, Strictly
from .alerts import alert_units
from .kit.base_key import base_key, digest
from .kit.component import Cluster, Component, Unit, whole
from .namespaces import LLM, SERVING_POD, reserved
from .namespaces import RAY as RAY_PODS
from .ray import RAY
from .serving import BEHIND, PORT, Endpoint, endpoint, pods_of
from .serving.spec import Service, is_llm, is_plain, known


class Monitoring(Strictly):
    """How the metrics of a cluster's model servers are collected."""

    monitors: Flag = Field(
        True,
        description="With the fleet's observability: have model servers and RayServices scraped where the platform does not; needs the Prometheus operator.",
    )
    interval: Duration = Field("1m", description="How often they are scraped.")
    alerts: Flag = Field(
        False,
        description="Alert rules on the cluster itself, which fire while the hub is out of reach: model not ready or not loaded, volume full, queue stuck.",
    )
    labels: Labels = Field(
        {}, description="Labels of monitors and rules, where a Prometheus operator of yours selects by some."
    )


def units(cluster: Cluster) -> Iterator[Unit]:
    """One unit per model server that nobody else would scrape, and one per namespace with RayServices."""
    section = cluster.part(MONITORING)
    if section.alerts:
        yield from alert_units(cluster, section.labels)
    if cluster.fleet.observability is None or not section.monitors:
        return
    for _, item, model in known(cluster):
        if is_llm(item):
            if not cluster.profile.kserve.monitors:
                monitor = llm_monitor(item, cluster.profile.kserve.llmScheme, section)
                yield _server_unit(item, monitor, digest(monitor))
            continue
        place = endpoint(item, model, cluster.images)
        if place is not None and _is_alone(item, cluster):
            yield _server_unit(item, pod_monitor(item, place, section), digest(place, *_said(section)))
    for namespace in sorted({service.namespace for service in cluster.part(RAY).services}):
        yield _ray_unit(namespace, section)


def _ray_unit(namespace: str, section: Monitoring) -> Unit:
    key = base_key("monitoring", "ray", namespace).marked(digest(*_said(section)))
    return whole(key, ("clusters/",), (ray_monitor(namespace, section),))


def _server_unit(item: Service, monitor: Manifest, mark: str) -> Unit:
    key = base_key("monitoring", "server", item.namespace, item.name).marked(mark)
    key = key.marked("deployment") if is_plain(item) else key
    return whole(key, ("clusters/",), (monitor,))


def _said(section: Monitoring) -> tuple[object, ...]:
    """What a monitor takes from the section."""
    return section.interval, sorted(section.labels.items())


def _is_alone(item: Service, cluster: Cluster) -> bool:
    """Whether the platform makes no monitor: odh-model-controller does for servers with a ServingRuntime."""
    return not cluster.profile.kserve.monitors or item.storage.type == "image" or is_plain(item)


def pod_monitor(item: Service, place: Endpoint, section: Monitoring) -> Manifest:
    """Scrapes the pods of an InferenceService, or of a Deployment of our own.

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
        "interval": section.interval,
        **({"relabelings": [elsewhere]} if place.number != place.metrics else {}),
    }
    labels = pods_of(item) if is_plain(item) else {SERVING_POD: item.name}
    pods = {"matchLabels": labels}
    return _monitor(_metadata(item.name, item.namespace, section), pods, end)


def ray_monitor(namespace: str, section: Monitoring) -> Manifest:
    """Scrapes the Ray pods of a namespace; KubeRay gives each a port for it (kuberay common/pod.go)."""
    end = {"port": "metrics", "path": "/metrics", "interval": section.interval}
    return _monitor(_metadata("ray", namespace, section), RAY_PODS, end)


def _metadata(name: str, namespace: str, section: Monitoring) -> Manifest:
    # The kind comes with the platform's monitoring, which may be installed later.
    notes = {SYNC_OPTIONS: "SkipDryRunOnMissingResource=true"}
    return meta(name, namespace, wave=Wave.WORKLOAD, labels=section.labels, annotations=notes)


def _monitor(metadata: Manifest, pods: Manifest, end: Manifest) -> Manifest:
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PodMonitor",
        "metadata": metadata,
        "spec": {"selector": pods, "podMetricsEndpoints": [end]},
    }


def llm_monitor(item: Service, scheme: str | None, section: Monitoring) -> Manifest:
    """Scrapes the pods of an LLMInferenceService by number: the presets give their port no name.

    Where prompts are read apart from answers, the port of those that answer belongs to the sidecar before vLLM.
    """
    about = {
        "path": "/metrics",
        "interval": section.interval,
        **({"scheme": scheme.lower()} if scheme else {}),
    }
    moved = item.llm is not None and item.llm.prefill is not None
    role = {
        "sourceLabels": ["__meta_kubernetes_pod_label_llm_d_ai_role"],
        "regex": "prefill",
        "action": "keep",
    }
    reading: Manifest = {"portNumber": PORT, **about, **({"relabelings": [role]} if moved else {})}
    answering = [{"portNumber": BEHIND, **about}] if moved else []
    labels = {"app.kubernetes.io/name": item.name, **LLM["matchLabels"]}
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PodMonitor",
        "metadata": _metadata(item.name, item.namespace, section),
        "spec": {"selector": {"matchLabels": labels}, "podMetricsEndpoints": [*answering, reading]},
    }


MONITORING: Component[Monitoring] = Component(
    key="monitoring",
    spec=Monitoring,
    default=Monitoring(),
    description="Metrics of model servers.",
    units=units,
)


@rule(
    "OBSERVE002",
    Severity.WARNING,
    source="OpenShift: rules of users are evaluated by user workload monitoring",
)
def alerts_are_evaluated(cluster: Cluster) -> Iterator[Problem]:
    """Alerts of a cluster's own come with the fleet's observability, which switches user workload monitoring on.

    Without it OpenShift evaluates no rule of a user's namespace, unless somebody has switched it on there.
    """
    if cluster.part(MONITORING).alerts and cluster.profile.openshift and cluster.fleet.observability is None:
        said = "nothing says that user workload monitoring is on here, which evaluates these rules"
        yield Problem(("monitoring", "alerts"), said, "set observability in clusters/fleet.yaml")


@rule("OBSERVE003", source="nearedge: keys that other programs act on")
def monitoring_labels_are_free(cluster: Cluster) -> Iterator[Problem]:
    """Labels of monitors and rules steer no controller but the Prometheus operator.

    With openshift.io/prometheus-rule-evaluation-scope or a key of Argo CD the rules would be evaluated or kept by others.
    """
    for key in cluster.part(MONITORING).labels:
        if reserved(key) or key.startswith("openshift.io/"):
            yield Problem(("monitoring", "labels", key), f"key {key} is reserved", "use a key of your own")
