"""Which fields of a spec name something, and where what they name is declared.

Paths are below a cluster's spec, as groups and the fleet's defaults say them as well; `*` stands for any index or key,
and a pattern that ends with `KEY` is about the keys of a mapping. A test holds every pattern against the models.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from ..findings.finding import Path
from ..fleet.spec_files import PART, kind_of

KEY = "{}"
"""At the end of a pattern: the keys of the mapping name something."""

_RAY = ("ray.clusters.*", "ray.jobs.*", "ray.services.*")
_PODS = tuple(f"{item}.{part}" for item in _RAY for part in ("head", "workers.*"))
_OTHERS = ("training.jobs.*", "workbenches.*")
_WORKLOADS = ("serving.*", *_RAY, *_OTHERS)
_ENV = ("serving.*.env.*", *(f"{item}.env.*" for item in (*_RAY, *_PODS, *_OTHERS)))
_FROM = tuple(f"{item}.envFrom.*" for item in ("serving.*", *_OTHERS))
_AMOUNTS = (
    "serving.*.resources", "serving.*.requests", "serving.*.frontResources", "serving.*.llm.prefill.resources", "serving.*.llm.prefill.requests",
    "serving.*.llm.worker.resources", "serving.*.llm.worker.requests", "nodes.*.allocatable", "nodes.*.reserved", "kueue.queues.*.quota.*",
    "kueue.cohorts.*.quota.*", "namespaces.*.quota", "models.resources", "namespaces.*.limits.max",
    *(f"{item}.{field}" for item in (*_PODS, *_OTHERS) for field in ("resources", "requests")),
)  # fmt: skip

NAMED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "group": ("groups.*",),
        "model": (
            "serving.*.model",
            "serving.*.moreModels.*",
            "serving.*.lora.adapters.*",
            "ray.jobs.*.produces",
            "training.jobs.*.produces",
            f"pins.models.{KEY}",
        ),
        "ring": ("ring",),
        "klusterlet config": ("registration.klusterletConfig",),
        "hub": ("hub",),
        "platform": ("platform",),
        "queue": (*(f"{item}.queue" for item in _WORKLOADS), "hardwareProfiles.*.queue"),
        "flavor": (
            f"kueue.queues.*.quota.{KEY}",
            f"kueue.cohorts.*.quota.{KEY}",
            "kueue.queues.*.admissionChecks.*.onFlavors.*",
        ),
        "admission check": ("kueue.queues.*.admissionChecks.*.name",),
        "cohort": ("kueue.queues.*.cohort", "kueue.cohorts.*.parent", "kueue.cohort"),
        "workload priority": (
            *(f"{item}.priorityClass" for item in _WORKLOADS),
            "hardwareProfiles.*.priorityClass",
        ),
        "pod priority": tuple(f"{item}.podPriorityClassName" for item in _WORKLOADS),
        "storage class": (
            "serving.*.storage.class",
            "pipelines.*.database.storageClass",
            "operators.*.size.class",
        ),
        "credential": (
            *(f"{item}.secret" for item in (*_ENV, *_FROM)),
            *(f"{item}.volumes.*.secret" for item in (*_RAY, *_PODS, *_OTHERS)),
            *(f"{item}.imagePullSecrets.*" for item in (*_RAY, *_OTHERS)),
            "ray.jobs.*.publish.credentialsSecret",
            "training.jobs.*.publish.credentialsSecret",
            "pipelines.*.objectStorage.secret",
        ),
        "ConfigMap": tuple(
            f"{item}.configMap"
            for item in (*_ENV, *_FROM, *(f"{one}.volumes.*" for one in (*_WORKLOADS, *_PODS)))
        ),
        "namespace": (
            *(f"{item}.namespace" for item in _WORKLOADS),
            "kueue.queues.*.namespace",
            "kueue.queues.*.namespaces.*",
            "credentials.*.namespaces.*",
            "hardwareProfiles.*.namespace",
            "pipelines.*.namespace",
            "configMaps.*.namespace",
        ),
        "hardware profile": ("serving.*.hardwareProfile",),
        "RayCluster": ("ray.jobs.*.cluster",),
        "folder": ("ray.jobs.*.workingDir", "training.jobs.*.workingDir"),
        "rule": ("waivers.*.code",),
        "operator": ("operators.*", "operators.*.name", f"pins.operators.{KEY}"),
        "argument": ("serving.*.args.*",),
        "resource": tuple(f"{item}.{KEY}" for item in _AMOUNTS),
    }
)
"""What is named -> the fields that name it."""

DECLARED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "queue": ("kueue.queues.*.name", "kueue.queues.*.localQueue"),
        "flavor": ("kueue.flavors.*.name",),
        "admission check": ("kueue.admissionChecks.*.name",),
        "cohort": ("kueue.cohorts.*.name",),
        "workload priority": ("kueue.priorityClasses.*.name",),
        "pod priority": ("priorityClasses.*.name",),
        "storage class": ("storage.*.class",),
        "credential": ("credentials.*.name",),
        "ConfigMap": ("configMaps.*.name",),
        "namespace": ("namespaces.*.name",),
        "hardware profile": ("hardwareProfiles.*.name",),
        "RayCluster": ("ray.clusters.*.name",),
    }
)
"""What a cluster's spec declares itself -> where."""

OF_MODEL: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"model": ("adapter.base",), "credential": ("credentialsSecret",), "format": ("format",)}
)
"""Fields below a model's spec."""
OF_FLEET: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "hub": ("hub.cluster", "hubs.*.cluster"),
        "model": (f"delivery.rings.*.pins.models.{KEY}",),
        "operator": (f"delivery.rings.*.pins.operators.{KEY}",),
    }
)
"""Fields below the fleet's spec."""
BY_FLEET: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ring": ("delivery.rings.*.name",),
        "klusterlet config": ("hub.klusterletConfigs.*.name", "hubs.*.klusterletConfigs.*.name"),
    }
)
"""What the fleet's spec declares -> where."""


class Named(NamedTuple):
    """A name that stands in a document: of what, and whether it is declared there."""

    what: str
    name: str
    path: Path
    is_key: bool
    declares: bool = False


def below_spec(file: str, path: Path) -> tuple[str, Path] | None:
    """The table that a path of a document belongs to, and the path below its root; None outside of `spec`."""
    kind = kind_of(file)
    if kind == "Fleet" and path[:2] == ("spec", "defaults"):
        return "Cluster", path[2:]
    if path[:1] != ("spec",) or kind not in {"Fleet", "Group", "Cluster", "Model", PART}:
        return None
    return ("Cluster" if kind in {"Group", PART} else kind), path[1:]


def names_at(file: str, path: Path, *, key: bool = False) -> str | None:
    """What a field of a document names; with `key`, what the key at the end of the path names."""
    found = below_spec(file, path)
    if found is None:
        return None
    table, inside = found
    return next(
        (what for what, patterns in _tables()[table].items() if _any(patterns, inside, key=key)), None
    )


def declares_at(file: str, path: Path) -> str | None:
    """What a field of a document declares: a group and a model by its file, a ring, a queue."""
    kind = kind_of(file)
    if path == ("metadata", "name") and kind in {"Group", "Model", "Cluster"}:
        return "hub" if kind == "Cluster" else kind.lower()
    found = below_spec(file, path)
    if found is None:
        return None
    table, inside = found
    if table == "Fleet":
        declared = BY_FLEET
    elif table == "Model":
        return None
    else:
        declared = DECLARED
    return next((what for what, patterns in declared.items() if _any(patterns, inside, key=False)), None)


def names_in(file: str, data: Any) -> Iterator[Named]:
    """Every name in a document that one of the tables knows."""
    for path, key, value in _walked(data, ()):
        if key:
            what, name = names_at(file, path, key=True), str(path[-1])
        else:
            what, name = names_at(file, path), value
        if what and isinstance(name, str):
            yield Named(what, name, path, key)
        if not key and isinstance(value, str) and (declared := declares_at(file, path)):
            yield Named(declared, value, path, is_key=False, declares=True)


def _walked(data: Any, path: Path) -> Iterator[tuple[Path, bool, Any]]:
    if isinstance(data, dict):
        for key, item in data.items():
            yield (*path, key), True, item
            yield from _walked(item, (*path, key))
    elif isinstance(data, list):
        for i, item in enumerate(data):
            yield from _walked(item, (*path, i))
    else:
        yield path, False, data


def _tables() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    return {"Cluster": NAMED, "Model": OF_MODEL, "Fleet": OF_FLEET}


def _any(patterns: tuple[str, ...], path: Path, *, key: bool) -> bool:
    return any(_fits(pattern, path, key=key) for pattern in patterns)


def _fits(pattern: str, path: Path, *, key: bool) -> bool:
    steps = pattern.split(".")
    if len(steps) != len(path) or (steps[-1] == KEY) != key:
        return False
    return all(step in {"*", KEY} or step == part for step, part in zip(steps, path, strict=True))
