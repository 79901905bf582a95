"""Rules about servers that run without KServe: what only they say, and what they cannot have."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings.finding import Path, Severity
from ....findings.rule import Problem, rule
from ....specs.quantity import parse
from ...kit.component import Cluster
from ..plain import HTTP_ROUTE, INGRESS, PLAIN, ROUTE, Exposure, exposure_kind, has_routes, may_say_exposure
from ..spec import Service, is_plain, items, service_name
from .references import minor

KUBERNETES = "kubernetes v1.33 pkg/apis/core/validation/validation.go"

OWN = ("service", "exposure")
"""Fields that such a server has; `exposure` also an InferenceService on plain Kubernetes."""

LACKS = {
    "hardwareProfile": "a webhook of the platform reads it",
    "displayName": "it is a name in the platform's dashboard, which shows no Deployment",
}
"""Field -> why it has no effect on a Deployment of our own."""

STORED = ("pvc", "oci", "oci+native", "s3", "hf", "image")
"""Ways of models that need nothing of KServe's on the cluster."""


def plain(cluster: Cluster) -> Iterator[tuple[int, Service]]:
    """The servers of this kind, with their index."""
    return ((i, item) for i, item in items(cluster) if is_plain(item))


@rule("SERVE052", source="kserve v0.20.0: who makes Service, autoscaler and routes of an InferenceService")
def fields_belong_to_deployments(cluster: Cluster) -> Iterator[Problem]:
    """A server says what its kind has: `service` and `exposure` are a Deployment's, and what KServe does is not.

    Without KServe there is nobody to do it: no dashboard, no hardware profile, no model cache, no query that scales.
    KServe in turn names the Service of an InferenceService itself, and on OpenShift the platform exposes it; on plain
    Kubernetes an InferenceService may say `exposure`. What does not belong would be left out without a word.
    """
    for i, item in items(cluster):
        if not is_plain(item):
            for field in OWN:
                if getattr(item, field) is not None and not (
                    field == "exposure" and may_say_exposure(item.kind, cluster.profile)
                ):
                    said = f"{item.name} says {field} and is an {item.kind}, whose Service is KServe's"
                    yield Problem(("serving", i, field), said, f"set kind: {PLAIN}, or drop {field}")
            continue
        for field, why in LACKS.items():
            if getattr(item, field):
                said = f"{field} has no effect on {item.name}, a {PLAIN}: {why}"
                yield Problem(("serving", i, field), said, f"drop {field}")
        if item.scaling and item.scaling.prometheus:
            said = f"{item.name} is a {PLAIN}, which an autoscaler scales by cpu or memory"
            yield Problem(
                ("serving", i, "scaling", "prometheus"), said, "say metric and target, or drop kind"
            )
        if item.storage.type not in STORED:
            said = f"storage.type {item.storage.type} is KServe's, and {item.name} is a {PLAIN}"
            yield Problem(("serving", i, "storage", "type"), said, f"use one of {', '.join(STORED)}")


@rule("SERVE053", source=f"{KUBERNETES} ValidateServiceName, ValidateServiceCreate")
def services_have_names_of_their_own(cluster: Cluster) -> Iterator[Problem]:
    """The Service of a Deployment has a name that begins with a letter, and that no other Service of its namespace has.

    KServe and KubeRay call theirs after what they run. Of two with one name Argo CD or a controller would undo what the
    other does, and callers reach now this server and now that.
    """
    taken = dict(_services_of_others(cluster))
    for i, item in plain(cluster):
        name = service_name(item)
        path: Path = ("serving", i, "service", "name") if item.service else ("serving", i, "name")
        if not name[0].isalpha():
            yield Problem(
                path, f"Service {name} begins with a digit", "set service.name, and begin it with a letter"
            )
        other = taken.get((item.namespace, name))
        if other is not None:
            said = f"Service {name} of {item.name} is that of {other} already"
            yield Problem(path, said, "set service.name to another")
        taken.setdefault((item.namespace, name), item.name)


def _services_of_others(cluster: Cluster) -> Iterator[tuple[tuple[str, str], str]]:
    """(namespace, name) of Services that controllers make, and of what."""
    for _, item in items(cluster):
        if item.kind == "InferenceService":
            for end in ("predictor", "metrics"):
                yield (item.namespace, f"{item.name}-{end}"), f"InferenceService {item.name}"
    for service in cluster.spec.ray.services:
        for end in ("serve-svc", "head-svc"):
            yield (service.namespace, f"{service.name}-{end}"), f"RayService {service.name}"


BELONG = {"tlsSecret": INGRESS, "ingressClassName": INGRESS, "gateway": HTTP_ROUTE}
"""Field of `exposure` -> the kind of object that has it."""


@rule(
    "SERVE054",
    source="Kubernetes networking.k8s.io/v1 Ingress; gateway-api v1.4.1 HTTPRoute; OpenShift route.openshift.io/v1",
)
def exposure_is_complete(cluster: Cluster) -> Iterator[Problem]:
    """What leads to a server from outside is a kind that the platform has, with all that it needs.

    An Ingress or an HTTPRoute without a host answers for all hosts, and a second server would take the requests of the
    first. Routes are OpenShift's and MicroShift's. A time limit is written into a Route or an HTTPRoute; of an Ingress
    each controller has annotations of its own.
    """
    for i, item in items(cluster):
        if not is_plain(item) and not (item.exposure and may_say_exposure(item.kind, cluster.profile)):
            continue
        path: Path = ("serving", i, "exposure")
        if not item.exposed:
            if item.exposure is not None:
                yield Problem(
                    path, f"exposure has no effect: {item.name} is not exposed", "set exposed: true"
                )
            if item.timeout is not None and is_plain(item):
                said = f"timeout has no effect: nothing but callers limits a request to {item.name}"
                yield Problem(("serving", i, "timeout"), said, "drop timeout, or set exposed: true")
            continue
        said_of = item.exposure or Exposure()
        kind = exposure_kind(said_of, cluster.profile)
        yield from _lacking(path if item.exposure else ("serving", i, "exposed"), kind, item, cluster)
        for field, owner in BELONG.items():
            if getattr(said_of, field) is not None and owner != kind:
                yield Problem(
                    (*path, field),
                    f"{field} belongs to kind {owner}, and {item.name} has kind {kind}",
                    f"drop {field}",
                )
        if kind == INGRESS and item.timeout is not None:
            said = f"timeout has no effect on an Ingress, which leads to {item.name}"
            yield Problem(("serving", i, "timeout"), said, "drop it, or use a Route or an HTTPRoute")


@rule(
    "SERVE056",
    Severity.WARNING,
    source="kserve v0.20.0 config/configmap/inferenceservice.yaml ingress; kube_ingress_reconciler.go createRawIngress",
)
def kserve_exposes_as_it_is_set(cluster: Cluster) -> Iterator[Problem]:
    """On plain Kubernetes an exposed InferenceService says how it is reached, where nothing is known of KServe's settings.

    KServe makes its Ingress, or with `enableGatewayApi` an HTTPRoute, by inferenceservice-config. As that is shipped, the
    class is istio and the host ends in example.com: without an Istio no controller looks at it, and the server is
    Ready all the same.
    """
    for i, item in items(cluster):
        if (
            item.exposed
            and not item.exposure
            and item.kind == "InferenceService"
            and may_say_exposure(item.kind, cluster.profile)
        ):
            host = f"{item.name}-{item.namespace}.example.com"
            text = f"KServe exposes {item.name} as inferenceservice-config says, as shipped by an Ingress of class istio with host {host}"
            hint = "exposure: {host, ingressClassName} or {kind: HTTPRoute, host, gateway}; or waive it where KServe is set so"
            yield Problem(("serving", i, "exposed"), text, hint)


def _lacking(path: Path, kind: str, item: Service, cluster: Cluster) -> Iterator[Problem]:
    said = item.exposure or Exposure()
    if kind == ROUTE and not has_routes(cluster.profile):
        text = f"{cluster.profile.name} has no Routes, by which {item.name} is to be reached"
        yield Problem((*path, "kind") if item.exposure else path, text, "use kind Ingress or HTTPRoute")
    if kind != ROUTE and said.host is None:
        text = f"an {kind} needs a host, and {item.name} says none"
        yield Problem(path, text, "set exposure.host")
    if kind == HTTP_ROUTE and said.gateway is None:
        text = f"an {kind} needs a gateway, and {item.name} says none"
        yield Problem(path, text, "set exposure.gateway: {name, namespace}")


SIDECARS = 29
"""Minor version of Kubernetes from which init containers may go on running by default (KEP-753, SidecarContainers beta)."""


@rule("SERVE055", source="kubernetes v1.33 pkg/apis/autoscaling; KEP-753")
def pods_can_start_without_kserve(cluster: Cluster) -> Iterator[Problem]:
    """What scales a Deployment has something to measure by, and a modelcar runs where sidecars are known.

    An autoscaler reckons in percent of what pods request: of nothing requested it has no answer, and does nothing.
    Before Kubernetes 1.29 an init container that goes on running is one that never ends: the server does not start.
    """
    for i, item in plain(cluster):
        if item.replicas.max > item.replicas.min:
            metric = (item.scaling and item.scaling.metric) or "cpu"
            asked = item.requests.get(metric, item.resources.get(metric))
            if asked is not None and parse(asked) == 0:
                said = f"{item.name} is scaled by {metric}, of which it requests {asked}"
                yield Problem(("serving", i, "scaling"), said, f"request some {metric}")
        if item.storage.type == "oci" and 0 < minor(cluster) < SIDECARS:
            said = f"the modelcar of {item.name} needs Kubernetes 1.{SIDECARS}, the cluster has {cluster.spec.kubernetesVersion}"
            yield Problem(("serving", i, "storage", "type"), said, "use pvc")
