"""Rules about the pods of model servers: what is mounted into them, how they are spread, what a drain leaves of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ....findings.finding import Path, Severity
from ....findings.rule import Problem, rule
from ....specs.quantity import parse
from ...kit.component import Cluster
from ...kit.pod_fields import HOSTNAME, Volume
from ...kit.runtime import MODEL_DIR, SETTINGS
from ..beside import LORA, MORE
from ..placement import goes_in_groups, homes, kept_by_drains
from ..spec import Service, is_llm, items, runtimes

VALIDATION = "kubernetes v1.33 pkg/apis/core/validation/validation.go"

WHOLE = (MODEL_DIR, LORA, MORE, SETTINGS, "/var/run/secrets", "/run/secrets")
"""Folders in which nothing of a server's own can lie: they can only be read, or belong to Kubernetes."""

PLACES = ("/tmp", "/dev/shm")  # noqa: S108 - paths inside the container
"""Folders that stay what they are; something may lie below them."""

PRESETS = ("/home", "/models", "/var/run/kserve/tls")
"""Folders of an LLMInferenceService (kserve v0.17.0 and v0.20.0 config/llmisvcconfig)."""


@rule("SERVE041", source=f"{VALIDATION} ValidateVolumeMounts, validateVolumeSource")
def volumes_can_be_mounted(cluster: Cluster) -> Iterator[Problem]:
    """Each volume is a configMap or an emptyDir, at a path of its own, where nothing else is mounted.

    The API server refuses two mounts of one path. In a folder that can only be read, the model's among them, nothing
    can be mounted, and the container does not start.
    """
    for i, item in items(cluster):
        seen: set[str] = set()
        for j, volume in enumerate(item.volumes):
            path: Path = ("serving", i, "volumes", j)
            if said := _not_one(volume.configMap, volume.emptyDir):
                yield Problem(path, f"{volume.path} is {said} emptyDir", "say one of them")
            if volume.key and volume.configMap is None:
                yield Problem((*path, "key"), "key is that of a configMap", "drop it")
            taken = next((one for one in _taken(item) if _meets(volume, one)), None)
            if taken or volume.path.rstrip("/") in seen:
                said = f"{volume.path} would be mounted where {taken or 'another volume'} is already"
                yield Problem((*path, "path"), said, "choose another path")
            seen.add(volume.path.rstrip("/"))


def _not_one(config: str | None, other: object) -> str:
    """What is wrong with a ConfigMap and something else of which there has to be one; nothing where there is."""
    if (config is None) != (other is None):
        return ""
    return "neither configMap nor" if other is None else "both configMap and"


def _taken(item: Service) -> tuple[str, ...]:
    return (*WHOLE, *PLACES, *(PRESETS if is_llm(item) else ()))


def _meets(volume: Volume, taken: str) -> bool:
    """Whether a volume lies at or above a folder; of those that can only be read, below it as well."""
    path = volume.path.rstrip("/")
    return taken == path or taken.startswith(f"{path}/") or (taken in WHOLE and path.startswith(f"{taken}/"))


@rule("SERVE042", source=f"{VALIDATION} ValidateEnvFrom")
def sources_of_variables_are_one(cluster: Cluster) -> Iterator[Problem]:
    """Each item of envFrom is a configMap or a secret.

    The API server refuses both in one, and neither.
    """
    for i, item in items(cluster):
        for j, source in enumerate(item.envFrom):
            if said := _not_one(source.configMap, source.secret):
                yield Problem(("serving", i, "envFrom", j), f"it is {said} secret", "say one of them")


@rule(
    "SERVE043", source="Kubernetes: an emptyDir in memory counts against the memory limit of its containers"
)
def folders_in_memory_fit(cluster: Cluster) -> Iterator[Problem]:
    """Empty folders in memory have a sizeLimit, and with sharedMemory they are less than the memory limit.

    What lies in them counts as memory of the container: filling them kills it.
    """
    for i, item in items(cluster):
        memory = item.resources.get("memory")
        shared = item.sharedMemory or runtimes()[item.runtime].shared_memory
        total = parse(shared or "0")
        for j, volume in enumerate(item.volumes):
            said = volume.emptyDir
            if said is None or said.medium is None:
                continue
            path: Path = ("serving", i, "volumes", j, "emptyDir")
            total += parse(said.sizeLimit or "0")
            if said.sizeLimit is None:
                text = f"{volume.path} in memory may grow to all memory of {item.name}"
                yield Problem(path, text, "say sizeLimit")
            elif memory and total >= parse(memory):
                with_it = f" and {shared} of /dev/shm" if shared else ""
                text = (
                    f"folders in memory of {item.name}{with_it} are not less than its memory limit {memory}"
                )
                yield Problem((*path, "sizeLimit"), text, "make them smaller, or leave medium out")


@rule("SERVE044", source="kubernetes pkg/controller/disruption: disruptionsAllowed is 0 for ever")
def drains_can_end(cluster: Cluster) -> Iterator[Problem]:
    """minAvailable is less than replicas.min, and said where another node can take the pods.

    Nothing may be evicted otherwise: `oc adm drain`, and so every upgrade of the nodes, waits until somebody deletes
    the PodDisruptionBudget. With several pods as one replica nobody counts them.
    """
    for i, item in items(cluster):
        path: Path = ("serving", i, "minAvailable")
        if not item.minAvailable:
            continue
        if goes_in_groups(item):
            said = f"minAvailable {item.minAvailable} counts pods, and a replica of {item.name} is several"
            yield Problem(path, said, "drop minAvailable")
        elif item.minAvailable >= item.replicas.min:
            said = f"minAvailable {item.minAvailable} of {item.replicas.min} pods lets no drain of {item.name} end"
            hint = (
                f"at most {item.replicas.min - 1}"
                if item.replicas.min > 1
                else "drop it, or set replicas.min to 2"
            )
            yield Problem(path, said, hint, (("serving", i, "replicas"),))
        elif homes(item, cluster) == 1:
            said = (
                f"minAvailable {item.minAvailable} lets no drain of the one node end that takes {item.name}"
            )
            yield Problem(path, said, "drop minAvailable", (("nodes",),))


@rule("SERVE045", source="kubernetes pkg/scheduler/framework/plugins/interpodaffinity")
def pods_find_nodes_apart(cluster: Cluster) -> Iterator[Problem]:
    """With podAntiAffinity required there are as many nodes as pods at most: replicas.max.

    The pods beyond wait for ever, and so does an update that starts a new pod first.
    """
    for i, item in items(cluster):
        there = homes(item, cluster)
        most = max(item.replicas.max, item.llm.prefill.replicas if item.llm and item.llm.prefill else 0)
        if item.podAntiAffinity == "required" and there is not None and there < most:
            said = (
                f"{item.name} has up to {most} pods, each on a node of its own, and {there} nodes take them"
            )
            hint = "use preferred, or fewer replicas"
            yield Problem(("serving", i, "podAntiAffinity"), said, hint, (("serving", i, "replicas"),))


@rule("SERVE046", source=f"{VALIDATION} validateTopologySpreadConstraints")
def spread_is_well_formed(cluster: Cluster) -> Iterator[Problem]:
    """Each topologyKey is said once, minDomains only with DoNotSchedule, and no more of it than there are nodes.

    The API server refuses the first two. With more domains than there are every pod after the first waits for ever.
    """
    for i, item in items(cluster):
        said = item.topologySpreadConstraints or ()
        keys = Counter((one.topologyKey, one.whenUnsatisfiable) for one in said)
        there = homes(item, cluster)
        for j, one in enumerate(said):
            path: Path = ("serving", i, "topologySpreadConstraints", j)
            if keys[one.topologyKey, one.whenUnsatisfiable] > 1:
                text = f"{one.topologyKey} is said twice with {one.whenUnsatisfiable}"
                yield Problem((*path, "topologyKey"), text, "keep one")
            if one.minDomains and one.whenUnsatisfiable != "DoNotSchedule":
                text = "minDomains has no meaning with ScheduleAnyway"
                yield Problem((*path, "minDomains"), text, "drop it, or set whenUnsatisfiable: DoNotSchedule")
            elif (
                one.minDomains
                and there is not None
                and one.topologyKey == HOSTNAME
                and there < one.minDomains
            ):
                text = f"minDomains {one.minDomains} of {one.topologyKey}, and {there} nodes take {item.name}"
                yield Problem((*path, "minDomains"), text, f"at most {there}")


@rule(
    "SERVE047", Severity.WARNING, source="Kubernetes: a PodDisruptionBudget counts pods of all nodes together"
)
def several_pods_outlive_a_node(cluster: Cluster) -> Iterator[Problem]:
    """A server that is to have several pods is not told to leave none, or to put them where one node takes all.

    `minAvailable: 0` lets one drain take all pods at once, and `topologySpreadConstraints: []` all of them be on one
    node, where there are several nodes.
    """
    for i, item in items(cluster):
        if item.replicas.min < 2 or (homes(item, cluster) or 0) < 2 or goes_in_groups(item):  # noqa: PLR2004
            continue
        if kept_by_drains(item) == 0:
            said = f"a drain of nodes may take all {item.replicas.min} pods of {item.name} at once"
            yield Problem(("serving", i, "minAvailable"), said, "leave minAvailable out, or say 1")
        if item.topologySpreadConstraints == () and item.podAntiAffinity is None:
            said = f"all {item.replicas.min} pods of {item.name} may run on one node"
            yield Problem(("serving", i, "topologySpreadConstraints"), said, "leave it out")


@rule("LLM012", source="kserve v0.20.0 workload_multi_node.go: a LeaderWorkerSet for each replica")
def groups_are_not_spread(cluster: Cluster) -> Iterator[Problem]:
    """Where several pods are one replica, nothing is said of how single pods are spread.

    Leader and workers are placed by their LeaderWorkerSet.
    """
    for i, item in items(cluster):
        for field in ("topologySpreadConstraints", "podAntiAffinity"):
            if goes_in_groups(item) and getattr(item, field):
                said = f"{field} has no effect on {item.name}: a replica is several pods"
                yield Problem(("serving", i, field), said, f"drop {field}")
