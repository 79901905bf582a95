"""ConfigMaps of a cluster: files and settings that servers and Ray find by name, with their content or brought by others.

configMaps: [{name: app-settings, namespace: ai-serving, data: {settings.yaml: "lanes: 4"}}, {name: site-ca, namespace: ai-serving}]
"""

from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from ..documents.near import meant
from ..findings.finding import Path
from ..findings.rule import Problem, rule
from ..objects.manifest import Manifest, ResourceId, Wave, meta
from ..specs.lines import Lines
from ..specs.types import Name, Strictly, Subdomain
from .kit.component import Cluster, Component, Unit, of_item
from .kit.pod_fields import ConfigKey
from .namespaces import workloads
from .serving import checked, judged

MOST = 2**20
"""Bytes of a ConfigMap (kubernetes v1.33 pkg/apis/core/validation ValidateConfigMap, MaxSecretSize)."""

BUILT_IN = frozenset({"kube-root-ca.crt", "openshift-service-ca.crt"})
"""ConfigMaps that each namespace has, made by kube-controller-manager and OpenShift's service-ca operator."""


class ConfigMap(Strictly):
    """A ConfigMap in a namespace."""

    name: Subdomain = Field(description="Name of the ConfigMap.")
    namespace: Name = Field(description="Namespace of the ConfigMap.")
    data: dict[ConfigKey, Annotated[str, Lines(MOST)]] | None = Field(
        None,
        description="Key -> text, never a secret; somebody else brings the ConfigMap when left out.",
        min_length=1,
    )


def units(cluster: Cluster) -> Iterator[Unit]:
    """One unit for each ConfigMap that has its content here; its base is what the groups alone say."""
    listed = (item for item in cluster.shared_part(CONFIG_MAPS) or () if item.data is not None)
    shared = {(item.namespace, item.name): item for item in listed}
    for item in cluster.part(CONFIG_MAPS):
        if item.data is not None:
            key = cluster.group_key("config", item.namespace, item.name)
            yield of_item(key, cluster, emit, (item, shared.get((item.namespace, item.name))))


def emit(item: ConfigMap) -> tuple[Manifest, ...]:
    """The ConfigMap, before the pods that name it."""
    return (
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": meta(item.name, item.namespace, wave=Wave.QUEUE),
            "data": dict(sorted((item.data or {}).items())),
        },
    )


CONFIG_MAPS: Component[tuple[ConfigMap, ...]] = Component(
    key="configMaps",
    spec=tuple[ConfigMap, ...],
    default=(),
    description="ConfigMaps that servers and Ray take files and variables from.",
    units=units,
    teams=True,
)


def brought(cluster: Cluster) -> Iterator[ResourceId]:
    """Those that somebody else brings."""
    for item in cluster.part(CONFIG_MAPS):
        if item.data is None:
            yield ResourceId("", "ConfigMap", item.namespace, item.name)


class _Use(NamedTuple):
    """A field that names a ConfigMap, and the key that it needs of it."""

    path: Path
    namespace: str
    name: str
    key: str | None
    field: str = "key"
    """Field beside it that says the key."""


def _uses(cluster: Cluster) -> Iterator[_Use]:
    for path, item in workloads(cluster):
        for at, holder in _holders(path, item):
            yield from _of_variables(at, holder, item.namespace)
            for field in ("envFrom", "volumes"):
                for i, one in enumerate(getattr(holder, field, ())):
                    if getattr(one, "configMap", None):
                        where: Path = (*at, field, i, "configMap")
                        yield _Use(where, item.namespace, one.configMap, getattr(one, "key", None))


def _asked(cluster: Cluster) -> Iterator[_Use]:
    """What checks of models take requests and answers from."""
    for i, item, check, model in checked(cluster):
        if check.configMap:
            where: Path = ("serving", i, "check", "configMap")
            told = judged(item, check, model)
            for field in ("data", "expected"):
                yield _Use(where, item.namespace, check.configMap, getattr(told, field), field)


def _holders(path: Path, item: Any) -> Iterator[tuple[Path, Any]]:
    """What has variables: a server, or a Ray cluster with its head and its groups of workers."""
    yield path, item
    head = getattr(item, "head", None)
    if head is not None:
        yield (*path, "head"), head
    for i, group in enumerate(getattr(item, "workers", ())):
        yield (*path, "workers", i), group


def _of_variables(path: Path, item: Any, namespace: str) -> Iterator[_Use]:
    for i, entry in enumerate(item.env):
        if entry.configMap:
            yield _Use((*path, "env", i, "configMap"), namespace, entry.configMap, entry.key or entry.name)


@rule(
    "CONF001", source="kubernetes pkg/kubelet/kubelet_pods.go makeEnvironmentVariables; pkg/volume/configmap"
)
def config_maps_are_known(cluster: Cluster) -> Iterator[Problem]:
    """A ConfigMap that a server or Ray names is one of configMaps in the same namespace, and has the key.

    The pod waits for it for ever: CreateContainerConfigError, or a volume that is never mounted.
    """
    known: dict[tuple[str, str], ConfigMap] = {
        (item.namespace, item.name): item for item in cluster.part(CONFIG_MAPS)
    }
    for use in (*_uses(cluster), *_asked(cluster)):
        found = known.get((use.namespace, use.name))
        # A check needs two keys of one ConfigMap, which is missing only once.
        if found is None and use.name not in BUILT_IN and use.field != "expected":
            there = [name for namespace, name in known if namespace == use.namespace]
            hint = meant(use.name, there, f"configMaps: [{{name: {use.name}, namespace: {use.namespace}}}]")
            yield Problem(use.path, f"nothing says that {use.namespace} has a ConfigMap {use.name}", hint)
        elif found and found.data is not None and use.key and use.key not in found.data:
            hint = meant(use.key, list(found.data), f"its keys: {', '.join(found.data)}")
            yield Problem((*use.path[:-1], use.field), f"ConfigMap {use.name} has no key {use.key}", hint)


@rule("CONF002", source="kubernetes v1.33 pkg/apis/core/validation ValidateConfigMap")
def config_maps_are_accepted(cluster: Cluster) -> Iterator[Problem]:
    """Each ConfigMap is said once in a namespace, is none that every namespace has, and holds 1 MiB at most.

    The API server refuses a larger one; of two writers of one object one loses.
    """
    seen: set[tuple[str, str]] = set()
    listed: tuple[ConfigMap, ...] = cluster.part(CONFIG_MAPS)
    for i, item in enumerate(listed):
        path: Path = ("configMaps", i)
        if (item.namespace, item.name) in seen:
            said = f"a second ConfigMap {item.name} in {item.namespace}"
            yield Problem((*path, "name"), said, "give each its own name")
        seen.add((item.namespace, item.name))
        if item.name in BUILT_IN:
            said = f"{item.name} is in every namespace already"
            yield Problem((*path, "name"), said, "name it without declaring it")
        size = sum(len(key.encode()) + len(text.encode()) for key, text in (item.data or {}).items())
        if size > MOST:
            said = f"ConfigMap {item.name} has {size} bytes, {MOST} are allowed"
            yield Problem((*path, "data"), said, "bring what is large as a model on a volume")
