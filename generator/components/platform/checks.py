"""What must hold of operators and hardware profiles."""

from __future__ import annotations

from collections.abc import Iterator

from ...documents.near import meant
from ...facts.operators import offered, operators
from ...facts.profiles import profiles
from ...findings.finding import Severity
from ...findings.rule import Problem, rule
from ..kit.component import Cluster
from ..namespaces import items
from .hardware import HARDWARE_PROFILES, HardwareProfile
from .needs import chosen, wanted


@rule("PLATFORM001", source="data/operators")
def operators_are_known(cluster: Cluster) -> Iterator[Problem]:
    """Every name in `operators` is one of the catalog.

    Nothing would be installed for another one.
    """
    for i, name in enumerate(cluster.spec.operators):
        if name not in operators():
            hint = meant(
                name, list(operators()), f"known: {', '.join(operators())}; anything else: extraApps"
            )
            yield Problem(("operators", i), f"there is no operator {name}", hint)


@rule("PLATFORM003", source="data/operators, data/profiles")
def platform_has_the_operator(cluster: Cluster) -> Iterator[Problem]:
    """What `operators` names can be had on the cluster's platform.

    A platform without OLM has no operators, and an older DataScienceCluster has fewer components: the API server
    drops a component that it does not know, and nothing is installed.
    """
    for path, name in wanted(cluster):
        entry = operators().get(name)
        if entry is None or offered(entry, cluster.profile):
            continue
        having = [profile.name for profile in profiles().values() if offered(entry, profile)]
        said = f"platform {cluster.profile.name} has no operator {name}"
        yield Problem(path, said, f"platforms that have it: {', '.join(having)}")


@rule("PLATFORM004", covers=("OD-5",), source="opendatahub-operator api/components/v1alpha1/kueue_types.go")
def platform_owns_the_default_queues(cluster: Cluster) -> Iterator[Problem]:
    """No queue is called default on a platform whose operator makes queues of that name.

    The operator and Argo CD would write one object in turn, each in its own way.
    """
    platform = cluster.profile.platform
    if platform is None or not platform.defaultQueues or "opendatahub" not in dict(chosen(cluster)):
        return
    for i, queue in enumerate(items(cluster, "kueue", "queues")):
        if "default" in {queue.name, queue.local}:
            field = "name" if queue.name == "default" else "localQueue"
            said = f"{cluster.profile.name} makes queues called default itself"
            yield Problem(("kueue", "queues", i, field), said, "give the queue another name")


@rule("PLATFORM005", source="opendatahub-operator api/infrastructure")
def hardware_profiles_need_the_platform(cluster: Cluster) -> Iterator[Problem]:
    """hardwareProfiles are used on ODH or OpenShift AI only.

    The kind belongs to its operator: elsewhere every sync would fail.
    """
    if cluster.part(HARDWARE_PROFILES) and cluster.profile.platform is None:
        said = f"platform {cluster.profile.name} has no HardwareProfile"
        yield Problem(("hardwareProfiles",), said, "remove them")


@rule(
    "PLATFORM006", Severity.WARNING, source="openshift/cluster-nfd-operator: spec.operand.image is required"
)
def node_feature_discovery_has_an_image(cluster: Cluster) -> Iterator[Problem]:
    """Where Node Feature Discovery is installed, the fleet names its operand image.

    Without an instance no node is labelled, and the GPU operator finds no GPU.
    """
    if "nfd" in dict(chosen(cluster)) and cluster.fleet.nodeFeatureDiscoveryImage is None:
        path = next((path for path, name in wanted(cluster) if name in {"gpu", "nfd"}), ("operators",))
        said = "Node Feature Discovery is installed without an instance: its operand image is not known"
        yield Problem(
            path, said, "set nodeFeatureDiscoveryImage in clusters/fleet.yaml to that of your OpenShift"
        )


@rule(
    "PLATFORM007",
    source="HardwareProfile CRD .spec.scheduling; Kueue needs the queue in the namespace of the workload",
)
def hardware_profiles_are_whole(cluster: Cluster) -> Iterator[Problem]:
    """A hardware profile has a name of its own in its namespace, and a queue of it or nodes, not both.

    The CRD refuses both; a queue that is not there leaves its workloads suspended.
    """
    queues = {
        (namespace, name) for queue in items(cluster, "kueue", "queues") for name, namespace in queue.leads
    }
    seen = set()
    listed: tuple[HardwareProfile, ...] = cluster.part(HARDWARE_PROFILES)
    for i, item in enumerate(listed):
        path = ("hardwareProfiles", i)
        if (item.namespace, item.name) in seen:
            yield Problem(
                (*path, "name"), f"a second hardware profile {item.name} in {item.namespace}", "rename one"
            )
        seen.add((item.namespace, item.name))
        if item.queue and (item.namespace, item.queue) not in queues:
            said = f"there is no queue {item.queue} in {item.namespace}"
            there = [name for namespace, name in sorted(queues) if namespace == item.namespace]
            yield Problem((*path, "queue"), said, meant(item.queue, there, "declare it in kueue.queues"))
        yield from (
            Problem((*path, field), said, "drop one of the two") for field, said in _contradictions(item)
        )


def _contradictions(item: HardwareProfile) -> Iterator[tuple[str, str]]:
    if item.queue and (item.nodeSelector or item.tolerations):
        yield "queue", f"hardware profile {item.name} has a queue and nodes"
    if item.priorityClass and not item.queue:
        yield "priorityClass", f"hardware profile {item.name} has a priority class and no queue"
