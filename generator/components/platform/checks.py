"""What must hold of operators and hardware profiles."""

from __future__ import annotations

from collections.abc import Iterator

from ...documents.near import meant
from ...facts.operators import offered, operators, release_on, systems
from ...facts.profiles import profiles
from ...findings.finding import Severity
from ...findings.rule import Problem, rule
from ..kit.component import Cluster
from ..namespaces import items
from .hardware import HARDWARE_PROFILES, HardwareProfile
from .needs import LVMS, chosen, wanted
from .terms import entries, terms_of


@rule("PLATFORM001", source="data/operators, data/systems.yaml")
def operators_are_known(cluster: Cluster) -> Iterator[Problem]:
    """Every name in `operators` is one of the catalog; other systems have a successor, or another place in the spec.

    Nothing would be installed for another one.
    """
    for i, entry in enumerate(entries(cluster)):
        if entry.name in operators():
            continue
        system = systems().get(entry.name)
        if system is not None:
            said = f"there is no operator {entry.name}: it is {system.is_}"
            yield Problem(("operators", i), said, system.instead)
            continue
        known = f"known: {', '.join(operators())}; anything else: extraApps"
        hint = meant(entry.name, [*operators(), *systems()], known)
        yield Problem(("operators", i), f"there is no operator {entry.name}", hint)


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


@rule(
    "PLATFORM008",
    source="config-policy-controller v0.19.0 api/v1beta1 OperatorPolicy: upgradeApproval, versions",
)
def terms_of_operators_agree(cluster: Cluster) -> Iterator[Problem]:
    """An operator stands once in `operators`, and with approval Automatic no versions are named.

    `versions` are what is approved, and nothing else is; of two entries the second would not count.
    """
    seen: set[str] = set()
    for i, entry in enumerate(entries(cluster)):
        if entry.name in seen:
            yield Problem(("operators", i), f"a second entry for operator {entry.name}", "make one of them")
        seen.add(entry.name)
        if entry.approval == "Automatic" and entry.versions:
            said = f"operator {entry.name} takes every version, and versions names some"
            yield Problem(("operators", i, "approval"), said, "drop approval, or versions")


@rule("PLATFORM009", source="data/operators: components come with the operator of the platform")
def terms_are_of_packages(cluster: Cluster) -> Iterator[Problem]:
    """Channel, approval, versions and source are those of a package; a component of the platform has none of its own.

    It comes in the version that the platform has, and what is said here would change nothing.
    """
    for i, entry in enumerate(entries(cluster)):
        known = operators().get(entry.name)
        if known is None or not known.components:
            continue
        for name in ("channel", "approval", "versions", "source"):
            if getattr(entry, name):
                said = f"{entry.name} is a component of the platform, which has no {name} of its own"
                yield Problem(("operators", i, name), said, "say it of operator opendatahub, or drop it")


@rule(
    "PLATFORM010",
    Severity.WARNING,
    source="OLM: another channel offers an upgrade, which somebody has to approve; OperatorPolicy.upgradeApproval None",
)
def channels_that_move_name_versions(cluster: Cluster) -> Iterator[Problem]:
    """Where `operators` names another channel, it names the versions to go to, or takes all of them.

    What is installed stays where it is, and only new clusters get the other channel.
    """
    for i, entry in enumerate(entries(cluster)):
        if entry.name not in operators() or not entry.channel:
            continue
        terms = terms_of(entry.name, cluster)
        if not terms.versions and terms.approval != "Automatic":
            said = f"operator {entry.name} is subscribed to {entry.channel}, and no version of it is approved"
            hint = "versions: [the one that is installed, the one to go to], ring by ring: pins.operators"
            yield Problem(("operators", i, "channel"), said, hint)


@rule("PLATFORM011", source="data/operators: size")
def sizes_are_of_instances(cluster: Cluster) -> Iterator[Problem]:
    """`size` is said of an operator whose instance comes with it here.

    There is nothing to be large or small otherwise.
    """
    sized = [name for name, entry in operators().items() if entry.size]
    for i, entry in enumerate(entries(cluster)):
        known = operators().get(entry.name)
        if entry.size is None or known is None:
            continue
        bare = known.size is not None and release_on(known, cluster.profile.name).bare
        if known.size is None or bare:
            where = f" on {cluster.profile.name}" if bare else ""
            said = f"operator {entry.name} comes without an instance{where}"
            yield Problem(("operators", i, "size"), said, f"drop it; with a size: {', '.join(sized)}")


@rule(
    "PLATFORM012",
    source="openshift/lvm-operator: an LVMCluster without a device class gives no storage class",
)
def volumes_of_nodes_have_a_class(cluster: Cluster) -> Iterator[Problem]:
    """LVM Storage has a storage class lvms-<device class> to make.

    Without one its instance would be empty: no disk is taken, and every claim stays Pending.
    """
    if "lvms" in dict(chosen(cluster)) and not any(
        item.class_.startswith(LVMS) for item in cluster.spec.storage
    ):
        path = next((path for path, name in wanted(cluster) if name == "lvms"), ("operators",))
        hint = "storage: [{class: lvms-vg1, accessModes: [ReadWriteOnce], default: true}]"
        yield Problem(path, "lvms is installed, and no storage class lvms-... is declared", hint)


@rule("PLATFORM013", Severity.NOTE, source="data/operators: missing")
def instances_are_the_sites(cluster: Cluster) -> Iterator[Problem]:
    """An operator whose instance needs what only a site knows comes without one, and the note says what that is.

    The operator by itself serves nobody.
    """
    for i, entry in enumerate(entries(cluster)):
        known = operators().get(entry.name)
        if known is None or not offered(known, cluster.profile):
            continue
        bare = release_on(known, cluster.profile.name).bare
        missing = known.missing or ("an instance of the version that its channel serves" if bare else None)
        if missing:
            said = f"operator {entry.name} comes without an instance: it needs {missing}"
            yield Problem(("operators", i), said, "bring it by extraApps, or make it on the cluster")


@rule("PLATFORM014", Severity.NOTE, source="OLM: an approved upgrade begins as soon as the catalog has it")
def upgrades_that_nobody_asked_for(cluster: Cluster) -> Iterator[Problem]:
    """With approval Automatic an operator takes each version of its channel, on all clusters at once.

    Neither rings nor windows hold it up.
    """
    for i, entry in enumerate(entries(cluster)):
        if entry.approval == "Automatic" and not entry.versions and cluster.spec.ring:
            said = f"operator {entry.name} goes up by itself, on all clusters at once"
            hint = "versions, ring by ring: delivery.rings[].pins.operators"
            yield Problem(("operators", i, "approval"), said, hint)
