"""What an operator is on a platform: its package and the objects it works from, from catalog, profile and words."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from ...facts.operators import Operator, operators, release_on
from ...facts.profiles import Platform, Profile, profiles
from ...objects.manifest import MANAGED_BY, Manifest
from .needs import MODEL_CACHE, Chosen, required
from .terms import Terms, from_words


@dataclass(frozen=True)
class Install:
    """An operator, ready to be installed: `group` is an install mode, or existing where the namespace has one."""

    name: str
    package: str
    catalog: str
    channel: str | None
    approval: str
    """Automatic: every version of the channel comes by itself; Manual: only those in `versions`."""
    versions: tuple[str, ...]
    namespace: str
    namespace_labels: Mapping[str, str]
    group: str
    env: Mapping[str, str]
    requires: tuple[str, ...]
    objects: tuple[Manifest, ...]


@cache
def installs(platform: str, operators_of: tuple[Chosen, ...]) -> tuple[Install, ...]:
    """All operators of a cluster, in the order in which they can come up; the same for all clusters alike."""
    profile = profiles()[platform]
    names = [name for name, _ in operators_of]
    return tuple(install(name, words, profile, names) for name, words in operators_of)


def install(name: str, words: tuple[str, ...], profile: Profile, beside: list[str]) -> Install:
    """One operator on a platform, beside the others of its cluster."""
    entry = operators()[name]
    release = release_on(entry, profile.name)
    package, catalog = release.package or entry.package, release.catalog or entry.catalog
    namespace = release.namespace or entry.namespace
    assert package is not None, name  # noqa: S101 - held for the whole catalog by a test
    assert catalog is not None, name  # noqa: S101
    assert namespace is not None, name  # noqa: S101
    assert entry.group is not None, name  # noqa: S101
    terms, plain = from_words(words)
    versions = terms.versions or ((release.csv,) if release.csv else ())
    followed = "Automatic" if release.channel and not release.csv else "Manual"
    return Install(
        name=name,
        package=package,
        catalog=terms.source or catalog,
        channel=terms.channel or release.channel or entry.channel,
        approval="Manual" if terms.versions else terms.approval or followed,
        versions=() if terms.approval == "Automatic" and not terms.versions else versions,
        namespace=namespace,
        namespace_labels=entry.namespaceLabels,
        group=entry.group,
        env=entry.env,
        requires=tuple(other for other in required(name, beside) if other in beside),
        objects=() if release.bare else tuple(_objects(entry, plain, terms, profile)),
    )


CODEFLARE, SETTINGS = "codeflare", frozenset({"Namespace", "ConfigMap"})
"""Component that has settings, and what they are; no other entry of the catalog has objects of these kinds."""
GATEWAYS = "gateway.networking.k8s.io/"
"""Objects that only clusters with a gateway of their own get."""


WORDED = frozenset({"lvms", "nfd"})
"""Entries whose instance is nothing without a word: a device class, an image."""


def _objects(entry: Operator, words: tuple[str, ...], terms: Terms, profile: Profile) -> list[Manifest]:
    if entry.name in WORDED and not words:
        return []
    return [
        _labelled(_sized(_filled(copy.deepcopy(item), words, profile), terms))
        for item in entry.objects
        if ("gateway" in words or not item["apiVersion"].startswith(GATEWAYS))
        and (CODEFLARE in words or item["kind"] not in SETTINGS)
    ]


def _labelled(item: Manifest) -> Manifest:
    meta = item["metadata"]
    return {
        **item,
        "metadata": {
            **meta,
            "labels": dict(sorted({MANAGED_BY: "nearedge", **meta.get("labels", {})}.items())),
        },
    }


def _filled(item: Manifest, words: tuple[str, ...], profile: Profile) -> Manifest:
    """A skeleton with what the cluster and its platform say; the catalog says where words go."""
    platform = profile.platform
    assert platform is not None  # noqa: S101 - only platforms with OLM have operators
    match item["kind"]:
        case "Namespace":
            item["metadata"]["name"] = profile.applicationsNamespace
        case "ConfigMap":
            item["metadata"]["namespace"] = profile.applicationsNamespace
        case "DSCInitialization":
            return _initialization(item, profile, platform)
        case "DataScienceCluster":
            item["apiVersion"] = platform.dataScienceCluster
            item["spec"]["components"] = {
                name: _component(name, name in words, platform)
                | (_model_cache(words) if name == "kserve" else {})
                for name in platform.components
            }
        case "Kueue":
            item["spec"]["config"]["integrations"]["frameworks"] = list(words)
        case "ClusterPolicy":
            item["spec"]["daemonsets"]["tolerations"] = [{"key": key, "operator": "Exists"} for key in words]
        case "LVMCluster":
            item["spec"]["storage"]["deviceClasses"] = [_device_class(name, words[0]) for name in words]
        case "NodeFeatureDiscovery":
            item["spec"]["operand"]["image"] = words[0]
    return item


def _sized(item: Manifest, terms: Terms) -> Manifest:
    """An instance as large as the cluster has it. Kafka copies what is written to as many pods as there are."""
    number = int(terms.replicas or 0)
    match item["kind"]:
        case "KafkaNodePool":
            item["spec"]["replicas"] = number
            named = {"class": terms.storage_class} if terms.storage_class else {}
            (volume,) = item["spec"]["storage"]["volumes"]
            item["spec"]["storage"]["volumes"] = [{**volume, "size": terms.storage, **named}]
        case "Kafka":
            config = item["spec"]["kafka"]["config"]
            least = max(1, number - 1)
            item["spec"]["kafka"]["config"] = {
                key: min(value, least if key.endswith(("insync.replicas", "min.isr")) else number)
                for key, value in config.items()
            }
    return item


def _initialization(item: Manifest, profile: Profile, platform: Platform) -> Manifest:
    monitoring = {**item["spec"]["monitoring"], "namespace": platform.monitoringNamespace}
    spec = {"applicationsNamespace": profile.applicationsNamespace, **item["spec"], "monitoring": monitoring}
    # Only Serverless needs a service mesh, and it is on by default in none of the modes that we use.
    return {**item, "apiVersion": platform.dscInitialization, "spec": spec}


def _component(name: str, used: bool, platform: Platform) -> dict[str, Any]:  # noqa: FBT001
    if not used:
        return {"managementState": "Removed"}
    if name == "kueue":
        # Managed is denied from ODH 3.0 on; the Red Hat build of Kueue is installed beside it everywhere.
        return {"managementState": "Unmanaged"}
    if name == "kserve":
        first = platform.dataScienceCluster.endswith("/v1")
        raw = {"defaultDeploymentMode": "RawDeployment", "serving": {"managementState": "Removed"}}
        return {"managementState": "Managed", "nim": {"managementState": "Removed"}, **(raw if first else {})}
    return {"managementState": "Managed"}


def _model_cache(words: tuple[str, ...]) -> dict[str, Any]:
    """KServe's LocalModelCache on the nodes with these labels; the operator labels them and makes their group."""
    for word in words:
        if word.startswith(MODEL_CACHE):
            size, _, labels = word.removeprefix(MODEL_CACHE).partition(":")
            chosen = dict(label.split("=", 1) for label in labels.split(","))
            selector = {"matchLabels": chosen}
            return {"modelCache": {"managementState": "Managed", "cacheSize": size, "nodeSelector": selector}}
    return {}


def _device_class(name: str, default: str) -> dict[str, Any]:
    # Without a selector: all unused disks of each node (openshift/lvm-operator sample).
    return {
        "name": name,
        "default": name == default,
        "fstype": "xfs",
        "thinPoolConfig": {"name": "thin-pool", "sizePercent": 90, "overprovisionRatio": 10},
    }
