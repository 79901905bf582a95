"""What must hold of namespaces beside their shape."""

from __future__ import annotations

import ipaddress
import itertools
import re
from collections.abc import Collection, Iterator
from typing import Any

from ...documents.near import meant
from ...findings.finding import Path, Severity
from ...findings.rule import Problem, rule
from ...specs.quantity import parse
from ...specs.types import DEVICES
from ..kit.component import Cluster
from .features import RAY, items, places, workloads
from .spec import Namespace
from .units import NAMESPACES

RESERVED = (
    "app.kubernetes.io/managed-by",
    "argocd.argoproj.io",
    # kustomize leaves an object out that has config.kubernetes.io/local-config, and drops other keys of these.
    "config.k8s.io",
    "config.kubernetes.io",
    "istio-injection",
    "istio.io",
    "k8s.ovn.org",
    "kubectl.kubernetes.io",
    "kubernetes.io/metadata.name",
    "kueue.openshift.io",
    "kueue.x-k8s.io",
    "modelmesh-enabled",
    "nearedge.io",
    "network.openshift.io",
    "open-cluster-management.io",
    "opendatahub.io",
    "openshift.io/node-selector",
    "openshift.io/sa.scc.mcs",
    "openshift.io/sa.scc.supplemental-groups",
    "openshift.io/sa.scc.uid-range",
    "pod-security.kubernetes.io",
    "scheduler.alpha.kubernetes.io",
    "security.openshift.io",
)
"""Keys and prefixes that steer controllers or our own tools: this component or nobody sets them."""

QUOTA_NAMES = frozenset(
    {
        "configmaps",
        "cpu",
        "ephemeral-storage",
        "limits.cpu",
        "limits.ephemeral-storage",
        "limits.memory",
        "memory",
        "persistentvolumeclaims",
        "pods",
        "replicationcontrollers",
        "requests.cpu",
        "requests.ephemeral-storage",
        "requests.memory",
        "requests.storage",
        "resourcequotas",
        "secrets",
        "services",
        "services.loadbalancers",
        "services.nodeports",
    }
)
"""Names without a slash that a ResourceQuota knows: kubernetes pkg/apis/core/helper/helpers.go
standardQuotaResources."""

STORAGE_CLASS = ".storageclass.storage.k8s.io/"
"""In quota names for one storage class: gold.storageclass.storage.k8s.io/requests.storage."""


def _listed(cluster: Cluster) -> tuple[Namespace, ...]:
    return cluster.part(NAMESPACES)


@rule(
    "NS001",
    covers=("IS-30", "KJ-9"),
    source="odh-model-controller internal/webhook/serving/v1beta1/inferenceservice_webhook.go;"
    " kueue v0.19.2 config/components/manager/controller_manager_config.yaml managedJobsNamespaceSelector",
)
def namespaces_are_our_own(cluster: Cluster) -> Iterator[Problem]:
    """No namespace belongs to Kubernetes, OpenShift, Kueue or the platform.

    Its pods would be cut off by our NetworkPolicies and refused by the restricted Pod Security Standard; ODH
    denies models in its own namespace, and Kueue suspends jobs in its own and never starts them. Names of
    devices (con, nul, aux ...) are refused because folders of the output are named after namespaces.
    """
    listed = ((("namespaces", i, "name"), item.name) for i, item in enumerate(_listed(cluster)))
    named: list[tuple[Path, str]] = [*listed, *((path, name) for path, name, _ in places(cluster))]
    taken = {"default", "kueue-system", cluster.profile.applicationsNamespace}
    for path, name in named:
        if name in taken or name.startswith(("kube-", "openshift-")):
            yield Problem(path, f"namespace {name} belongs to the platform", "choose a namespace of your own")
        if re.search(DEVICES.pattern, name):
            said = f"namespace {name} has the name of a device of Windows"
            yield Problem(path, said, "choose another name: folders of the output get it")


@rule("NS002", source="one object has one name")
def names_are_unique(cluster: Cluster) -> Iterator[Problem]:
    """A namespace is listed once, and the rules of one direction in it have names of their own.

    Two objects of one name would be one on the cluster, and the build refuses them.
    """
    spec = _listed(cluster)
    yield from _repeated(("namespaces",), [item.name for item in spec], "namespace")
    for i, item in enumerate(spec):
        for direction, rules in (("ingress", item.ingress), ("egress", item.egress)):
            names = [said.name for said in rules]
            yield from _repeated(("namespaces", i, direction), names, f"{direction} rule")


def _repeated(path: Path, names: list[str], kind: str) -> Iterator[Problem]:
    for i, name in enumerate(names):
        if name in names[:i]:
            yield Problem((*path, i, "name"), f"a second {kind} {name}", "merge the two, or rename one")


@rule("NS003", source="argo-cd, OCM, Kueue, ODH: controllers act on these keys")
def keys_are_not_reserved(cluster: Cluster) -> Iterator[Problem]:
    """Labels and annotations of a namespace steer no controller.

    With such a key a spec could hand the namespace to another Argo CD, switch pod security off or keep
    Kueue out.
    """
    for i, item in enumerate(_listed(cluster)):
        for field, values in (("labels", item.labels), ("annotations", item.annotations)):
            for key in values:
                if reserved(key):
                    path = ("namespaces", i, field, key)
                    yield Problem(path, f"key {key} is reserved", "nearedge sets it where it is needed")


def reserved(key: str, keys: Collection[str] = RESERVED) -> bool:
    """True when a key, its prefix, or a domain above its prefix is one of `keys`."""
    prefix = key.rpartition("/")[0]
    return key in keys or any(prefix == item or prefix.endswith(f".{item}") for item in keys)


@rule("NS004", source="kubernetes pkg/apis/core/validation/validation.go validateResourceQuotaResourceName")
def quota_names_are_counted(cluster: Cluster) -> Iterator[Problem]:
    """A quota names resources that Kubernetes counts: extended resources as requests.<name>.

    An unknown plain name is refused; an extended resource without `requests.` is accepted and never counted.
    """
    for i, item in enumerate(_listed(cluster)):
        for name in item.quota:
            path = ("namespaces", i, "quota", name)
            if "/" not in name and name not in QUOTA_NAMES:
                hint = meant(name, QUOTA_NAMES, "such as requests.cpu, limits.memory, requests.storage, pods")
                yield Problem(path, f"a ResourceQuota knows no {name}", hint)
            elif "/" in name and not (name.startswith(("requests.", "count/")) or STORAGE_CLASS in name):
                yield Problem(path, f"quota for {name} would never be counted", f"write requests.{name}")


@rule("NS005", source="kubernetes pkg/apis/core/validation/validation.go ValidateLimitRange")
def limits_are_in_order(cluster: Cluster) -> Iterator[Problem]:
    """For each resource min <= defaultRequest <= default <= max.

    The API server denies the LimitRange otherwise.
    """
    order = ("min", "defaultRequest", "default", "max")
    for i, item in enumerate(_listed(cluster)):
        said: dict[str, dict[str, str]] = item.limits.model_dump() if item.limits else {}
        for resource in sorted({name for values in said.values() for name in values}):
            chain = [(key, said[key][resource]) for key in order if resource in said[key]]
            for (low, small), (high, large) in itertools.pairwise(chain):
                if parse(small) > parse(large):
                    path = ("namespaces", i, "limits", low, resource)
                    message = f"{low} {small} of {resource} is more than {high} {large}"
                    yield Problem(path, message, f"at most {large}")


@rule("NS006", source="kubernetes pkg/apis/networking/validation/validation.go ValidateIPBlock")
def ranges_are_networks(cluster: Cluster) -> Iterator[Problem]:
    """Each cidr is the address of a network: no bit is set behind its mask.

    The API server denies the NetworkPolicy when it is no network, and reads 10.1.2.3/8 as 10.0.0.0/8.
    """
    for i, item in enumerate(_listed(cluster)):
        for direction, rules in (("ingress", item.ingress), ("egress", item.egress)):
            for j, said in enumerate(rules):
                for k, cidr in enumerate(said.cidrs):
                    if fault := _fault_of(cidr):
                        path = ("namespaces", i, direction, j, "cidrs", k)
                        yield Problem(path, fault, "such as 10.1.0.0/16")


def _fault_of(cidr: str) -> str | None:
    try:
        meant = ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return f"{cidr} is no address range"
    return None if str(meant) == cidr.lower() else f"{cidr} means {meant}"


@rule("NS007", source="a rule without peers and ports matches everything")
def rules_narrow_something(cluster: Cluster) -> Iterator[Problem]:
    """A network rule says at least ports or who is on the other side.

    Without both it opens the direction that default-deny closes, for every pod that it selects.
    """
    for i, item in enumerate(_listed(cluster)):
        for direction, rules in (("ingress", item.ingress), ("egress", item.egress)):
            for j, said in enumerate(rules):
                if not (said.cidrs or said.namespaces or said.ports):
                    path = ("namespaces", i, direction, j)
                    message = f"{direction} rule {said.name} allows everything"
                    yield Problem(path, message, "give ports, cidrs or namespaces")


@rule("NS008", Severity.WARNING, source="kuberay GCS fault tolerance; ray runtime environments")
def ray_reaches_what_it_needs(cluster: Cluster) -> Iterator[Problem]:
    """Where Ray needs a Redis, or fetches packages or code, its namespace allows some egress.

    Default-deny keeps its pods from connecting: the head waits for the Redis, the job for its environment.
    """
    allowed = {item.name for item in _listed(cluster) if item.egress}
    for key in RAY:
        for i, item in enumerate(items(cluster, "ray", key)):
            if item.namespace not in allowed:
                for field in _fetching(item):
                    said = f"pods in {item.namespace} may not connect to what {field} needs"
                    hint = f"allow it in namespaces, under egress of {item.namespace}"
                    yield Problem(("ray", key, i, field), said, hint)


def _fetching(item: Any) -> Iterator[str]:
    if item.gcsFaultTolerance:
        yield "gcsFaultTolerance"
    setup = getattr(item, "runtimeEnv", None)
    if setup and not isinstance(setup, str) and (setup.pip or setup.uv or "://" in (setup.working_dir or "")):
        yield "runtimeEnv"


@rule(
    "NS009",
    covers=("IS-29",),
    source="opendatahub-operator v2.35.0 internal/webhook/kueue/validating.go; removed by aca9ac0c1",
)
def queues_are_named(cluster: Cluster) -> Iterator[Problem]:
    """On ODH up to 3.3, whatever runs in a namespace with a queue names a queue.

    Such a namespace is Kueue's there: the webhook denies model servers, Ray clusters and jobs without a queue.
    """
    if not cluster.profile.kueue.queueRequired:
        return
    managed = {namespace for _, namespace, features in places(cluster) if "queue" in features}
    for path, item in workloads(cluster):
        if item.namespace in managed and item.queue is None:
            said = f"{item.name} names no queue, and {cluster.profile.name} denies that in {item.namespace}"
            yield Problem(path, said, "set queue, or use a namespace without one")
