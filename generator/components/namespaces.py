"""Namespaces: those that the other sections use and those listed here, closed to what nobody asked for.

A namespace gets the labels that Kueue, Argo CD, ODH and pod security look for, quota and limits where asked,
NetworkPolicies for what runs in it (network.py) and a default ServiceAccount without a token. What runs in it
is its *features*; they name the base, so that namespaces of the same kind share one.

    namespaces: [{name: ai-serving, egress: [{name: s3, cidrs: [10.1.0.0/16], ports: [9000]}]}]
"""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from .. import network
from ..component import Cluster, Component, Unit
from ..finding import Path, Problem, rule
from ..manifest import KEEP, Manifest, Wave, identify, meta
from ..profile import Profile
from ..quantity import parse
from ..spec import AnyPort, LabelKey, Labels, Line, Name, Quantity, ResourceName, Strictly, Text

EDGE_ARGOCD = "openshift-gitops"
"""Namespace of OpenShift GitOps; its operator gives that Argo CD rights where a namespace names it."""

RESERVED = (
    "app.kubernetes.io/managed-by",
    "apps.open-cluster-management.io",
    "argocd.argoproj.io",
    "cluster.open-cluster-management.io",
    "kubernetes.io/metadata.name",
    "kueue.openshift.io",
    "kueue.x-k8s.io",
    "nearedge.io",
    "network.openshift.io",
    "opendatahub.io",
    "pod-security.kubernetes.io",
    "policy.open-cluster-management.io",
    "security.openshift.io",
)
"""Keys and prefixes that steer controllers: this component or nobody sets them."""

QUOTA_NAMES = frozenset(
    "configmaps cpu ephemeral-storage limits.cpu limits.ephemeral-storage limits.memory memory"
    " persistentvolumeclaims pods replicationcontrollers requests.cpu requests.ephemeral-storage"
    " requests.memory requests.storage resourcequotas secrets services services.loadbalancers"
    " services.nodeports".split()
)
"""Names without a slash that a ResourceQuota knows: kubernetes pkg/apis/core/helper/helpers.go
standardQuotaResources."""

STORAGE_CLASS = ".storageclass.storage.k8s.io/"
"""In quota names for one storage class: gold.storageclass.storage.k8s.io/requests.storage."""

FEATURES = ("queue", "serving", "exposed", "auth", "download", "loader", "ray", "rayjob", "autoscaling")
"""What a namespace can hold, in the order in which it names a base."""

FETCHED = ("s3://", "hf://", "https://", "oci://")
"""Sources that a pod fetches over the network."""

Cidr = Annotated[str, Line(r"^[0-9a-fA-F.:]+/[0-9]{1,3}$", 64)]


class NetworkRule(Strictly):
    """Traffic that is allowed beside what the workloads need."""

    name: Name = Field(
        description="Name of the rule, and of its NetworkPolicy: ingress-<name> or egress-<name>."
    )
    pods: Labels = Field({}, description="Labels of the pods here that it is for; all when left out.")
    cidrs: tuple[Cidr, ...] = Field(
        (), description="Addresses on the other side: 10.1.0.0/16.", max_length=64
    )
    namespaces: tuple[Name, ...] = Field((), description="Namespaces on the other side.", max_length=64)
    ports: tuple[AnyPort, ...] = Field((), description="Ports; all when left out.", max_length=32)
    protocol: Literal["TCP", "UDP", "SCTP"] = Field("TCP", description="Protocol of the ports.")


class Limits(Strictly):
    """Limits of each container, kept by a LimitRange."""

    default: dict[ResourceName, Quantity] = Field({}, description="Limits of a container that says none.")
    defaultRequest: dict[ResourceName, Quantity] = Field(
        {}, description="Requests of a container that says none."
    )
    max: dict[ResourceName, Quantity] = Field({}, description="Most a container may ask for.")
    min: dict[ResourceName, Quantity] = Field({}, description="Least a container must ask for.")


class Namespace(Strictly):
    """One namespace: labels, quota, limits and what its network allows beside the workloads' own needs."""

    name: Name = Field(description="Name of the namespace.")
    labels: Labels = Field({}, description="More labels for it.")
    annotations: dict[LabelKey, Text] = Field({}, description="More annotations for it.")
    quota: dict[ResourceName, Quantity] = Field(
        {}, description='What all pods together may have: {requests.cpu: "8", pods: "20"}.'
    )
    limits: Limits | None = Field(None, description="Limits of each container.")
    ingress: tuple[NetworkRule, ...] = Field((), description="Who else may connect to pods in it.")
    egress: tuple[NetworkRule, ...] = Field(
        (), description="Where else its pods may connect to; replaces port 443 anywhere for model downloads."
    )


def units(cluster: Cluster) -> Iterator[Unit]:
    """One unit per namespace, by name."""
    own = {item.name: item for item in cluster.part(NAMESPACES)}
    shared = {item.name: item for item in cluster.shared_part(NAMESPACES) or ()}
    uses = _uses(cluster)
    for name in sorted({*own, *uses}):
        item = own.get(name, Namespace(name=name))
        yield _unit(item, shared.get(name), _features(uses.get(name, ()), item), cluster)


def _unit(item: Namespace, shared: Namespace | None, features: tuple[str, ...], cluster: Cluster) -> Unit:
    final = emit(item, features, cluster.profile)
    place = f"{item.name}/{'+'.join(features) or 'plain'}"
    plain = Namespace(name=item.name)
    # A cluster may have removed a rule that its groups give: then it shares no more than the features.
    kept = shared is not None and _known(shared, features, cluster.profile) <= {*map(identify, final)}
    common = shared if shared is not None and kept else plain
    return Unit(
        folder=f"namespaces/{place}" if common is plain else f"namespaces/{cluster.group_folder}/{place}",
        origins=cluster.group_files,
        common=lambda: emit(common, features, cluster.profile),
        final=final,
    )


def _known(item: Namespace, features: Collection[str], profile: Profile) -> set[Any]:
    return {identify(manifest) for manifest in emit(item, features, profile)}


def used(cluster: Cluster) -> tuple[str, ...]:
    """Names of all namespaces that this cluster gets, sorted."""
    return tuple(sorted({*(item.name for item in cluster.part(NAMESPACES)), *_uses(cluster)}))


def managed_labels(profile: Profile) -> dict[str, str]:
    """Labels without which the cluster's own Argo CD may not touch a namespace."""
    return {"argocd.argoproj.io/managed-by": EDGE_ARGOCD} if profile.openshift else {}


def _uses(cluster: Cluster) -> dict[str, set[str]]:
    """Namespace -> features, from the sections that put something into namespaces."""
    found: dict[str, set[str]] = {}
    for _, namespace, features in _places(cluster):
        found.setdefault(namespace, set()).update(features)
    return found


def _places(cluster: Cluster) -> Iterator[tuple[Path, str, tuple[str, ...]]]:
    """(path of a field that names a namespace, the namespace, what it puts there)."""
    # The sections are read by name: namespaces work with whatever sections there are.
    for i, queue in enumerate(_items(cluster, "kueue", "queues")):
        yield ("kueue", "queues", i, "namespace"), queue.namespace, ("queue",)
    for key, more in (("clusters", ()), ("jobs", ("rayjob",))):
        for i, item in enumerate(_items(cluster, "ray", key)):
            scaled = ("autoscaling",) if getattr(item, "autoscaling", None) else ()
            yield ("ray", key, i, "namespace"), item.namespace, ("ray", *more, *scaled)
    for i, service in enumerate(_items(cluster, "serving")):
        features = ("serving", *_serving_features(service, cluster))
        yield ("serving", i, "namespace"), service.namespace, features


def _items(cluster: Cluster, section: str, key: str | None = None) -> tuple[Any, ...]:
    found = getattr(cluster.spec, section, None)
    return tuple(getattr(found, key, ()) if key else found or ())


def _serving_features(service: Any, cluster: Cluster) -> Iterator[str]:
    if service.exposed:
        yield "exposed"
    if service.auth:
        yield "auth"
    model = cluster.models.get(service.model) if service.model else None
    fetched = model is not None and model.source.startswith(FETCHED)
    if fetched and service.storage is not None and service.storage.type == "s3":
        yield "download"
    if fetched and service.storage is not None and service.storage.type == "pvc":
        yield "loader"


def _features(used_for: Collection[str], item: Namespace) -> tuple[str, ...]:
    # What the spec says about egress replaces the open port 443.
    dropped = ("download", "loader") if item.egress else ()
    return tuple(name for name in FEATURES if name in used_for and name not in dropped)


def _listed(cluster: Cluster) -> tuple[Namespace, ...]:
    return cluster.part(NAMESPACES)


def emit(item: Namespace, features: Collection[str], profile: Profile) -> tuple[Manifest, ...]:
    """The namespace first, then what limits and guards it."""
    return (
        _namespace(item, features, profile),
        _service_account(item.name),
        *_quota(item),
        *_limits(item),
        *network.policies(item.name, features, profile),
        *(_policy(item.name, "ingress", said) for said in item.ingress),
        *(_policy(item.name, "egress", said) for said in item.egress),
    )


def _namespace(item: Namespace, features: Collection[str], profile: Profile) -> Manifest:
    labels = {
        **item.labels,
        **(profile.kueue.namespaceLabels if "queue" in features else {}),
        **managed_labels(profile),
        **({"opendatahub.io/dashboard": "true"} if profile.family == "odh" else {}),
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/enforce-version": profile.podSecurityVersion,
    }
    metadata = meta(item.name, wave=Wave.NAMESPACE, labels=labels, annotations={**item.annotations, **KEEP})
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def _service_account(namespace: str) -> Manifest:
    # Every namespace has it already; what it says reaches the pods that controllers make with no account of
    # their own. Those that need the API server (auth proxy, Ray autoscaler) get one from their controller.
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": meta("default", namespace, wave=Wave.GUARD, annotations=KEEP),
        "automountServiceAccountToken": False,
    }


def _quota(item: Namespace) -> Iterator[Manifest]:
    if item.quota:
        yield {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": meta("quota", item.name, wave=Wave.GUARD),
            "spec": {"hard": dict(sorted(item.quota.items()))},
        }


def _limits(item: Namespace) -> Iterator[Manifest]:
    said = item.limits.model_dump(exclude_defaults=True) if item.limits else {}
    if said:
        limits = {key: dict(sorted(values.items())) for key, values in said.items()}
        yield {
            "apiVersion": "v1",
            "kind": "LimitRange",
            "metadata": meta("limits", item.name, wave=Wave.GUARD),
            "spec": {"limits": [{"type": "Container", **limits}]},
        }


def _policy(namespace: str, direction: Literal["ingress", "egress"], said: NetworkRule) -> Manifest:
    peers = [{"ipBlock": {"cidr": cidr}} for cidr in said.cidrs]
    if said.namespaces:
        peers.append(network.peer(namespaces=said.namespaces))
    rule_ = {
        **({("from" if direction == "ingress" else "to"): peers} if peers else {}),
        **({"ports": network.ports(*said.ports, protocol=said.protocol)} if said.ports else {}),
    }
    pods: Mapping[str, Any] = {"matchLabels": dict(sorted(said.pods.items()))} if said.pods else {}
    name = f"{direction}-{said.name}"
    if direction == "ingress":
        return network.policy(namespace, name, pods, ingress=[rule_])
    return network.policy(namespace, name, pods, egress=[rule_])


NAMESPACES: Component[tuple[Namespace, ...]] = Component(
    key="namespaces",
    spec=tuple[Namespace, ...],
    default=(),
    description="More namespaces; and labels, quota, limits and network rules of any namespace.",
    units=units,
)


@rule(
    "NS001",
    covers=("IS-30",),
    source="odh-model-controller internal/webhook/serving/v1beta1/inferenceservice_webhook.go",
)
def namespaces_are_our_own(cluster: Cluster) -> Iterator[Problem]:
    """No namespace belongs to Kubernetes, OpenShift or the platform.

    Its pods would be cut off by our NetworkPolicies and refused by the restricted Pod Security Standard; ODH
    denies models in its own namespace.
    """
    listed = ((("namespaces", i, "name"), item.name) for i, item in enumerate(_listed(cluster)))
    named: list[tuple[Path, str]] = [*listed, *((path, name) for path, name, _ in _places(cluster))]
    taken = {"default", cluster.profile.applicationsNamespace}
    for path, name in named:
        if name in taken or name.startswith(("kube-", "openshift-")):
            yield Problem(path, f"namespace {name} belongs to the platform", "choose a namespace of your own")


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


@rule("NS003", covers=("T12",), source="argo-cd, OCM, Kueue, ODH: controllers act on these keys")
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
                hint = "such as requests.cpu, limits.memory, requests.storage, pods"
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


__all__ = ["NAMESPACES", "managed_labels", "reserved", "used"]
