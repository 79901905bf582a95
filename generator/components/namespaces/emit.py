"""The objects of one namespace."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Literal

from ...facts.profiles import Profile
from ...objects.manifest import KEEP, Manifest, Wave, meta
from . import network
from .spec import Namespace, NetworkRule

EDGE_ARGOCD = "openshift-gitops"
"""Namespace of OpenShift GitOps; its operator gives that Argo CD rights where a namespace names it."""


def managed_labels(profile: Profile) -> dict[str, str]:
    """Labels without which the cluster's own Argo CD may not touch a namespace."""
    return {"argocd.argoproj.io/managed-by": EDGE_ARGOCD} if profile.openshift else {}


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
        # What pods of pipelines ask for is their authors' choice, and the platform's own are not ours to change.
        "pod-security.kubernetes.io/enforce": "baseline" if "pipelines" in features else "restricted",
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
